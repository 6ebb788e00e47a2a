// Reads files of the indexed projects, and only those: nothing outside of a project's folder, through no link.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace ca::server {

inline constexpr std::size_t max_source_bytes = 4 << 20;

// The bytes of root/path. Errors: not there; leaves root or passes a link; no regular file; larger than
// max_source_bytes. Whether the file may be shown is the caller's to know: it has a row in `files`.
Result<std::string> read_source(const std::string& root, const std::string& path);

// Returns true if the error of a read_source() says that there is no such file below the root. Returns false if the file
// could not be looked at, because its root could not be opened or for any other reason.
bool is_not_there(const Error& error);

struct Excerpt {
  std::int64_t start_line = 1;  // of the first line given
  std::int64_t end_line = 0;    // of the last line given; 0: none
  std::int64_t line_count = 0;  // of the file
  std::string text;
};

// Lines start_line to end_line of `text`, both inclusive, cut to what there is. What is not UTF-8 becomes U+FFFD.
Excerpt excerpt_of(std::string_view text, std::int64_t start_line, std::int64_t end_line);

// A NUL near its beginning: no source text.
bool has_nul_at_start(std::string_view text);

struct LineMatch {
  std::int64_t line;
  std::string text;  // the whole line, 400 bytes at most
};

// Lines of `text` that hold `needle`, `limit` at most. Without `case_sensitive` ASCII letters match in either case.
// A text with a NUL in its beginning is no source: nothing is found. REQUIRES: needle is not empty.
std::vector<LineMatch> matching_lines(std::string_view text, std::string_view needle, bool case_sensitive,
                                      std::size_t limit);

}  // namespace ca::server
