// What a script defines.
#include <algorithm>

#include "analysis/frontends/javascript/visitor.h"

namespace ca::analysis::js {

SymbolKind Visitor::function_kind(Kind kind, const Named& named, const Ancestors& ancestors) const {
  const bool is_method = kind == Kind::method || kind == Kind::method_signature || kind == Kind::abstract_method_signature;
  if (is_method && named.name == "constructor" && !ancestors.empty() && ancestors.back().kind == Kind::class_body) {
    return SymbolKind::constructor;
  }
  if (named.is_member || (out_.scope().kind == ScopeKind::type && named.owner.empty())) return SymbolKind::method;
  return SymbolKind::function;
}

// Adds it below what owns it: the scope, or a symbol of the file that is named before the dot.
std::int32_t Visitor::add_named(Symbol symbol, const Named& named, const Ancestors& ancestors) {
  std::int32_t parent = out_.scope().symbol;
  if (!named.owner.empty()) {
    auto owner = symbols_.find(out_.qualify(named.owner, "."));
    if (owner == symbols_.end()) owner = symbols_.find(named.owner);
    if (owner != symbols_.end()) {
      parent = owner->second;
      symbol.qualified_name = out_.symbol(parent).qualified_name + "." + symbol.name;
      const bool is_type = out_.symbol(parent).kind == SymbolKind::class_;
      if (is_type && symbol.kind == SymbolKind::function) symbol.kind = SymbolKind::method;
    } else {
      symbol.qualified_name = out_.qualify(named.owner + "." + symbol.name, ".");
    }
  } else {
    symbol.qualified_name = out_.qualify(path_in_object(ancestors, named.level) + symbol.name, ".");
  }
  const std::int32_t index = out_.add_symbol_below(parent, std::move(symbol));
  symbols_[out_.symbol(index).qualified_name] = index;
  return index;
}

void Visitor::define_function(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors) {
  const TSNode body = TreeReader::field(node, g_.body), parameters = TreeReader::field(node, g_.parameters);
  std::optional<Named> named;
  const bool is_member = kind == Kind::method || kind == Kind::method_signature || kind == Kind::abstract_method_signature;
  if (is_member || kind == Kind::function || kind == Kind::function_signature) {
    const TSNode name = TreeReader::field(node, g_.name);
    if (!ts_node_is_null(name)) named = Named{key_text(name), {}, node, ancestors.size()};
    if (named) named->is_exported = !is_member && is_exported(named->level, ancestors);
  } else {
    named = name_of(node, field, ancestors);
  }
  Scope scope = make_scope(ScopeKind::function, out_.scope().symbol, node, ancestors.size());
  if (named) {
    Symbol symbol = make_symbol(function_kind(kind, *named, ancestors), named->name, without_decorators(named->whole), named->whole,
                                header_end(node, body));
    if (symbol.signature.ends_with("=>")) symbol.signature = trim(std::string_view(symbol.signature).substr(0, symbol.signature.size() - 2));
    symbol.is_definition = !ts_node_is_null(body);
    symbol.docstring = doc_above(doc_start(named->whole, named->level, ancestors));
    scope.symbol = add_named(std::move(symbol), *named, ancestors);
    check_exported(scope.symbol, named->is_exported);
    check_body(body, scope.symbol);
  }
  scope.is_measured = named.has_value();
  scope.is_private = true;
  if (!ts_node_is_null(parameters)) {
    for_each_named_child(parameters, [&](TSNode parameter) {
      if (!parsed(parameter).starts_with("this:")) ++scope.parameters;
    });
  } else if (!ts_node_is_null(TreeReader::field(node, g_.parameter))) {
    scope.parameters = 1;
  }
  out_.open(std::move(scope));
}

void Visitor::define_class(TSNode node, TSFieldId field, const Ancestors& ancestors) {
  const TSNode body = TreeReader::field(node, g_.body);
  std::optional<Named> named = name_of(node, field, ancestors);
  Scope scope = make_scope(ScopeKind::type, out_.scope().symbol, node, ancestors.size());
  if (named) {
    named->is_exported = named->is_exported || is_exported(named->level, ancestors);
    Symbol symbol = make_symbol(SymbolKind::class_, named->name, without_decorators(named->whole), named->whole, header_end(node, body));
    symbol.docstring = doc_above(doc_start(named->whole, named->level, ancestors));
    scope.symbol = add_named(std::move(symbol), *named, ancestors);
    check_exported(scope.symbol, named->is_exported);
  }
  out_.open(std::move(scope));
}

// Interfaces, type aliases, enums and `import A = B.C`.
void Visitor::define_type(TSNode node, SymbolKind kind, ScopeKind scope, const Ancestors& ancestors) {
  TSNode name = TreeReader::field(node, g_.name);
  if (ts_node_is_null(name)) name = ts_node_named_child(node, 0);
  if (ts_node_is_null(name)) return;
  Symbol symbol = make_symbol(kind, text(name), node, node, header_end(node, TreeReader::field(node, g_.body)));
  symbol.docstring = doc_above(doc_start(node, ancestors.size(), ancestors));
  const Named named{symbol.name, {}, node, ancestors.size()};
  out_.open(make_scope(scope, add_named(std::move(symbol), named, ancestors), node, ancestors.size()));
}

// `namespace a.b` is two symbols; `declare module "x"` has the name x.
void Visitor::define_namespace(TSNode node, const Ancestors& ancestors) {
  const TSNode name = TreeReader::field(node, g_.name);
  if (ts_node_is_null(name)) return;
  const bool is_module = is(name, Kind::string);
  const std::string path = is_module ? key_text(name) : fold_space(text(name));
  const std::string doc = doc_above(doc_start(node, ancestors.size(), ancestors));
  const std::uint32_t end = header_end(node, TreeReader::field(node, g_.body));
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t dot = is_module ? path.size() : std::min(path.find('.', at), path.size());
    Symbol symbol = make_symbol(SymbolKind::namespace_, path.substr(at, dot - at), node, node, end);
    at = dot + 1;
    if (at >= path.size()) symbol.docstring = doc;
    out_.open(make_scope(ScopeKind::namespace_, add(std::move(symbol)), node, ancestors.size()));
  }
}

void Visitor::define_enumerator(TSNode name) {
  if (ts_node_is_null(name) || out_.scope().kind != ScopeKind::enumeration) return;
  add(make_documented(SymbolKind::enumerator, key_text(name), name, name, ts_node_end_byte(name)));
}

void Visitor::define_field(TSNode node, const Ancestors& ancestors) {
  const TSNode value = TreeReader::field(node, g_.value);
  if (is_function_value(value)) return;  // a method, defined where the function stands
  TSNode name = TreeReader::field(node, g_.name);
  if (ts_node_is_null(name)) name = TreeReader::field(node, g_.property);
  if (ts_node_is_null(name)) return;
  bool is_static = false, is_readonly = false;
  for_each_child_until(node, [&](TSNode child) {
    const std::string_view word = ts_node_type(child);
    is_static = is_static || word == "static";
    is_readonly = is_readonly || word == "readonly";
    return true;
  });
  const bool is_constant = is_static && (is_readonly || is_upper_case(parsed(name)));
  Symbol symbol = make_symbol(is_constant ? SymbolKind::constant : SymbolKind::field, key_text(name), without_decorators(node), node,
                              ts_node_end_byte(node));
  symbol.docstring = doc_above(doc_start(node, ancestors.size(), ancestors));
  add(std::move(symbol));
}

// A property of an interface or of the object type that an alias names; deeper ones belong to no name.
void Visitor::define_property_signature(TSNode node, const Ancestors& ancestors) {
  const TSNode name = TreeReader::field(node, g_.name);
  std::size_t level = ancestors.size();
  while (level > 0) {
    const Kind kind = ancestors[level - 1].kind;
    const bool passes = kind == Kind::object_type || kind == Kind::intersection || kind == Kind::parenthesized_type ||
                        kind == Kind::union_type || kind == Kind::interface_body;
    if (!passes) break;
    --level;
  }
  const bool is_own = level > 0 && (ancestors[level - 1].kind == Kind::interface || ancestors[level - 1].kind == Kind::type_alias);
  if (ts_node_is_null(name) || !is_own || out_.scope().kind != ScopeKind::type) return;
  add(make_documented(SymbolKind::field, key_text(name), node, node, ts_node_end_byte(node)));
}

// constructor(private readonly x: T) makes a field x.
void Visitor::define_parameter_property(TSNode node, const Ancestors& ancestors) {
  if (ancestors.size() < 2 || ancestors[ancestors.size() - 2].kind != Kind::method || out_.scopes().size() < 2) return;
  bool is_property = false;
  for_each_child_until(node, [&](TSNode child) {
    const std::string_view type = ts_node_type(child);
    is_property = type == "accessibility_modifier" || type == "readonly" || type == "override_modifier";
    return !is_property;
  });
  const TSNode name = TreeReader::field(node, g_.pattern);
  const Scope& around = out_.scopes()[out_.scopes().size() - 2];
  if (!is_property || !is(name, Kind::identifier) || around.kind != ScopeKind::type || around.symbol == no_parent) return;
  Symbol symbol = make_documented(SymbolKind::field, text(name), without_decorators(node), node, ts_node_end_byte(node));
  symbol.qualified_name = out_.symbol(around.symbol).qualified_name + "." + symbol.name;
  out_.add_symbol_below(around.symbol, std::move(symbol));
}

// A name that the declarator ancestors[level - 1] binds at the level of the file or of a namespace.
void Visitor::define_variable(TSNode name, const Ancestors& ancestors, std::size_t level) {
  const TSNode declarator = ancestors[level - 1].node, value = TreeReader::field(declarator, g_.value);
  const bool is_plain = level == ancestors.size();  // no pattern
  TSNode required{};
  if ((is_plain && is_function_value(value)) || is_require(value, required)) return;
  const bool has_declaration = level >= 2 && ts_node_child_count(ancestors[level - 2].node) > 0;
  const TSNode declaration = has_declaration ? ancestors[level - 2].node : declarator;
  const bool is_constant = has_declaration && parsed(ts_node_child(declaration, 0)) == "const";
  const bool alone = has_declaration && ts_node_named_child_count(declaration) < 8 && count_named(declaration) == 1;
  const TSNode whole = alone ? declaration : declarator;
  const std::size_t whole_level = alone ? level - 2 : level - 1;
  Symbol symbol = make_symbol(is_constant ? SymbolKind::constant : SymbolKind::variable, text(name), whole, whole, ts_node_end_byte(whole));
  symbol.is_definition = !ts_node_is_null(value) || !is_ambient(whole_level, ancestors);
  symbol.docstring = doc_above(doc_start(whole, whole_level, ancestors));
  if (!variables_.insert(out_.qualify(symbol.name, ".")).second) return;
  const std::int32_t index = add(std::move(symbol));
  symbols_[out_.symbol(index).qualified_name] = index;
  if (is_plain && is(value, Kind::object)) {
    object_at_ = ts_node_start_byte(value);
    object_symbol_ = index;
  }
}

// The functions in an object literal that a variable holds, or a prototype, are that one's own.
void Visitor::open_object(TSNode node, TSFieldId field, const Ancestors& ancestors) {
  std::int32_t owner = no_parent;
  if (ts_node_start_byte(node) == object_at_) {
    owner = object_symbol_;
  } else if (!ancestors.empty() && ancestors.back().kind == Kind::assignment && field == g_.right) {
    std::string_view left = parsed(TreeReader::field(ancestors.back().node, g_.left));
    if (!left.ends_with(".prototype") || left.size() > 200) return;
    left.remove_suffix(10);
    auto found = symbols_.find(out_.qualify(left, "."));
    if (found == symbols_.end()) return;
    owner = found->second;
  }
  if (owner != no_parent) out_.open(make_scope(ScopeKind::type, owner, node, ancestors.size()));
}

}  // namespace ca::analysis::js
