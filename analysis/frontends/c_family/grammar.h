// The node types and fields of the C and C++ grammars that the front end looks at: one set of names for both.
#pragma once

#include "analysis/syntax_tree.h"

extern "C" const TSLanguage* tree_sitter_c(void);
extern "C" const TSLanguage* tree_sitter_cpp(void);

namespace ca::analysis::c_family {

// Named as the grammars name them.
enum class Kind : std::uint8_t {
  other,
  template_parameter_list, translation_unit, function_definition, declaration, field_declaration, type_definition, alias_declaration,
  template_declaration, template_instantiation, linkage_specification, declaration_list, namespace_definition,
  namespace_alias_definition, nested_namespace_specifier, concept_definition, class_specifier, struct_specifier,
  union_specifier, enum_specifier, enumerator, enumerator_list, field_declaration_list, friend_declaration,
  using_declaration, access_specifier, base_class_clause, function_declarator, pointer_declarator,
  reference_declarator, array_declarator, parenthesized_declarator, init_declarator, attributed_declarator,
  variadic_declarator, structured_binding_declarator, operator_cast, operator_name, destructor_name,
  qualified_identifier, template_function, template_method, template_type, dependent_name, identifier,
  field_identifier, type_identifier, namespace_identifier, statement_identifier, primitive_type, parameter_list,
  parameter_declaration, optional_parameter_declaration, variadic_parameter_declaration, variadic_parameter,
  type_parameter_declaration, optional_type_parameter_declaration, variadic_type_parameter_declaration,
  template_template_parameter_declaration, compound_statement, if_statement, else_clause, for_statement,
  for_range_loop, while_statement, do_statement, switch_statement, case_statement, conditional_expression,
  binary_expression, try_statement, catch_clause, throw_statement, expression_statement, return_statement,
  call_expression, field_expression, field_initializer, field_initializer_list, lambda_expression,
  lambda_capture_initializer, lambda_capture_specifier, new_expression, comment, type_qualifier,
  storage_class_specifier, pure_virtual_clause, delete_method_clause, default_method_clause, virtual_specifier,
  abstract_function_declarator, ms_call_modifier, attribute_specifier, macro_type_specifier, type_descriptor,
};

struct Grammar {
  const TSLanguage* language;
  NodeKinds<Kind> kinds;
  TSFieldId name, body, declarator, type, value, scope, function, field, parameters, arguments, left, right, base, size;
  explicit Grammar(const TSLanguage* the_language);
};

const Grammar& c_grammar();
const Grammar& cpp_grammar();

}  // namespace ca::analysis::c_family
