// Uses of names in C and C++.
#include <algorithm>
#include <utility>

#include "analysis/frontends/c_family/visitor.h"

namespace ca::analysis::c_family {
namespace {

constexpr std::size_t max_declarators = 64;  // between a template's parameter and its name

bool declares(Kind kind) {
  switch (kind) {
    case Kind::declaration: case Kind::field_declaration: case Kind::parameter_declaration:
    case Kind::optional_parameter_declaration: case Kind::variadic_parameter_declaration: case Kind::for_range_loop:
    case Kind::function_definition: case Kind::type_definition: case Kind::template_instantiation:
      return true;
    default: return false;
  }
}

bool is_type_specifier(Kind kind) {
  return kind == Kind::class_specifier || kind == Kind::struct_specifier || kind == Kind::union_specifier ||
         kind == Kind::enum_specifier;
}

}  // namespace

// Whether a name in `field` of the last ancestor is being declared there.
bool Visitor::is_binding(TSFieldId field, const Ancestors& ancestors) const {
  for (std::size_t level = ancestors.size(); level > 0; --level) {
    const Ancestor<Kind>& parent = ancestors[level - 1];
    switch (parent.kind) {
      case Kind::pointer_declarator: case Kind::array_declarator: case Kind::function_declarator: case Kind::init_declarator:
        if (field != g_.declarator) return false;
        break;
      case Kind::reference_declarator: case Kind::parenthesized_declarator: case Kind::attributed_declarator:
      case Kind::variadic_declarator: case Kind::destructor_name:
        break;
      case Kind::qualified_identifier: case Kind::template_function: case Kind::template_method:
        if (field != g_.name) return false;
        break;
      case Kind::structured_binding_declarator: return true;
      case Kind::lambda_capture_initializer: return field == g_.left;
      default: return declares(parent.kind) && field == g_.declarator;
    }
    field = parent.field;
  }
  return false;
}

void Visitor::note_template_parameter(TSNode node, const Ancestors& ancestors) {
  std::uint32_t end = ts_node_end_byte(node);
  const auto around = std::find_if(ancestors.rbegin(), ancestors.rend(),
                                   [](const Ancestor<Kind>& ancestor) { return ancestor.kind == Kind::template_declaration; });
  if (around != ancestors.rend()) end = ts_node_end_byte(around->node);
  for_each_named_child(node, [&](TSNode child) {
    if (kind_of(child) == Kind::type_identifier) add_template_parameter(text(child), end);
  });
}

void Visitor::add_template_parameter(std::string name, std::uint32_t end) {
  ++parameter_names_[name];
  parameters_.emplace_back(std::move(name), end);
}

void Visitor::use_name(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors) {
  if (ancestors.empty()) return;
  const Ancestor<Kind>& parent = ancestors.back();
  while (!parameters_.empty() && parameters_.back().second <= ts_node_start_byte(node)) {
    const auto name = parameter_names_.find(parameters_.back().first);
    if (--name->second == 0) parameter_names_.erase(name);
    parameters_.pop_back();
  }
  if (is_type_specifier(parent.kind) && field == g_.name) {
    // "struct stat s" uses a type that is defined elsewhere; a definition or "struct stat;" names itself.
    if (!ts_node_is_null(ts_node_child_by_field_id(parent.node, g_.body)) || ts_node_start_byte(node) == declared_name_) return;
  }
  bool names_itself = parent.kind == Kind::alias_declaration || parent.kind == Kind::concept_definition ||
                      parent.kind == Kind::enumerator || parent.kind == Kind::namespace_definition ||
                      parent.kind == Kind::namespace_alias_definition;
  if (names_itself && field == g_.name) return;
  if (parent.kind == Kind::type_parameter_declaration || parent.kind == Kind::variadic_type_parameter_declaration ||
      parent.kind == Kind::nested_namespace_specifier) {
    return;
  }
  if (is_binding(field, ancestors)) {
    const std::size_t nearest = ancestors.size() > max_declarators ? ancestors.size() - max_declarators : 1;
    for (std::size_t level = ancestors.size(); level > nearest; --level) {
      if (ancestors[level - 1].kind != Kind::template_parameter_list) continue;
      add_template_parameter(text(node), ts_node_end_byte(ancestors[level - 2].node));
      return;
    }
    if (Scope* function = out_.function()) function->locals.push_back(text(node));
    return;
  }
  std::string_view name = parsed(node);
  if (kind == Kind::namespace_identifier) {
    if (name != "std") out_.add_reference(text(node), ReferenceKind::name, line(node));
    return;
  }
  // From the name to the whole expression that it is the last part of.
  std::size_t level = ancestors.size();
  TSFieldId place = field;
  while (level > 0) {
    const Ancestor<Kind>& above = ancestors[level - 1];
    bool last_part = ((above.kind == Kind::template_function || above.kind == Kind::template_method || above.kind == Kind::template_type ||
                       above.kind == Kind::qualified_identifier) && place == g_.name) ||
                     (above.kind == Kind::field_expression && place == g_.field);
    if (!last_part) break;
    place = above.field;
    --level;
  }
  Kind user = level > 0 ? ancestors[level - 1].kind : Kind::other;
  if (user == Kind::call_expression && place == g_.function) {
    out_.add_reference(text(node), ReferenceKind::call, line(node));
  } else if (user == Kind::base_class_clause) {
    if (text(node) == "decltype") return;
    out_.add_reference(text(node), ReferenceKind::base, line(node));
  } else if (kind == Kind::type_identifier) {
    if (!is_template_parameter(name)) out_.add_reference(text(node), ReferenceKind::type, line(node));
  } else if (kind != Kind::identifier || !is_template_parameter(name)) {
    out_.add_reference(text(node), ReferenceKind::name, line(node), kind == Kind::identifier && level == ancestors.size());
  }
}

}  // namespace ca::analysis::c_family
