// What the shell's own rules say about words: pure functions over text.
#pragma once

#include <string_view>

namespace ca::analysis::bash {

bool is_builtin(std::string_view word);     // "echo", "return": a command of the shell itself
bool is_plain_word(std::string_view word);  // could name a function or a program: no path, no expansion
// The NAME of a line that begins `NAME()` and goes on with a brace or nothing; else empty.
std::string_view function_name(std::string_view line);
bool is_tool_directive(std::string_view comment);  // "#!...", "# shellcheck ...": a comment that documents nothing

struct Declaration {
  bool is_constant = false;  // readonly, -r
  bool is_local = false;     // where it stands in a function: local, declare without -g
  bool is_export = false;    // export: without a value it defines nothing
};
// `code` is the whole command: "declare -r A=1".
Declaration read_declaration(std::string_view code);

}  // namespace ca::analysis::bash
