// Scalar texts as values and back: "250ms", "64MiB", "0022". Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ca::config {

// All of these: nothing where the text is no such value.
std::optional<std::int64_t> parse_integer(std::string_view text);   // decimal, no leading zeros, no "+"
std::optional<double> parse_real(std::string_view text);            // "2", "0.25"; finite
std::optional<std::int64_t> parse_duration(std::string_view text);  // to milliseconds; "250ms", "30s", "5m", "1h"
std::optional<std::int64_t> parse_size(std::string_view text);      // to bytes; "0B", "512KiB", "64MiB", "2GiB", "1TiB"
std::optional<std::int64_t> parse_octal(std::string_view text);     // file modes: "0777", "22"
std::optional<bool> parse_boolean(std::string_view text);           // "true", "false"

// In the largest unit that divides it: 300000 is "5m", 0 is "0s" and "0B".
std::string format_duration(std::int64_t milliseconds);
std::string format_size(std::int64_t bytes);

// A plain scalar that YAML takes for something else than text.
bool looks_like_number(std::string_view text);
bool looks_like_boolean(std::string_view text);
bool looks_like_null(std::string_view text);

// Of `candidates` the one that a person most likely meant by `word`: few letters added, left out, exchanged or swapped.
// Nothing where none is near.
std::optional<std::string_view> nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace ca::config
