// The file as text, looked at before any parser sees it.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "supervisor/config/diagnostics.h"

namespace ca::config {

inline constexpr std::size_t max_file_size = 4 << 20;  // bytes
inline constexpr int max_line_length = 256 << 10;      // bytes: a YAML scanner keeps the tokens of a line in memory

struct SourceFile {
  std::string text;
  std::string path;    // absolute
  std::string folder;  // absolute, links resolved: what relative paths are relative to
};

// Errors: cannot be opened; not a regular file; larger than max_file_size (by its size: it is not read then); a
// line longer than max_line_length; not UTF-8; contains control characters that YAML forbids, NUL among them. They go to `diagnostics`, at their place.
// `ok` is false then.
struct LoadedSource {
  bool ok = false;
  SourceFile source;
};
LoadedSource load_source(const std::string& file, Diagnostics& diagnostics);

// Length of the valid UTF-8 sequence at the start of `text`; 0 where there is none.
std::size_t utf8_length(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace ca::config
