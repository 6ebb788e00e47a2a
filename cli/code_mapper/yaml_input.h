// YAML that code_mapper did not write itself: read within limits.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <string>

#include "common/result.h"

namespace ca::code_mapper {

inline constexpr std::size_t yaml_depth_limit = 32;  // lists and maps within one another

// The first document of `text`. Time and memory grow in proportion to max_bytes, however the text is made.
// Errors: longer than max_bytes; nested deeper than yaml_depth_limit; more than twice max_bytes of values, aliases
// counted as often as they are used. Throws YAML::Exception for text that is not YAML.
Result<YAML::Node> load_yaml(const std::string& text, std::size_t max_bytes);

}  // namespace ca::code_mapper
