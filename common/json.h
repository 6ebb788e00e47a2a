// JSON that another process wrote: parsed within limits, so that no input can exhaust the stack, the memory or the time
// of the reader. Every parse of the project goes through here, because most operations on a value (copy, dump, compare)
// recurse as deep as the value is nested.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "common/result.h"

namespace ca {

// Keeps the order of the members, so that a value is printed in the order in which it came.
using Json = nlohmann::ordered_json;

inline constexpr std::size_t json_depth_limit = 64;      // arrays and objects within one another
inline constexpr std::size_t json_member_limit = 1'000;  // of one object: ordered_json looks a member up one by one

// Parses `text` as one JSON value. The limits apply while it is read, before a value exists that exceeds them. A key
// that occurs twice has its last value. Takes time and memory in proportion to `text`. Errors: longer than `max_bytes`;
// nested deeper than json_depth_limit; an object of more than json_member_limit members; not JSON. The message names
// the position and holds nothing of the text. Defined for Json and nlohmann::json.
template <class Value = Json>
Result<Value> parse_json(std::string_view text, std::size_t max_bytes);

}  // namespace ca
