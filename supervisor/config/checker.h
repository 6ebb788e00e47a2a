// A YAML tree against the schema: what is left is a value of the right type and range for every key.
#pragma once

#include <string>

#include "supervisor/config/diagnostics.h"
#include "supervisor/config/expand.h"
#include "supervisor/config/settings.h"
#include "supervisor/config/yaml_tree.h"

namespace ca::config {

// How many values may be looked at, an alias counted as often as it is used: a file that says more is refused.
inline constexpr int max_values_with_aliases = 500'000;

// The settings of the whole file (section "file"), variables expanded, relative paths made absolute by `folder`, keys
// that are not written filled in with their defaults. Computed defaults stay empty: see complete.h.
// Errors: unknown keys, wrong types, values out of range, keys that are missing or not supported yet, each into
// `diagnostics`; a value in error is replaced by its default, so that the rest can be checked.
Settings check(const Node& root, const Variables& variables, const std::string& folder, Diagnostics& diagnostics);

// `path` made absolute by `folder`, without "." and "..", "" left alone.
std::string absolute_path(const std::string& path, const std::string& folder);

}  // namespace ca::config
