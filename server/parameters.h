// Query parameters as values, checked. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "server/message.h"

namespace ca::server {

inline constexpr std::int64_t default_limit = 50;
inline constexpr std::int64_t max_limit = 500;
inline constexpr std::int64_t max_offset = 1'000'000;
inline constexpr std::size_t max_text_bytes = 1000;

struct Page {
  std::int64_t limit = default_limit;
  std::int64_t offset = 0;
};

// `limit` (1 to 500) and `offset` (0 to 1,000,000). Errors: not a number, out of range.
Result<Page> page_of(const Request& request);

// The value of that name; empty where it is absent. Errors: not UTF-8, a NUL in it, longer than max_text_bytes: what
// PostgreSQL would refuse or nobody looks for.
Result<std::string> text_parameter(const Request& request, std::string_view name);
// As text_parameter; absent or empty is an error too.
Result<std::string> required_parameter(const Request& request, std::string_view name);

bool is_utf8(std::string_view text);

// `text` with what LIKE would take for a pattern made literal (escape character: backslash).
std::string like_escape(std::string_view text);

}  // namespace ca::server
