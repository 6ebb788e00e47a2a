#include "analysis/frontends/bash/grammar.h"

namespace ca::analysis::bash {

Grammar::Grammar()
    : kinds(language,
            {{"program", Kind::program},
             {"comment", Kind::comment},
             {"function_definition", Kind::function},
             {"command", Kind::command},
             {"command_name", Kind::command_name},
             {"declaration_command", Kind::declaration},
             {"variable_assignment", Kind::assignment},
             {"subscript", Kind::subscript},
             {"variable_name", Kind::variable_name},
             {"word", Kind::word},
             {"string", Kind::string},
             {"raw_string", Kind::raw_string},
             {"concatenation", Kind::concatenation},
             {"compound_statement", Kind::compound},
             {"subshell", Kind::subshell},
             {"if_statement", Kind::if_, role::branch | role::nests},
             {"elif_clause", Kind::elif, role::branch},
             {"while_statement", Kind::while_, role::branch | role::nests},
             {"for_statement", Kind::for_, role::branch | role::nests},
             {"c_style_for_statement", Kind::c_for, role::branch | role::nests},
             {"case_statement", Kind::case_, role::nests},
             {"case_item", Kind::case_item},
             {"list", Kind::list, role::logical},
             {"binary_expression", Kind::binary, role::logical},
             {"unset_command", Kind::unset},
             {"ternary_expression", Kind::ternary, role::branch},
             {"(", Kind::paren_token},
             {"function", Kind::function_token}}),
      name(field_id(language, "name")),
      body(field_id(language, "body")),
      argument(field_id(language, "argument")),
      value(field_id(language, "value")),
      variable(field_id(language, "variable")) {}

const Grammar& grammar() {
  static const Grammar the_grammar;
  return the_grammar;
}

}  // namespace ca::analysis::bash
