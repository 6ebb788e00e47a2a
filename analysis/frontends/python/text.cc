#include "analysis/frontends/python/text.h"

#include <cstdint>

#include "analysis/text.h"

namespace ca::analysis::python {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// \xHH, \uHHHH, \UHHHHHHHH: `digits` of them from `at`. False where they are not all there.
bool append_hex(std::string_view text, std::size_t at, int digits, std::string& out) {
  char32_t value = 0;
  for (int i = 0; i < digits; ++i) {
    int digit = at + i < text.size() ? hex_value(text[at + i]) : -1;
    if (digit < 0) return false;
    value = value * 16 + static_cast<char32_t>(digit);
  }
  append_utf8(out, value);
  return true;
}

char simple_escape(char c) {
  switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'v': return '\v';
    case '\\': case '\'': case '"': return c;
    default: return '\0';
  }
}

std::size_t append_octal(std::string_view text, std::size_t at, std::string& out) {
  char32_t value = 0;
  std::size_t digits = 0;
  while (digits < 3 && at + digits < text.size() && text[at + digits] >= '0' && text[at + digits] <= '7') {
    value = value * 8 + static_cast<char32_t>(text[at + digits++] - '0');
  }
  append_utf8(out, value);
  return digits;
}

// Appends what the escape at text[at] (just after the backslash) stands for; how many bytes it took.
std::size_t append_escape(std::string_view text, std::size_t at, std::string& out) {
  char c = text[at];
  if (c == '\n') return 1;
  if (c == '\r') return at + 1 < text.size() && text[at + 1] == '\n' ? 2 : 1;
  if (char plain = simple_escape(c)) {
    out.push_back(plain);
    return 1;
  }
  if (c >= '0' && c <= '7') return append_octal(text, at, out);
  int digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (digits > 0 && append_hex(text, at + 1, digits, out)) return 1 + static_cast<std::size_t>(digits);
  out.push_back('\\');
  out.push_back(c);
  return 1;
}

}  // namespace

std::string module_name(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  while (path.starts_with("/")) path.remove_prefix(1);
  for (std::string_view root : {"src/", "lib/"}) {
    if (path.starts_with(root)) path.remove_prefix(root.size());
  }
  std::size_t dot = path.rfind('.');
  if (dot != std::string_view::npos && dot > path.rfind('/') + 1) path = path.substr(0, dot);
  if (path == "__init__") return {};
  if (path.ends_with("/__init__")) path.remove_suffix(9);
  std::string out = to_valid_utf8(path);
  for (char& c : out) {
    if (c == '/') c = '.';
  }
  return out;
}

std::string string_value(std::string_view literal) {
  bool raw = false;
  while (!literal.empty() && literal[0] != '"' && literal[0] != '\'') {
    raw = raw || literal[0] == 'r' || literal[0] == 'R';
    literal.remove_prefix(1);
  }
  if (literal.empty()) return {};
  std::size_t quotes = literal.size() >= 6 && literal[1] == literal[0] && literal[2] == literal[0] ? 3 : 1;
  const std::string_view quote = literal.substr(0, quotes);
  literal.remove_prefix(quotes);
  if (literal.ends_with(quote)) literal.remove_suffix(quotes);
  if (raw) return std::string(literal);
  std::string out;
  out.reserve(literal.size());
  for (std::size_t i = 0; i < literal.size();) {
    if (literal[i] == '\\' && i + 1 < literal.size()) {
      i += 1 + append_escape(literal, i + 1, out);
    } else {
      out.push_back(literal[i++]);
    }
  }
  return out;
}

bool is_dunder(std::string_view name) { return name.size() > 4 && name.starts_with("__") && name.ends_with("__"); }

}  // namespace ca::analysis::python
