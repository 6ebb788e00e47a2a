// Foreign text (a child's output, names, paths, messages of other programs) made safe to show on a terminal or in a
// log.
#pragma once

#include <string>
#include <string_view>

namespace ca {

// Returns `text` on one line, without anything that steers a terminal. Tabs and all other characters of valid UTF-8
// stay; these are escaped: newline and carriage return as "\n" and "\r"; other control characters below U+0020 and
// U+007F as
// "\x1b"; U+0080 to U+009F, line and paragraph separators, and the characters that turn the direction of text as
// "\u202e"; bytes that are not UTF-8 as "\xff".
std::string printable(std::string_view text);

// The same for a text of several lines: newlines stay.
std::string printable_lines(std::string_view text);

// The same for JSON that is complete: escapes are JSON's ("\u009b"), newlines between values stay. It means the same.
std::string printable_json(std::string_view json);

// Returns the longest beginning of at most `limit` bytes that splits no character of valid UTF-8.
std::string_view cut_text(std::string_view text, std::size_t limit);

}  // namespace ca
