// The node types and fields of the JavaScript, TypeScript and TSX grammars that the front end looks at: one set of names for all.
#pragma once

#include "analysis/analyse.h"
#include "analysis/syntax_tree.h"

extern "C" const TSLanguage* tree_sitter_javascript(void);
extern "C" const TSLanguage* tree_sitter_typescript(void);
extern "C" const TSLanguage* tree_sitter_tsx(void);

namespace ca::analysis::js {

enum class Kind : std::uint8_t {
  other, program, comment, identifier, property_identifier, private_property_identifier, shorthand_property, shorthand_pattern,
  type_identifier, predefined_type, string, computed_name,
  // statements and declarations
  import_statement, import_clause, named_imports, import_specifier, namespace_import, import_require, import_alias, export_statement,
  export_clause, export_specifier, namespace_export, expression_statement, lexical_declaration, variable_declaration, declarator,
  statement_block, ambient, namespace_, class_, class_body, class_heritage, class_static_block, interface, interface_body, type_alias,
  enum_, enum_body, enum_assignment,
  // functions and members
  function, function_expression, arrow, function_signature, method, method_signature, abstract_method_signature, call_signature,
  construct_signature, index_signature, property_signature, field, formal_parameters, parameter,
  // expressions
  call, new_, member, subscript, assignment, assignment_pattern, object, object_pattern, object_assignment_pattern, array_pattern,
  pair, pair_pattern, rest_pattern, parenthesized, as_, satisfies, non_null, import, instantiation, decorator, jsx_open, jsx_self_closing, jsx_close,
  jsx_namespace_name, jsx_attribute, ternary, binary, await,
  // types
  extends, implements, extends_type, type_parameter, infer, mapped_type, generic_type, nested_type, object_type, intersection,
  function_type, constructor_type, type_predicate, parenthesized_type, union_type,
  // flow
  if_, else_, for_, for_in, while_, do_, switch_, switch_body, case_, try_, catch_, throw_,
};

struct Grammar {
  const TSLanguage* language;
  NodeKinds<Kind> kinds;
  TSFieldId name, body, parameters, parameter, return_type, type_parameters, value, left, right, key, property, object, function,
      constructor, source, alias, kind, pattern, type, index, declaration, arguments, module, operator_, decorator;
  explicit Grammar(const TSLanguage* of);
};

// REQUIRES: javascript, typescript or tsx.
const Grammar& grammar(Language language);

}  // namespace ca::analysis::js
