// The node types and fields of the Rust grammar that the front end looks at.
#pragma once

#include "analysis/syntax_tree.h"

extern "C" const TSLanguage* tree_sitter_rust(void);

namespace ca::analysis::rust {

enum class Kind : std::uint8_t {
  other, associated_type, attribute, binary, block, block_comment, call, captured_pattern, closure, closure_parameters, const_item, const_parameter,
  declaration_list, else_clause, enum_item, enum_variant, expression_statement, extern_crate, field_declaration, field_expression,
  field_identifier, field_initializer, field_pattern, foreign_mod, for_, function, function_signature, function_type, generic_function,
  generic_type, identifier, if_, impl_item, inner_attribute, let_, let_chain, let_condition, lifetime, line_comment, loop,
  macro_definition, macro_invocation, match, match_arm, match_pattern, mod_item, pattern, parameter, parameters, primitive_type,
  reference_type, scoped_identifier, scoped_type, scoped_use_list, self, self_parameter, shorthand_field, static_item, struct_item,
  token_tree, token_tree_pattern, trait_bounds, trait_item, tuple_struct_pattern, type_binding, type_identifier, type_item,
  type_parameter, type_parameters, union_item, unit, use_as, use_declaration, use_list, use_wildcard, visibility, while_,
};

struct Grammar {
  const TSLanguage* language = tree_sitter_rust();
  NodeKinds<Kind> kinds;
  TSFieldId name, body, parameters, return_type, type, trait, value, pattern, path, list, alias, argument, function, field, macro,
      condition, consequence, alternative, bounds;
  Grammar();
};

const Grammar& grammar();

}  // namespace ca::analysis::rust
