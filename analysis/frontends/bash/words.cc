#include "analysis/frontends/bash/words.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "analysis/text.h"

namespace ca::analysis::bash {
namespace {

// In the order of the alphabet.
constexpr std::array builtins = std::to_array<std::string_view>({
    ".",      ":",        "[",         "alias",  "bg",     "bind",    "break",    "builtin", "caller",  "cd",     "command", "compgen",
    "complete", "compopt", "continue", "declare", "dirs",  "disown",  "echo",     "enable",  "eval",    "exec",   "exit",    "export",
    "false",  "fc",       "fg",        "getopts", "hash",  "help",    "history",  "jobs",    "kill",    "let",    "local",   "logout",
    "mapfile", "popd",    "print",     "printf", "pushd",  "pwd",     "read",     "readarray", "readonly", "return", "set",   "setopt",
    "shift",  "shopt",    "source",    "suspend", "test",  "time",    "times",    "trap",    "true",    "type",   "typeset", "ulimit",
    "umask",  "unalias",  "unset",     "unsetopt", "wait",
});
static_assert(std::is_sorted(builtins.begin(), builtins.end()));

}  // namespace

bool is_builtin(std::string_view word) { return std::binary_search(builtins.begin(), builtins.end(), word); }

bool is_plain_word(std::string_view word) {
  if (word.empty() || word.size() > 200 || word[0] == '-' || std::isdigit(static_cast<unsigned char>(word[0]))) return false;
  return std::all_of(word.begin(), word.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80 || std::string_view("_-.:+@").find(c) != std::string_view::npos;
  });
}

std::string_view function_name(std::string_view line) {
  const std::size_t paren = line.find_first_of("( \t");
  if (paren == std::string_view::npos || !is_plain_word(line.substr(0, paren))) return {};
  std::string_view rest = trim(line.substr(paren));
  if (!rest.starts_with("()")) return {};
  rest = trim(rest.substr(2));
  return rest.empty() || rest.starts_with("{") ? line.substr(0, paren) : std::string_view();
}

bool is_tool_directive(std::string_view comment) {
  if (comment.starts_with("#!")) return true;
  comment.remove_prefix(std::min(comment.find_first_not_of("# \t"), comment.size()));
  return comment.starts_with("shellcheck ") || comment.starts_with("code-analysis:") || comment.starts_with("vim:");
}

Declaration read_declaration(std::string_view code) {
  Declaration found;
  std::string_view word = code.substr(0, code.find_first_of(" \t\n"));
  found.is_constant = word == "readonly";
  found.is_export = word == "export";
  found.is_local = word == "local" || word == "declare" || word == "typeset";
  code.remove_prefix(word.size());
  while ((code = trim(code)).starts_with("-") || code.starts_with("+")) {
    word = code.substr(0, code.find_first_of(" \t\n"));
    if (word[0] == '-' && word.find('r') != std::string_view::npos) found.is_constant = true;
    if (word.find('g') != std::string_view::npos) found.is_local = false;
    code.remove_prefix(word.size());
  }
  return found;
}

}  // namespace ca::analysis::bash
