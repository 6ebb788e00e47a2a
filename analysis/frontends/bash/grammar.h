// The node types and fields of the Bash grammar that the front end looks at.
#pragma once

#include "analysis/syntax_tree.h"

extern "C" const TSLanguage* tree_sitter_bash(void);

namespace ca::analysis::bash {

enum class Kind : std::uint8_t {
  other, program, comment, function, command, command_name, declaration, assignment, subscript, variable_name, word, string,
  raw_string, concatenation, compound, subshell, if_, elif, while_, for_, c_for, case_, case_item, list, binary, unset, ternary,
  paren_token, function_token,
};

struct Grammar {
  const TSLanguage* language = tree_sitter_bash();
  NodeKinds<Kind> kinds;
  TSFieldId name, body, argument, value, variable;
  Grammar();
};

const Grammar& grammar();

}  // namespace ca::analysis::bash
