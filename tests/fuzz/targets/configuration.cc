// Configuration: YAML text to plan, on a host that is made up.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "common/posix.h"
#include "common/unique_fd.h"
#include "supervisor/config/checker.h"
#include "supervisor/config/complete.h"
#include "supervisor/config/make_plan.h"
#include "supervisor/config/print.h"
#include "supervisor/config/source_file.h"
#include "supervisor/config/yaml_tree.h"
#include "tests/fuzz/target.h"

namespace {

using namespace ca::config;

Host made_up_host() {
  Host host;
  host.executable = "/opt/tree/code-analysisd";
  host.variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "THREE") return "3";
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  host.account = [](const std::string& name) -> std::optional<ca::Account> {
    if (name == "postgres") return ca::Account{26, 26, "postgres"};
    return name == "root" ? std::optional(ca::Account{0, 0, "root"}) : std::nullopt;
  };
  host.account_of = [](uid_t uid) { return std::optional(ca::Account{uid, uid, "somebody"}); };
  return host;
}

struct Read {
  std::optional<Settings> settings;
  std::optional<ca::Plan> plan;
};

Read read(const std::string& text, Diagnostics& diagnostics) {
  const NodePtr root = parse_yaml(text, diagnostics);
  if (!root) return {};
  const Host host = made_up_host();
  Settings file = check(*root, host.variable, "/etc/ca", diagnostics);
  Settings& settings = file.section("code_analysis");
  complete(settings, host, "/etc/ca", diagnostics);
  ca::Plan plan = make_plan(settings, "/etc/ca/f", host, diagnostics);
  if (diagnostics.any_error()) return {};
  return {std::move(settings), std::move(plan)};
}

}  // namespace

CA_FUZZ_TARGET(configuration) {
  if (input.size() > (64 << 10)) return;
  const ca::UniqueFd file(::memfd_create("configuration", MFD_CLOEXEC));
  CA_CHECK(ca::write_all(file.get(), input));
  CA_CHECK(::lseek(file.get(), 0, SEEK_SET) == 0);
  Diagnostics diagnostics("f", true);
  const LoadedSource loaded = load_source("/proc/self/fd/" + std::to_string(file.get()), diagnostics);
  CA_CHECK(loaded.ok != diagnostics.any_error());
  if (!loaded.ok) return;
  Read first = read(loaded.source.text, diagnostics);
  CA_CHECK(first.plan.has_value() != diagnostics.any_error());
  for (const std::string& line : diagnostics.errors()) CA_CHECK(is_utf8(line) && line.find('\n') == std::string::npos);
  if (!first.plan) return;

  // A plan survives its hand-over, and what is printed means the same again (passwords, which are masked, apart).
  const std::string bytes = ca::serialise(*first.plan);
  const auto copy = ca::deserialise(bytes);
  CA_CHECK(copy.has_value() && ca::serialise(*copy) == bytes);
  const std::string printed = print(*first.settings);
  Diagnostics again("g", true);
  const Read second = read(printed, again);
  CA_CHECK(second.plan.has_value());
  CA_CHECK(print(*second.settings) == printed);
}
