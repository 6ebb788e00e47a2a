// Uses of names and imports in Go.
#include "analysis/frontends/go/visitor.h"

namespace ca::analysis::go {
namespace {

// The types that the language itself defines: to it what `int` is to C.
bool is_predeclared(std::string_view name) {
  for (std::string_view known : {"nil", "any", "bool", "byte", "comparable", "complex64", "complex128", "error", "float32", "float64", "int",
                                 "int8", "int16", "int32", "int64", "rune", "string", "uint", "uint8", "uint16", "uint32", "uint64",
                                 "uintptr"}) {
    if (name == known) return true;
  }
  return false;
}

}  // namespace

// `alias` is a name, "." or "_".
void Visitor::add_import(TSNode spec) {
  const TSNode path = field(spec, g_.path), name = field(spec, g_.name);
  if (ts_node_is_null(path)) return;
  Import import;
  import.target = text(path);
  if (import.target.size() >= 2) import.target = import.target.substr(1, import.target.size() - 2);
  if (!ts_node_is_null(name)) import.alias = text(name);
  import.line = line(spec);
  out_.add_import(std::move(import));
}

// Whether the identifier gets its value here.
bool Visitor::binds(TSFieldId at, const Ancestors& ancestors) const {
  const std::size_t depth = ancestors.size();
  const Ancestor<Kind>& parent = ancestors.back();
  if (parent.kind == Kind::parameter) return at == g_.name;
  if (parent.kind != Kind::expression_list || depth < 2) return false;
  const Ancestor<Kind>& above = ancestors[depth - 2];
  switch (above.kind) {
    case Kind::short_variable: return parent.field == g_.left;
    case Kind::type_switch: return parent.field == g_.alias;
    case Kind::range_clause: case Kind::receive:
      return parent.field == g_.left && ts_node_child_count(above.node) > 1 && parsed(ts_node_child(above.node, 1)) == ":=";
    default: return false;
  }
}

void Visitor::use_identifier(TSNode node, TSFieldId at, const Ancestors& ancestors) {
  if (ancestors.empty() || parsed(node) == "_") return;
  const std::size_t depth = ancestors.size();
  const Ancestor<Kind>& parent = ancestors.back();
  if (parent.kind == Kind::type_parameter && at == g_.name) return bind_type(node);
  if (ts_node_is_error(parent.node) && depth >= 2 && ancestors[depth - 2].kind == Kind::func_literal) return;  // its name
  const bool is_definition = parent.kind == Kind::function || parent.kind == Kind::const_spec || parent.kind == Kind::variable_spec;
  if (is_definition && at == g_.name) return;
  if (binds(at, ancestors)) {
    const bool is_only_a_type = parent.kind == Kind::parameter && depth >= 3 && ancestors[depth - 3].kind == Kind::function_type;
    if (!is_only_a_type && !names_closure(node)) bind(node);
    return;
  }
  const bool is_call = parent.kind == Kind::call && at == g_.function;
  // T{name: value}: a field, whatever the function calls its own.
  const bool is_key = parent.kind == Kind::literal_element && parent.field == g_.key;
  out_.add_reference(text(node), is_call ? ReferenceKind::call : ReferenceKind::name, line(node), !is_key);
}

void Visitor::use_field(TSNode node, TSFieldId at, const Ancestors& ancestors) {
  if (ancestors.empty()) return;
  const Ancestor<Kind>& parent = ancestors.back();
  if (parent.kind != Kind::selector || at != g_.field) return;
  const bool is_call = ancestors.size() >= 2 && ancestors[ancestors.size() - 2].kind == Kind::call && parent.field == g_.function;
  out_.add_reference(text(node), is_call ? ReferenceKind::call : ReferenceKind::name, line(node));
}

// What is embedded: a field without a name, an interface's element that is no union.
bool Visitor::is_base(const Ancestors& ancestors, std::size_t level) const {
  if (level == 0 || out_.scopes().back().kind != ScopeKind::type) return false;
  const Ancestor<Kind>& parent = ancestors[level - 1];
  if (parent.kind == Kind::field) return ts_node_is_null(field(parent.node, g_.name));
  return parent.kind == Kind::type_elem && level >= 2 && ancestors[level - 2].kind == Kind::interface_type &&
         ts_node_named_child_count(parent.node) == 1;
}

void Visitor::use_type(TSNode node, TSFieldId at, const Ancestors& ancestors) {
  if (ancestors.empty()) return;
  std::size_t level = ancestors.size();
  const Kind parent = ancestors[level - 1].kind;
  if ((parent == Kind::type_spec || parent == Kind::type_alias) && at == g_.name) return;
  const bool is_qualified = parent == Kind::qualified_type;
  if (is_qualified) --level;
  if (!is_qualified && is_predeclared(parsed(node))) return;
  ReferenceKind kind = ReferenceKind::type;
  if (level > 0 && ancestors[level - 1].kind == Kind::generic_type && (level == ancestors.size() ? at : ancestors[level].field) == g_.type) {
    --level;
    // f[int](x) looks as a conversion does.
    if (level > 0 && ancestors[level - 1].kind == Kind::type_conversion) kind = ReferenceKind::call;
  }
  if (is_base(ancestors, level)) kind = ReferenceKind::base;
  out_.add_reference(text(node), kind, line(node), !is_qualified);
}

}  // namespace ca::analysis::go
