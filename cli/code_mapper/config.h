// code_mapper's configuration file: what holds for the project, and what for some of its paths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/analyse.h"
#include "analysis/paths/ignore.h"
#include "common/result.h"

namespace ca::code_mapper {

// Found in the tree's root where --config names no other.
inline constexpr const char* default_config_name = ".code_mapper.yaml";

using LimitField = decltype(&analysis::Limits::max_nesting);  // which of the limits

// What a part of the configuration changes; what it does not name stays as it was.
struct Changes {
  std::vector<std::pair<LimitField, std::uint32_t>> limits;
  std::map<std::string, std::optional<analysis::Severity>> severities;  // by id; nullopt: off
};

struct PathRules {
  analysis::paths::IgnoreTree patterns;  // git's ignore patterns: a folder's name takes in all below it
  Changes changes;
};

struct Config {
  Changes all;
  std::vector<PathRules> paths;  // in order: a later one wins
  std::string exclude;           // further ignore rules, one a line
  bool include_tests = false;

  analysis::Limits limits_for(const std::string& path, const analysis::Limits& defaults) const;
  // What is said about an issue of this id in this file: nothing, a severity, or off.
  struct Verdict {
    bool is_off = false;
    std::optional<analysis::Severity> severity;
  };
  Verdict verdict(const std::string& path, const std::string& id) const;
};

inline constexpr std::size_t max_config_bytes = 1u << 20;

// Errors: every one that is in the text (the first 100), a line each, as "NAME:LINE:COLUMN: message": no YAML, an unknown key (with the one that was
// probably meant), a key twice, a value of the wrong type.
Result<Config> parse_config(const std::string& text, const std::string& name);

}  // namespace ca::code_mapper
