// Plans from texts on hosts that are made up, so that a test says who is root and who exists.
#pragma once

#include "supervisor/config/checker.h"
#include "supervisor/config/complete.h"
#include "supervisor/config/make_plan.h"
#include "tests/unit/config/config_file.h"

namespace ca {

using Names = std::vector<std::string>;

// A host that is made up: root or not, with the accounts postgres (26) and alice (1000).
inline config::Host made_up_host(uid_t uid) {
  config::Host host;
  host.executable = "/opt/tree/code-analysisd";
  host.uid = uid;
  host.variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "THREE") return "3";
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  const std::vector<Account> accounts{{0, 0, "root"}, {26, 26, "postgres"}, {1000, 1000, "alice"}};
  host.account = [accounts](const std::string& name) -> std::optional<Account> {
    for (const Account& account : accounts) {
      if (account.name == name) return account;
    }
    return std::nullopt;
  };
  host.account_of = [accounts](uid_t wanted) -> std::optional<Account> {
    for (const Account& account : accounts) {
      if (account.uid == wanted) return account;
    }
    return std::nullopt;
  };
  return host;
}

struct Made {
  Plan plan;
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

// `text` stands below code_analysis, in a file of the folder /etc/ca.
inline Made make(const std::string& text, const config::Host& host, bool starting = false) {
  config::Diagnostics diagnostics("f", starting);
  const auto root = config::parse_yaml("code_analysis:\n" + text, diagnostics);
  REQUIRE(root);
  config::Settings file = config::check(*root, host.variable, "/etc/ca", diagnostics);
  config::complete(file.section("code_analysis"), host, "/etc/ca", diagnostics);
  Plan plan = config::make_plan(file.section("code_analysis"), "/etc/ca/f", host, diagnostics);
  return {std::move(plan), diagnostics.errors(), diagnostics.warnings()};
}

inline Plan valid(const std::string& text, uid_t uid = 1000) {
  Made made = make(text, made_up_host(uid));
  for (const std::string& error : made.errors) UNSCOPED_INFO(error);
  REQUIRE(made.errors.empty());
  return std::move(made.plan);
}

inline std::vector<std::string> names_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const auto& process : plan.rules.processes) names.push_back(process.name);
  return names;
}

inline std::string variable(const Launch& launch, const std::string& name) {
  std::string value = "(unset)";
  for (const auto& [key, text] : launch.env) {
    if (key == name) value = text;
  }
  return value;
}

inline const char* const whole_tree =
    "  database: {}\n"
    "  workers:\n"
    "  - {name: watcher, builtin: watcher}\n"
    "  - {name: indexer, builtin: indexer, instances: 2, scalable: true, priority: bulk}\n"
    "  - {name: mine, command: [/usr/bin/my-worker, --flag], ready: notify}\n"
    "  server: {}\n"
    "  projects: [{name: self, path: .., exclude: [\"build/**\"]}]\n";

}  // namespace ca
