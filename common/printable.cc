#include "common/printable.h"

#include <cstdint>
#include <cstdio>

namespace ca {

namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t length = 0;  // bytes; 0: the text does not begin with a character of UTF-8
};

// REQUIRES: text is not empty. Overlong forms, surrogates and numbers above U+10FFFF are no characters.
Character first_of(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at])); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const std::size_t length = byte(0) >= 0xf0 && byte(0) <= 0xf4 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < length) return {};
  std::uint32_t code = byte(0) & (0x7fU >> length);
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(at) & 0x3f);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, length};
}

bool steers(std::uint32_t code) {
  if (code < 0x20) return code != '\t';
  if (code < 0x7f) return false;
  return code <= 0x9f || code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

enum class Kind { line, lines, json };

void append_escape(std::string& result, std::uint32_t code, bool is_short) {
  char escape[12];
  std::snprintf(escape, sizeof escape, is_short ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(code));
  result += escape;
}

void append_character(std::string& result, std::uint32_t code, Kind kind) {
  if (kind == Kind::json) return append_escape(result, code, false);
  if (code == '\n') {
    result += "\\n";
  } else if (code == '\r') {
    result += "\\r";
  } else {
    append_escape(result, code, code < 0x80);
  }
}

std::string escaped(std::string_view text, Kind kind) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_of(text);
    if (character.length == 0) {
      if (kind == Kind::json) {
        result += "\\ufffd";
      } else {
        append_escape(result, static_cast<unsigned char>(text.front()), true);
      }
      text.remove_prefix(1);
      continue;
    }
    if (steers(character.code) && (character.code != '\n' || kind == Kind::line)) {
      append_character(result, character.code, kind);
    } else {
      result.append(text.substr(0, character.length));
    }
    text.remove_prefix(character.length);
  }
  return result;
}

}  // namespace

std::string printable(std::string_view text) { return escaped(text, Kind::line); }
std::string printable_lines(std::string_view text) { return escaped(text, Kind::lines); }
std::string printable_json(std::string_view json) { return escaped(json, Kind::json); }

std::string_view cut_text(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  constexpr std::size_t longest = 4;
  for (std::size_t back = 1; back < longest && back <= limit; ++back) {
    const Character character = first_of(text.substr(limit - back));
    if (character.length > back) return text.substr(0, limit - back);
    if (character.length != 0) break;
  }
  return text.substr(0, limit);
}

}  // namespace ca
