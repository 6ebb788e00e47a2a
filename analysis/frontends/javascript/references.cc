// Uses of names.
#include "analysis/frontends/javascript/visitor.h"

namespace ca::analysis::js {
namespace {

constexpr std::size_t max_pattern_depth = 64;  // deeper nesting is no program's

// Words that the parser takes for names where it has lost its way.
bool is_keyword(std::string_view name) {
  for (std::string_view word : {"return", "const", "let", "var", "function", "class", "if", "else", "for", "while", "do", "switch",
                                "case", "try", "catch", "finally", "throw", "new", "import", "export", "default", "interface", "enum",
                                "async", "await", "static", "extends"}) {
    if (name == word) return true;
  }
  return false;
}

}  // namespace

// Whether an identifier at this place gets a value or a meaning here: the level (one more than the index) of the ancestor that
// declares it, behind all patterns around it.
std::optional<std::size_t> Visitor::binding_level(TSFieldId field, const Ancestors& ancestors) const {
  std::size_t level = ancestors.size(), steps = 0;
  while (level > 0 && steps++ < max_pattern_depth) {
    const Kind kind = ancestors[level - 1].kind;
    if (kind == Kind::pair_pattern && field == g_.key) return std::nullopt;
    if ((kind == Kind::assignment_pattern || kind == Kind::object_assignment_pattern) && field != g_.left) return std::nullopt;
    const bool is_pattern = kind == Kind::array_pattern || kind == Kind::object_pattern || kind == Kind::pair_pattern ||
                            kind == Kind::rest_pattern || kind == Kind::assignment_pattern || kind == Kind::object_assignment_pattern;
    if (!is_pattern) break;
    field = ancestors[--level].field;
  }
  if (level == 0) return std::nullopt;
  bool binds = false;
  switch (ancestors[level - 1].kind) {
    case Kind::formal_parameters: binds = true; break;
    case Kind::parameter: binds = field == g_.pattern || field == g_.name; break;
    case Kind::declarator: binds = field == g_.name; break;
    case Kind::catch_: case Kind::arrow: binds = field == g_.parameter; break;
    case Kind::for_in: binds = field == g_.left && !ts_node_is_null(TreeReader::field(ancestors[level - 1].node, g_.kind)); break;
    default: break;
  }
  return binds ? std::optional(level) : std::nullopt;
}

// The name that a definition gives itself is no use of it.
bool Visitor::is_own_name(TSFieldId field, const Ancestors& ancestors) const {
  switch (ancestors.back().kind) {
    case Kind::function: case Kind::function_expression: case Kind::function_signature: case Kind::class_: case Kind::interface:
    case Kind::type_alias: case Kind::enum_: case Kind::namespace_: case Kind::index_signature: case Kind::type_parameter:
    case Kind::mapped_type:
      return field == g_.name;
    case Kind::infer: case Kind::namespace_export: return true;
    case Kind::export_specifier: return field == g_.alias;
    default: return false;
  }
}

// Whether the place in ancestors[level - 1] is what a function is assigned to: `a.b = function` names it.
bool Visitor::names_function(const Ancestors& ancestors, std::size_t level, TSFieldId field) const {
  if (level == 0 || ancestors[level - 1].kind != Kind::assignment || field != g_.left) return false;
  return is_function_value(TreeReader::field(ancestors[level - 1].node, g_.right));
}

// What kind of use it is, where `field` names the place in ancestors[level - 1].
ReferenceKind Visitor::reference_kind(const Ancestors& ancestors, std::size_t level, TSFieldId field) const {
  while (level > 0 && (ancestors[level - 1].kind == Kind::non_null || ancestors[level - 1].kind == Kind::instantiation)) {
    field = ancestors[--level].field;
  }
  const Kind parent = level > 0 ? ancestors[level - 1].kind : Kind::other;
  switch (parent) {
    case Kind::call: return field == g_.function ? ReferenceKind::call : ReferenceKind::name;
    case Kind::new_: return field == g_.constructor ? ReferenceKind::call : ReferenceKind::name;
    case Kind::jsx_open: case Kind::jsx_self_closing: return field == g_.name ? ReferenceKind::call : ReferenceKind::name;
    case Kind::decorator: return ReferenceKind::call;  // a decorator is called
    case Kind::class_heritage: return ReferenceKind::base;
    case Kind::extends: return field == g_.value ? ReferenceKind::base : ReferenceKind::name;
    case Kind::implements: case Kind::extends_type: return ReferenceKind::base;
    default: return ReferenceKind::name;
  }
}

void Visitor::use_identifier(TSNode node, TSFieldId field, const Ancestors& ancestors) {
  if (ancestors.empty() || is_own_name(field, ancestors)) return;
  if (ancestors.back().kind == Kind::import_alias && ts_node_eq(ts_node_named_child(ancestors.back().node, 0), node)) return;
  if (auto level = binding_level(field, ancestors)) {
    const bool is_variable = ancestors[*level - 1].kind == Kind::declarator;
    const ScopeKind scope = out_.scope().kind;
    if (is_variable && (scope == ScopeKind::file || scope == ScopeKind::namespace_)) {
      define_variable(node, ancestors, *level);
    } else if (!is_variable || *level != ancestors.size() || !is_function_value(TreeReader::field(ancestors[*level - 1].node, g_.value))) {
      bind(node);
    }
    return;
  }
  const Kind parent = ancestors.back().kind;
  const std::string_view name = parsed(node);
  if (in_error() && (ts_node_start_byte(node) == loose_name_ || is_keyword(name))) return;
  if (name == "arguments" || name == "undefined") return;
  if ((name == "exports" || name == "module") && (parent == Kind::member || parent == Kind::subscript) && field == g_.object) return;
  if (names_function(ancestors, ancestors.size(), field)) return;
  const bool is_element = (parent == Kind::jsx_open || parent == Kind::jsx_self_closing) && field == g_.name;
  if (is_element && name[0] >= 'a' && name[0] <= 'z') return;  // HTML's own
  if (name == "require" && parent == Kind::call && field == g_.function) {
    TSNode target{};
    if (is_require(ancestors.back().node, target)) return;  // an import
  }
  out_.add_reference(text(node), reference_kind(ancestors, ancestors.size(), field), line(node), true);
}

// A property is a use of a name where it is read from an object, not where an object literal or a class defines it.
void Visitor::use_property(TSNode node, TSFieldId field, const Ancestors& ancestors) {
  if (ancestors.empty()) return;
  const Ancestor<Kind>& parent = ancestors.back();
  if (parent.kind == Kind::enum_body) return define_enumerator(node);
  if (parent.kind != Kind::member || field != g_.property) return;
  // module.exports and `exports.x =` name what the file gives, no other name.
  const std::string_view object = parsed(TreeReader::field(parent.node, g_.object)), name = parsed(node);
  if (name == "prototype" || (object == "module" && name == "exports")) return;
  const bool is_assigned = ancestors.size() >= 2 && ancestors[ancestors.size() - 2].kind == Kind::assignment && parent.field == g_.left;
  if (is_assigned && (object == "exports" || object == "module.exports")) return;
  if (names_function(ancestors, ancestors.size() - 1, parent.field)) return;
  out_.add_reference(text(node), reference_kind(ancestors, ancestors.size() - 1, parent.field), line(node));
}

void Visitor::use_type(TSNode node, TSFieldId field, const Ancestors& ancestors) {
  if (ancestors.empty() || is_own_name(field, ancestors)) return;
  std::size_t level = ancestors.size();
  // A<T> and ns.A as a base: the name in front is the base, what stands in the brackets is not.
  while (level > 0 && (ancestors[level - 1].kind == Kind::generic_type || ancestors[level - 1].kind == Kind::nested_type) && field == g_.name) {
    field = ancestors[--level].field;
  }
  const Kind parent = level > 0 ? ancestors[level - 1].kind : Kind::other;
  const bool is_base = parent == Kind::implements || parent == Kind::extends_type;
  out_.add_reference(text(node), is_base ? ReferenceKind::base : ReferenceKind::type, line(node), true);
}

}  // namespace ca::analysis::js
