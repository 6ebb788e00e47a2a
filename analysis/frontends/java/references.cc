// Uses of names and imports in Java.
#include <tuple>
#include <utility>

#include "analysis/frontends/java/visitor.h"

namespace ca::analysis::java {
namespace {

// "a.b.C" -> {"a.b", "C"}
std::pair<std::string, std::string> split_last(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return {"", name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

std::string without_space(std::string name) {
  std::erase_if(name, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  return name;
}

}  // namespace

// A class by its whole name; what is imported of a package or, statically, of a class, by `name`.
void Visitor::add_import(TSNode node) {
  Import import;
  import.line = line(node);
  bool is_static = false, is_wildcard = false;
  for_each_child_until(node, [&](TSNode child) {
    const Kind kind = kind_of(child);
    if (kind == Kind::asterisk) is_wildcard = true;
    if (kind == Kind::identifier || kind == Kind::scoped_identifier) import.target = without_space(text(child));
    if (parsed(child) == "static") is_static = true;
    return true;
  });
  if (import.target.empty()) return;
  if (is_wildcard) {
    import.name = '*';
  } else if (is_static) {
    std::tie(import.target, import.name) = split_last(import.target);
  }
  out_.add_import(std::move(import));
}

void Visitor::add_requires(TSNode node) {
  const TSNode module = field(node, g_.module);
  if (ts_node_is_null(module)) return;
  Import import;
  import.target = without_space(text(module));
  import.line = line(node);
  out_.add_import(std::move(import));
}

void Visitor::use_identifier(TSNode node, TSFieldId at, const Ancestors& ancestors) {
  if (ancestors.empty()) return;
  const Ancestor<Kind>& parent = ancestors.back();
  const Kind above = ancestors.size() > 1 ? ancestors[ancestors.size() - 2].kind : Kind::other;
  ReferenceKind kind = ReferenceKind::name;
  bool may_be_local = true;
  switch (parent.kind) {
    case Kind::class_: case Kind::interface: case Kind::enum_: case Kind::record: case Kind::annotation_type: case Kind::method:
    case Kind::constructor: case Kind::compact_constructor: case Kind::annotation_element: case Kind::enumerator:
    case Kind::variable: case Kind::module:
      if (at == g_.name) return;
      break;
    case Kind::formal_parameter:
      if (at == g_.name && above == Kind::formal_parameters && ancestors[ancestors.size() - 3].kind == Kind::record) return;
      if (at == g_.name) return bind(node);
      break;
    case Kind::catch_parameter: case Kind::enhanced_for: case Kind::resource: case Kind::instanceof:
      if (at == g_.name) return bind(node);
      break;
    case Kind::inferred_parameters: case Kind::type_pattern: case Kind::record_component: return bind(node);
    case Kind::lambda:
      if (at == g_.parameters) return bind(node);
      break;
    case Kind::label:
      if (ts_node_start_byte(node) == ts_node_start_byte(parent.node)) return;
      break;
    case Kind::break_: case Kind::receiver: return;
    case Kind::element_pair:
      if (at == g_.key) return;
      break;
    case Kind::invocation:
      if (at == g_.name) {
        kind = ReferenceKind::call;
        may_be_local = false;
      }
      break;
    case Kind::method_reference: may_be_local = ts_node_start_byte(node) == ts_node_start_byte(parent.node); break;
    case Kind::field_access:
      may_be_local = at != g_.field;
      break;
    case Kind::annotation:
      kind = ReferenceKind::type;
      break;
    case Kind::record_pattern:
      kind = ReferenceKind::type;
      break;
    case Kind::scoped_identifier:
      may_be_local = at == g_.scope;
      if (at == g_.name && above == Kind::annotation) kind = ReferenceKind::type;
      break;
    default: break;
  }
  out_.add_reference(text(node), kind, line(node), may_be_local);
}

void Visitor::use_type(TSNode node, const Ancestors& ancestors) {
  if (ancestors.empty() || parsed(node) == "var") return;
  std::size_t level = ancestors.size();
  TSNode whole = node;
  if (ancestors[level - 1].kind == Kind::type_parameter) return bind_type(node);  // its bounds stand in a node of their own
  while (level > 0 && ancestors[level - 1].kind == Kind::scoped_type) {
    if (ts_node_end_byte(node) != ts_node_end_byte(ancestors[level - 1].node)) {
      return out_.add_reference(text(node), ReferenceKind::name, line(node), true);  // `a` of a.B
    }
    whole = ancestors[--level].node;
  }
  if (level > 0 && ancestors[level - 1].kind == Kind::generic_type &&
      ts_node_start_byte(ancestors[level - 1].node) == ts_node_start_byte(whole)) {
    --level;
  }
  ReferenceKind kind = ReferenceKind::type;
  if (level > 0) {
    const Kind parent = ancestors[level - 1].kind;
    const Kind above = level > 1 ? ancestors[level - 2].kind : Kind::other;
    if (parent == Kind::superclass) kind = ReferenceKind::base;
    if (parent == Kind::type_list && (above == Kind::super_interfaces || above == Kind::extends_interfaces)) kind = ReferenceKind::base;
    if (parent == Kind::creation) kind = ReferenceKind::call;  // new T(...)
  }
  out_.add_reference(text(node), kind, line(node), true);
}

}  // namespace ca::analysis::java
