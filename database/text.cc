#include "database/text.h"

#include <fmt/format.h>

#include <iterator>

#include "common/json.h"

namespace ca::workers {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool is_tail(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

// Length of the valid character at `at`; 0 where there is none. Overlong forms, surrogates, values beyond U+10FFFF and
// NUL are not valid, as in PostgreSQL.
std::size_t character_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  if (lead < 0xC2 || lead > 0xF4 || !is_tail(text, at + 1)) return 0;
  if (lead < 0xE0) return 2;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  if (!is_tail(text, at + 2)) return 0;
  if (lead < 0xF0) {
    const bool overlong = lead == 0xE0 && second < 0xA0;
    const bool surrogate = lead == 0xED && second > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (!is_tail(text, at + 3)) return 0;
  const bool overlong = lead == 0xF0 && second < 0x90;
  const bool beyond = lead == 0xF4 && second > 0x8F;
  return overlong || beyond ? 0 : 4;
}

}  // namespace

std::string valid_text(std::string_view text, std::size_t limit) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    const std::string_view piece = length == 0 ? replacement : text.substr(at, length);
    if (result.size() + piece.size() > limit) break;
    result += piece;
    at += length == 0 ? 1 : length;
  }
  return result;
}

bool is_valid_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string text_array(const std::vector<std::string>& values) {
  std::string result = "{";
  for (const auto& value : values) {
    if (result.size() > 1) result += ',';
    result += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
    result += '"';
  }
  return result + "}";
}

std::vector<std::string> text_list(std::string_view json) {
  std::vector<std::string> texts;
  const auto list = parse_json(json, json.size());  // PostgreSQL limits a value to 1 GB
  if (!list || !list->is_array()) return texts;
  for (const auto& item : *list) {
    if (!item.is_string()) return {};
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::string integer_array(const std::vector<std::int64_t>& values) {
  std::string result = "{";
  for (const auto value : values) {
    if (result.size() > 1) result += ',';
    fmt::format_to(std::back_inserter(result), "{}", value);
  }
  return result + "}";
}

void CopyRows::separate() {
  if (!first_in_row_) bytes_ += '\t';
  first_in_row_ = false;
}

CopyRows& CopyRows::add(std::string_view text) {
  separate();
  for (const char c : text) {
    switch (c) {
      case '\\': bytes_ += "\\\\"; break;
      case '\t': bytes_ += "\\t"; break;
      case '\n': bytes_ += "\\n"; break;
      case '\r': bytes_ += "\\r"; break;
      default: bytes_ += c;
    }
  }
  return *this;
}

CopyRows& CopyRows::add(std::int64_t value) {
  separate();
  fmt::format_to(std::back_inserter(bytes_), "{}", value);
  return *this;
}

CopyRows& CopyRows::add_bool(bool value) {
  separate();
  bytes_ += value ? 't' : 'f';
  return *this;
}

CopyRows& CopyRows::add_null() {
  separate();
  bytes_ += "\\N";
  return *this;
}

CopyRows& CopyRows::add_array(const std::vector<std::int64_t>& values, std::int64_t null_value) {
  separate();
  bytes_ += '{';
  bool first = true;
  for (const auto value : values) {
    if (!first) bytes_ += ',';
    first = false;
    if (value == null_value) {
      bytes_ += "NULL";
    } else {
      fmt::format_to(std::back_inserter(bytes_), "{}", value);
    }
  }
  bytes_ += '}';
  return *this;
}

void CopyRows::end_row() {
  bytes_ += '\n';
  first_in_row_ = true;
  ++rows_;
}

}  // namespace ca::workers
