// Small pure helpers over text that both front ends and the source need.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ca::analysis {

// A letter, digit, `_`, `$` or byte of a longer character: what names are made of in most languages.
constexpr bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

// Length of the valid UTF-8 sequence at `position` (1 to 4), or 0 where the bytes there are not valid.
std::size_t utf8_length_at(std::string_view bytes, std::size_t position);

// Every invalid byte becomes U+FFFD and every NUL byte too: what a database accepts as text.
std::string to_valid_utf8(std::string_view bytes);

std::string latin1_to_utf8(std::string_view bytes);
// `bytes` after the byte order mark; an unpaired surrogate becomes U+FFFD, an odd last byte is dropped.
std::string utf16_to_utf8(std::string_view bytes, bool big_endian);
void append_utf8(std::string& to, char32_t code_point);

// White space runs, line ends and backslash-newlines become one space; none at the ends.
std::string fold_space(std::string_view text);

enum class CommentStyle { hash, slashes };
// fold_space, with comments left out; string literals stay as they are.
std::string fold_code(std::string_view code, CommentStyle style);

// `text` without its end beyond `limit` bytes, which falls between two characters. REQUIRES: valid UTF-8.
std::string_view cut(std::string_view text, std::size_t limit);
// The same in place.
void cut_to(std::string& text, std::size_t limit);

std::string_view trim(std::string_view text);

// Lines without their "\n" or "\r\n".
std::vector<std::string_view> split_lines(std::string_view text);

// As Python's inspect.cleandoc: the first line stripped on the left, the common indentation of the others taken off, blank
// lines at both ends dropped, tabs expanded to 8.
std::string clean_docstring(std::string_view text);

// The text of comments that stand one under the other: markers (//, ///, //!, /*, /**, a column of *, #) and the common
// indentation taken off, blank lines at both ends dropped.
std::string clean_comment(std::string_view text);

bool is_upper_case(std::string_view name);  // MAX_SIZE, _LIMIT, N: at least one letter, none of them small

// Whether code or a comment says that something is still to be written, in its first `longest_note` bytes: functions within functions
// would be read again and again.
inline constexpr std::size_t longest_note = 4000;
bool mentions_unfinished(std::string_view text);

bool contains_ignoring_case(std::string_view text, std::string_view lower_case_word);

}  // namespace ca::analysis
