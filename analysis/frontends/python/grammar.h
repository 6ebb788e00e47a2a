// The node types and fields of the Python grammar that the front end looks at.
#pragma once

#include "analysis/syntax_tree.h"

extern "C" const TSLanguage* tree_sitter_python(void);

namespace ca::analysis::python {

enum class Kind : std::uint8_t {
  other, module, function, class_, decorated, decorator, lambda, assignment, augmented_assignment, type_alias, import, import_from,
  import_future, call, attribute, subscript, identifier, string, concatenated_string, expression_statement, type, block, parameters,
  lambda_parameters, typed_parameter, default_parameter, typed_default_parameter, keyword_separator, positional_separator,
  list_splat_pattern, dictionary_splat_pattern, pattern_list, tuple_pattern, list_pattern, keyword_argument, argument_list,
  global, nonlocal, as_pattern, as_pattern_target, named_expression, for_in_clause, if_clause, if_, elif, for_, while_, try_, with,
  match, case_, except, conditional, boolean, raise, pass, ellipsis, return_, aliased_import, dotted_name, relative_import,
  import_prefix, wildcard_import, comment, interpolation, member_type, generic_type, case_pattern, class_pattern, keyword_pattern, splat_pattern, def_token, class_token,
};

struct Grammar {
  const TSLanguage* language = tree_sitter_python();
  NodeKinds<Kind> kinds;
  TSFieldId name, body, parameters, return_type, superclasses, left, right, type, function, attribute, module_name, alias, value,
      definition, object, type_parameters, condition, consequence;
  Grammar();
};

const Grammar& grammar();

}  // namespace ca::analysis::python
