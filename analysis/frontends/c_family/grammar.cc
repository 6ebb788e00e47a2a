#include "analysis/frontends/c_family/grammar.h"

namespace ca::analysis::c_family {

#define KIND(name) {#name, Kind::name}

Grammar::Grammar(const TSLanguage* the_language)
    : language(the_language),
      kinds(language, {
          KIND(template_parameter_list), KIND(translation_unit), KIND(function_definition), KIND(declaration), KIND(field_declaration),
          KIND(type_definition), KIND(alias_declaration), KIND(template_declaration), KIND(template_instantiation),
          KIND(linkage_specification), KIND(declaration_list), KIND(namespace_definition),
          KIND(namespace_alias_definition), KIND(nested_namespace_specifier), KIND(concept_definition),
          KIND(class_specifier), KIND(struct_specifier), KIND(union_specifier), KIND(enum_specifier), KIND(enumerator),
          KIND(enumerator_list), KIND(field_declaration_list), KIND(friend_declaration), KIND(using_declaration),
          KIND(access_specifier), KIND(base_class_clause), KIND(function_declarator), KIND(pointer_declarator),
          KIND(reference_declarator), KIND(array_declarator), KIND(parenthesized_declarator), KIND(init_declarator),
          KIND(attributed_declarator), KIND(variadic_declarator), KIND(structured_binding_declarator),
          KIND(operator_cast), KIND(operator_name), KIND(destructor_name), KIND(qualified_identifier),
          KIND(template_function), KIND(template_method), KIND(template_type), KIND(dependent_name), KIND(identifier),
          KIND(field_identifier), KIND(type_identifier), KIND(namespace_identifier), KIND(statement_identifier),
          KIND(primitive_type), KIND(parameter_list), KIND(parameter_declaration),
          KIND(optional_parameter_declaration), KIND(variadic_parameter_declaration), KIND(variadic_parameter),
          KIND(type_parameter_declaration), KIND(optional_type_parameter_declaration),
          KIND(variadic_type_parameter_declaration), KIND(template_template_parameter_declaration),
          KIND(compound_statement), KIND(if_statement), KIND(else_clause), KIND(for_statement), KIND(for_range_loop),
          KIND(while_statement), KIND(do_statement), KIND(switch_statement), KIND(case_statement),
          KIND(conditional_expression), KIND(binary_expression), KIND(try_statement), KIND(catch_clause),
          KIND(throw_statement), KIND(expression_statement), KIND(return_statement), KIND(call_expression),
          KIND(field_expression), KIND(field_initializer), KIND(field_initializer_list), KIND(lambda_expression),
          KIND(lambda_capture_initializer), KIND(lambda_capture_specifier), KIND(new_expression), KIND(comment),
          KIND(type_qualifier), KIND(storage_class_specifier), KIND(pure_virtual_clause), KIND(delete_method_clause),
          KIND(default_method_clause), KIND(virtual_specifier), KIND(abstract_function_declarator),
          KIND(ms_call_modifier), KIND(attribute_specifier), KIND(macro_type_specifier), KIND(type_descriptor),
      }),
      name(field_id(language, "name")),
      body(field_id(language, "body")),
      declarator(field_id(language, "declarator")),
      type(field_id(language, "type")),
      value(field_id(language, "value")),
      scope(field_id(language, "scope")),
      function(field_id(language, "function")),
      field(field_id(language, "field")),
      parameters(field_id(language, "parameters")),
      arguments(field_id(language, "arguments")),
      left(field_id(language, "left")),
      right(field_id(language, "right")),
      base(field_id(language, "base")),
      size(field_id(language, "size")) {}

#undef KIND

const Grammar& c_grammar() {
  static const Grammar grammar(tree_sitter_c());
  return grammar;
}

const Grammar& cpp_grammar() {
  static const Grammar grammar(tree_sitter_cpp());
  return grammar;
}

}  // namespace ca::analysis::c_family
