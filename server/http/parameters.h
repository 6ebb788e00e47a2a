// Query parameters as values, checked. No I/O.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/result.h"
#include "server/http/message.h"

namespace ca::server {

inline constexpr std::int64_t default_limit = 50;
inline constexpr std::int64_t max_limit = 500;
inline constexpr std::int64_t max_offset = 1'000'000;
inline constexpr std::size_t max_text_bytes = 1000;

struct Page {
  std::int64_t limit = default_limit;
  std::int64_t offset = 0;
};

// Errors: a parameter of another name, or one that is there twice: a slip of the pen must not look like an answer.
Status only_parameters(const Request& request, std::initializer_list<std::string_view> names);

// The value of that name, or `absent`. Errors: not a whole number, out of range.
Result<std::int64_t> number_parameter(const Request& request, std::string_view name, std::int64_t absent, std::int64_t least,
                                      std::int64_t most);
// The value of that name, which is one of `choices`; empty where it is absent or empty.
Result<std::string> choice_parameter(const Request& request, std::string_view name,
                                     std::initializer_list<std::string_view> choices);

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
