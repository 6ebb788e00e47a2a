#include "cli/code_mapper/config.h"

#include <charconv>
#include <set>

#include "cli/code_mapper/rules.h"
#include "cli/code_mapper/yaml_input.h"

namespace ca::code_mapper {
namespace {

using analysis::Limits;
using analysis::Severity;

const std::map<std::string, LimitField> limit_fields = {
    {"max_file_lines", &Limits::max_file_lines}, {"max_function_lines", &Limits::max_function_lines},
    {"max_parameters", &Limits::max_parameters}, {"max_nesting", &Limits::max_nesting},
    {"max_complexity", &Limits::max_complexity}};

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  return keys;
}

std::vector<std::string> rule_ids() {
  std::vector<std::string> ids;
  for (const Rule& rule : all_rules()) ids.emplace_back(rule.id);
  return ids;
}

class Reader {
 public:
  explicit Reader(std::string name) : name_(std::move(name)) {}

  Config config;
  std::string errors;

  void read(const YAML::Node& root) {
    if (root.IsNull()) return;
    const std::vector<std::string> keys = {"limits", "disable", "severity", "exclude", "include_tests", "paths"};
    each_entry(root, "the file", keys, [&](const std::string& key, const YAML::Node& value) {
      if (key == "exclude") each_text(value, key, [&](const YAML::Node& item) { config.exclude += item.Scalar() + "\n"; });
      else if (key == "include_tests") read_flag(value);
      else if (key == "paths") read_paths(value);
      else read_change(key, value, config.all);
    });
  }

  void error(const YAML::Mark& mark, const std::string& message) {
    if (++error_count_ > max_errors) return;
    errors += (errors.empty() ? "" : "\n") + name_ + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": " + message;
  }

 private:
  void unknown(const YAML::Node& at, const std::string& what, const std::vector<std::string>& known) {
    const std::string meant = nearest(at.Scalar(), known);
    error(at.Mark(), "unknown " + what + " \"" + at.Scalar() + "\"" + (meant.empty() ? "" : "; did you mean \"" + meant + "\"?"));
  }

  template <class F>
  void each_entry(const YAML::Node& map, const std::string& what, const std::vector<std::string>& known, F&& f) {
    if (!map.IsMap()) return error(map.Mark(), what + " must be a mapping");
    std::set<std::string> seen;
    for (const auto& entry : map) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
      if (std::find(known.begin(), known.end(), key) == known.end()) unknown(entry.first, "key in " + what + ":", known);
      else if (!seen.insert(key).second) error(entry.first.Mark(), "key \"" + key + "\" stands there twice");
      else f(key, entry.second);
    }
  }

  // One text or a list of them.
  template <class F>
  void each_text(const YAML::Node& node, const std::string& what, F&& f) {
    if (node.IsScalar()) return f(node);
    if (!node.IsSequence()) return error(node.Mark(), what + " must be a list");
    for (const auto& item : node) {
      if (item.IsScalar()) f(item);
      else error(item.Mark(), "an entry of " + what + " must be a text");
    }
  }

  void read_flag(const YAML::Node& value) {
    if (!value.IsScalar() || !YAML::convert<bool>::decode(value, config.include_tests)) error(value.Mark(), "include_tests must be true or false");
  }

  void read_change(const std::string& key, const YAML::Node& value, Changes& changes) {
    if (key == "limits") read_limits(value, changes);
    else if (key == "severity") read_severities(value, changes);
    else each_text(value, key, [&](const YAML::Node& id) {
      if (find_rule(id.Scalar())) changes.severities[id.Scalar()] = std::nullopt;
      else unknown(id, "issue", rule_ids());
    });
  }

  void read_limits(const YAML::Node& node, Changes& changes) {
    each_entry(node, "limits", keys_of(limit_fields), [&](const std::string& key, const YAML::Node& value) {
      const std::string text = value.IsScalar() ? value.Scalar() : std::string();
      std::uint32_t number = 0;
      const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (failed != std::errc() || end != text.data() + text.size()) return error(value.Mark(), key + " must be a whole number");
      changes.limits.emplace_back(limit_fields.at(key), number);
    });
  }

  void read_severities(const YAML::Node& node, Changes& changes) {
    static const std::map<std::string, std::optional<Severity>> levels = {
        {"off", std::nullopt}, {"info", Severity::info}, {"warning", Severity::warning}, {"error", Severity::error}};
    each_entry(node, "severity", rule_ids(), [&](const std::string& key, const YAML::Node& value) {
      const auto level = levels.find(value.IsScalar() ? value.Scalar() : std::string());
      if (level == levels.end()) error(value.Mark(), "severity of " + key + " must be off, info, warning or error");
      else changes.severities[key] = level->second;
    });
  }

  void read_paths(const YAML::Node& node) {
    if (!node.IsSequence()) return error(node.Mark(), "paths must be a list");
    for (const auto& item : node) {
      PathRules rules;
      std::string patterns;
      each_entry(item, "paths", {"path", "limits", "disable", "severity"}, [&](const std::string& key, const YAML::Node& value) {
        if (key == "path") each_text(value, key, [&](const YAML::Node& pattern) { patterns += pattern.Scalar() + "\n"; });
        else read_change(key, value, rules.changes);
      });
      if (patterns.empty()) error(item.Mark(), "an entry of paths needs \"path\"");
      rules.patterns.set("", patterns);
      config.paths.push_back(std::move(rules));
    }
  }

  static constexpr int max_errors = 100;  // that are listed

  std::string name_;
  int error_count_ = 0;
};

}  // namespace

analysis::Limits Config::limits_for(const std::string& path, const analysis::Limits& defaults) const {
  analysis::Limits limits = defaults;
  for (const PathRules& rules : paths) {
    if (rules.changes.limits.empty() || !rules.patterns.ignored(path, false)) continue;
    for (const auto& [field, value] : rules.changes.limits) limits.*field = value;
  }
  return limits;
}

Config::Verdict Config::verdict(const std::string& path, const std::string& id) const {
  Verdict verdict;
  auto apply = [&](const Changes& changes) {
    const auto found = changes.severities.find(id);
    if (found != changes.severities.end()) verdict = {!found->second.has_value(), found->second};
  };
  apply(all);
  for (const PathRules& rules : paths) {
    if (rules.changes.severities.count(id) && rules.patterns.ignored(path, false)) apply(rules.changes);
  }
  return verdict;
}

Result<Config> parse_config(const std::string& text, const std::string& name) {
  Reader reader(name);
  try {
    const auto root = load_yaml(text, max_config_bytes);
    if (root) {
      reader.read(*root);
    } else {
      reader.error({}, root.error().message);
    }
  } catch (const YAML::Exception& error) {
    reader.error(error.mark, error.msg);
  } catch (const std::exception& error) {
    reader.error({}, error.what());
  }
  if (!reader.errors.empty()) return failure(reader.errors);
  return std::move(reader.config);
}

}  // namespace ca::code_mapper
