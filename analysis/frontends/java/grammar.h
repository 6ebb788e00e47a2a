// The node types and fields of the Java grammar that the front end looks at.
#pragma once

#include "analysis/syntax_tree.h"

extern "C" const TSLanguage* tree_sitter_java(void);

namespace ca::analysis::java {

enum class Kind : std::uint8_t {
  other, annotation, annotation_type, annotation_element, block, body, branch, break_, catch_, catch_parameter, catch_type, class_,
  comment, compact_constructor, constant, constructor, element_pair, enhanced_for, enum_, enumerator, extends_interfaces, field,
  field_access, formal_parameter, formal_parameters, generic_type, identifier, if_, import, inferred_parameters, instanceof,
  interface, invocation, label, lambda, local_variable, loop, method, method_reference, modifiers, module, module_directive,
  package, receiver,
  record, record_component, record_pattern, requires_, resource, scoped_identifier, scoped_type, spread_parameter, static_block,
  super_interfaces, superclass, switch_, switch_label, creation, throw_, try_, type_identifier, type_list, type_parameter,
  type_pattern, variable, asterisk, logical,
};

struct Grammar {
  const TSLanguage* language = tree_sitter_java();
  NodeKinds<Kind> kinds;
  TSFieldId name, body, parameters, type, value, object, alternative, field, key, scope, constructor, module;
  Grammar();
};

const Grammar& grammar();

}  // namespace ca::analysis::java
