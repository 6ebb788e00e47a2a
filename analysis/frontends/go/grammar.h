// The node types and fields of the Go grammar that the front end looks at.
#pragma once

#include "analysis/syntax_tree.h"

extern "C" const TSLanguage* tree_sitter_go(void);

namespace ca::analysis::go {

enum class Kind : std::uint8_t {
  other, argument_list, array_type, binary, block, call, case_, comment, const_declaration, const_spec, expression_list, field, field_identifier,
  for_, func_literal, function, function_type, generic_type, identifier, if_, import, import_spec, interface_type, keyed_element,
  literal_element, method, method_elem, package, package_identifier, parameter, parameter_list, parenthesized, pointer_type,
  qualified_type, range_clause, receive, selector, short_variable, slice_type, statement_list, struct_type, switch_, type_alias,
  type_arguments, type_case, type_conversion, type_declaration, type_elem, type_identifier, type_parameter, type_spec, type_switch,
  variable_declaration, variable_list, variable_spec, expression_statement, dot, blank, map_type,
};

struct Grammar {
  const TSLanguage* language = tree_sitter_go();
  NodeKinds<Kind> kinds;
  TSFieldId name, body, parameters, receiver, result, type, value, left, right, alias, function, field, key, path, condition,
      consequence, alternative, operand, element, type_parameters;
  Grammar();
};

const Grammar& grammar();

}  // namespace ca::analysis::go
