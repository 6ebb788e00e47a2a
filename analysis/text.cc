#include "analysis/text.h"

#include <algorithm>
#include <cctype>
#include <limits>

namespace ca::analysis {
namespace {

bool is_continuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

std::string expand_tabs(std::string_view line) {
  std::string out;
  for (char c : line) {
    if (c == '\t') {
      out.append(8 - out.size() % 8, ' ');
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::size_t indentation(std::string_view line) {
  std::size_t count = 0;
  while (count < line.size() && is_space(line[count])) ++count;
  return count;
}

// No space inside brackets, no comma before the closing one: what a header written over several lines folds to.
std::string tighten(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if ((c == ')' || c == ']') && out.ends_with(' ')) {
      out.pop_back();
      if (out.ends_with(',')) out.pop_back();
    }
    if (c == ',' && out.ends_with(' ')) out.pop_back();
    if (c == ' ' && (out.ends_with('(') || out.ends_with('['))) continue;
    out.push_back(c);
  }
  return out;
}

// Joins lines[from..] after the common indentation of those that hold text was taken off; blank ends are dropped.
std::string join_dedented(std::vector<std::string>& lines, std::size_t first_to_dedent) {
  std::size_t margin = std::numeric_limits<std::size_t>::max();
  for (std::size_t i = first_to_dedent; i < lines.size(); ++i) {
    std::size_t indent = indentation(lines[i]);
    if (indent < lines[i].size()) margin = std::min(margin, indent);
  }
  for (std::size_t i = first_to_dedent; i < lines.size(); ++i) {
    if (margin != std::numeric_limits<std::size_t>::max()) lines[i].erase(0, std::min(margin, lines[i].size()));
  }
  auto blank = [](const std::string& line) { return indentation(line) == line.size(); };
  std::size_t begin = 0, end = lines.size();
  while (begin < end && blank(lines[begin])) ++begin;
  while (end > begin && blank(lines[end - 1])) --end;
  std::string out;
  for (std::size_t i = begin; i < end; ++i) {
    if (i > begin) out.push_back('\n');
    out += lines[i];
  }
  return out;
}

// One comment line without its marker; `in_block` says whether a /* is open after it.
std::string_view strip_marker(std::string_view line, bool& in_block) {
  std::string_view rest = line.substr(indentation(line));
  auto end_block = [&](std::string_view text) {
    std::size_t end = text.find("*/");
    if (end == std::string_view::npos) return text;
    in_block = false;
    while (end > 0 && text[end - 1] == '*') --end;
    return text.substr(0, end);
  };
  if (in_block) {
    if (rest.starts_with("*/")) {
      in_block = false;
      return {};
    }
    if (rest.starts_with("*")) return end_block(rest.substr(1));
    return end_block(line);
  }
  if (rest.starts_with("/*")) {
    in_block = true;
    rest.remove_prefix(2);
    while (!rest.empty() && (rest[0] == '*' || rest[0] == '!') && !rest.starts_with("*/")) rest.remove_prefix(1);
    if (rest.starts_with("<")) rest.remove_prefix(1);
    return end_block(rest);
  }
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    while (!rest.empty() && (rest[0] == '/' || rest[0] == '!')) rest.remove_prefix(1);
    if (rest.starts_with("<")) rest.remove_prefix(1);
    return rest;
  }
  while (rest.starts_with("#")) rest.remove_prefix(1);
  return rest;
}

}  // namespace

std::size_t utf8_length_at(std::string_view bytes, std::size_t position) {
  auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[position + i]); };
  const std::size_t left = bytes.size() - position;
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (left < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(at(i))) return 0;
  }
  if (first == 0xE0 && at(1) < 0xA0) return 0;  // overlong
  if (first == 0xED && at(1) > 0x9F) return 0;  // surrogate
  if (first == 0xF0 && at(1) < 0x90) return 0;  // overlong
  if (first == 0xF4 && at(1) > 0x8F) return 0;  // beyond U+10FFFF
  return length;
}

std::string to_valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size();) {
    std::size_t length = bytes[i] == '\0' ? 0 : utf8_length_at(bytes, i);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      ++i;
    } else {
      out.append(bytes.substr(i, length));
      i += length;
    }
  }
  return out;
}

void append_utf8(std::string& to, char32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) || c == 0) c = 0xFFFD;
  auto put = [&](char32_t byte) { to.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

std::string latin1_to_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (char c : bytes) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

std::string utf16_to_utf8(std::string_view bytes, bool big_endian) {
  auto unit = [&](std::size_t i) {
    auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<char32_t>(big_endian ? a << 8 | b : b << 8 | a);
  };
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    char32_t c = unit(i);
    if (c >= 0xD800 && c <= 0xDBFF && i + 3 < bytes.size()) {
      char32_t low = unit(i + 2);
      if (low >= 0xDC00 && low <= 0xDFFF) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    append_utf8(out, c);
  }
  return out;
}

std::string fold_space(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool pending = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool continuation = c == '\\' && i + 1 < text.size() && (text[i + 1] == '\n' || text[i + 1] == '\r');
    if (is_space(c) || continuation) {
      pending = !out.empty();
      continue;
    }
    if (pending) out.push_back(' ');
    pending = false;
    out.push_back(c);
  }
  return out;
}

std::string fold_code(std::string_view code, CommentStyle style) {
  std::string bare;
  bare.reserve(code.size());
  char quote = '\0';
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    const std::string_view rest = code.substr(i);
    if (quote == '\0' && ((style == CommentStyle::hash && c == '#') || (style == CommentStyle::slashes && rest.starts_with("//")))) {
      i = std::min(code.find('\n', i), code.size()) - 1;
    } else if (quote == '\0' && style == CommentStyle::slashes && rest.starts_with("/*")) {
      i = std::min(code.find("*/", i + 2), code.size() - 1) + 1;
      bare.push_back(' ');
    } else {
      bare.push_back(c);
      if (quote != '\0' && c == '\\' && i + 1 < code.size()) {
        bare.push_back(code[++i]);
      } else if (c == quote) {
        quote = '\0';
      } else if (quote == '\0' && (c == '"' || c == '\'' || (c == '`' && style == CommentStyle::slashes))) {
        quote = c;
      }
    }
  }
  return tighten(fold_space(bare));
}

std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && is_continuation(static_cast<unsigned char>(text[limit]))) --limit;
  return text.substr(0, limit);
}

void cut_to(std::string& text, std::size_t limit) {
  if (text.size() > limit) text.resize(cut(text, limit).size());
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

std::string clean_docstring(std::string_view text) {
  std::vector<std::string> lines;
  for (std::string_view line : split_lines(text)) lines.push_back(expand_tabs(line));
  lines.front().erase(0, indentation(lines.front()));
  return join_dedented(lines, 1);
}

std::string clean_comment(std::string_view text) {
  std::vector<std::string> lines;
  bool in_block = false;
  for (std::string_view line : split_lines(text)) {
    std::string stripped = expand_tabs(strip_marker(line, in_block));
    while (!stripped.empty() && is_space(stripped.back())) stripped.pop_back();
    lines.push_back(std::move(stripped));
  }
  return join_dedented(lines, 0);
}

bool is_upper_case(std::string_view name) {
  bool letter = false;
  for (char c : name) {
    if (std::islower(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80) return false;
    letter = letter || std::isupper(static_cast<unsigned char>(c));
  }
  return letter;
}

bool mentions_unfinished(std::string_view text) {
  text = text.substr(0, longest_note);
  return text.find("TODO") != std::string_view::npos ||  // code-analysis: ignore
         text.find("FIXME") != std::string_view::npos || contains_ignoring_case(text, "not implemented") ||
         contains_ignoring_case(text, "unimplemented");
}

bool contains_ignoring_case(std::string_view text, std::string_view word) {
  auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

}  // namespace ca::analysis
