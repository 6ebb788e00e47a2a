#include "server/http/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ca::server {

namespace {

// Number of bytes of the character that begins with `lead`; 0: no character begins so.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

// The second byte's range is narrower behind these leads: overlong forms, surrogates, beyond U+10FFFF.
bool is_second_byte(unsigned char lead, unsigned char second) {
  const unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= least && second <= most;
}

}  // namespace

Status only_parameters(const Request& request, std::initializer_list<std::string_view> names) {
  for (auto given = request.query.begin(); given != request.query.end(); ++given) {
    if (std::find(names.begin(), names.end(), given->first) == names.end()) {
      if (names.size() == 0) return failure("this path takes no parameters");
      return failure(fmt::format("there is no parameter '{}' here; known are: {}", is_utf8(given->first) ? given->first : "?",
                                 fmt::join(names, ", ")));
    }
    const auto is_same = [&](const auto& other) { return other.first == given->first; };
    if (std::find_if(request.query.begin(), given, is_same) != given) {
      return failure(fmt::format("the parameter {} is there twice", given->first));
    }
  }
  return {};
}

Result<std::int64_t> number_parameter(const Request& request, std::string_view name, std::int64_t absent, std::int64_t least,
                                      std::int64_t most) {
  const auto text = request.parameter(name);
  if (!text) return absent;
  std::int64_t value = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || stop != end || value < least || value > most) {
    return failure(fmt::format("{} must be a number from {} to {}", name, least, most));
  }
  return value;
}

Result<std::string> choice_parameter(const Request& request, std::string_view name,
                                     std::initializer_list<std::string_view> choices) {
  auto text = request.parameter(name).value_or("");
  if (text.empty() || std::find(choices.begin(), choices.end(), text) != choices.end()) return text;
  return failure(fmt::format("{} must be one of: {}", name, fmt::join(choices, ", ")));
}

Result<Page> page_of(const Request& request) {
  const auto limit = number_parameter(request, "limit", default_limit, 1, max_limit);
  if (!limit) return tl::unexpected(limit.error());
  const auto offset = number_parameter(request, "offset", 0, 0, max_offset);
  if (!offset) return tl::unexpected(offset.error());
  return Page{*limit, *offset};
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const auto length = sequence_length(lead);
    if (length == 0 || at + length > text.size()) return false;
    for (std::size_t i = 1; i < length; ++i) {
      const auto byte = static_cast<unsigned char>(text[at + i]);
      if (i == 1 ? !is_second_byte(lead, byte) : (byte & 0xC0) != 0x80) return false;
    }
    at += length;
  }
  return true;
}

Result<std::string> text_parameter(const Request& request, std::string_view name) {
  auto text = request.parameter(name).value_or("");
  if (text.size() > max_text_bytes) return failure(fmt::format("{} is longer than {} bytes", name, max_text_bytes));
  if (text.find('\0') != std::string::npos || !is_utf8(text)) return failure(fmt::format("{} is not UTF-8 text", name));
  return text;
}

Result<std::string> required_parameter(const Request& request, std::string_view name) {
  auto text = text_parameter(request, name);
  if (text && text->empty()) return failure(fmt::format("the parameter {} is missing or empty", name));
  return text;
}

std::string like_escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '%' || c == '_') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace ca::server
