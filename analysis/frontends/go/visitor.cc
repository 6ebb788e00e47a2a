#include "analysis/frontends/go/visitor.h"

#include <algorithm>

#include "analysis/frontends/common/tree_front_end.h"

namespace ca::analysis::go {
namespace {

// A comment for a tool is none for a reader.
bool is_doc(std::string_view comment) {
  for (std::string_view directive : {"//go:", "//export ", "//line ", "//nolint", "// +build", "//lint:"}) {
    if (comment.starts_with(directive)) return false;
  }
  return true;
}

// Comments too.
std::vector<TSNode> named_children(TSNode node) {
  std::vector<TSNode> found;
  if (ts_node_is_null(node)) return found;
  for_each_child_until(node, [&](TSNode child) {
    if (ts_node_is_named(child)) found.push_back(child);
    return true;
  });
  return found;
}

}  // namespace

Visitor::Visitor(std::string_view path, const Source& source, Collector& out)
    : TreeReader(source, out, {.separator = ".", .comments = CommentStyle::slashes, .docs_touch = true}),
      g_(go::grammar()),
      wants_docs_(!path.ends_with("_test.go")) {}

void Visitor::begin(TSNode root) {
  bool found = false;
  for_each_named_child(root, [&](TSNode child) {
    if (found || kind_of(child) != Kind::package || ts_node_named_child_count(child) == 0) return;
    found = true;
    std::string name = text(ts_node_named_child(child, 0));
    if (name == "main") wants_docs_ = false;
    out_.set_prefix(std::move(name));
  });
}

bool Visitor::enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors) {
  const bool is_else_if = kind == Kind::if_ && field == g_.alternative && ancestors.back().kind == Kind::if_;
  enter_node(node, g_.kinds.roles(kind), is_else_if);
  const std::size_t depth = ancestors.size();
  if (in_error() && depth > 0 && ts_node_is_error(ancestors.back().node) &&
      recover(node, {{"func", SymbolKind::function}, {"type", SymbolKind::type_alias}})) {
    return false;
  }
  switch (kind) {
    case Kind::comment: note_comment(node, is_doc(parsed(node))); break;
    case Kind::package: out_.set_docstring(doc_above(ts_node_start_byte(node))); return false;
    case Kind::import_spec: add_import(node); return false;
    case Kind::type_spec: case Kind::type_alias: define_type(node, kind, ancestors); break;
    case Kind::function: define_function(node, depth); break;
    case Kind::method: define_method(node, depth); break;
    case Kind::method_elem: define_declared_method(node, depth); break;
    case Kind::parameter_list:
      if (field == g_.receiver && !ancestors.empty() && ancestors.back().kind == Kind::method) return false;  // done already
      break;
    case Kind::field: define_fields(node, depth); break;
    case Kind::const_spec: define_constants(node, ancestors); break;
    case Kind::variable_spec: define_variables(node, ancestors); break;
    case Kind::short_variable: define_short_variables(node); break;
    case Kind::func_literal: open_closure(node, depth); break;
    case Kind::if_: check_error_branch(node); break;
    case Kind::identifier: use_identifier(node, field, ancestors); break;
    case Kind::field_identifier: use_field(node, field, ancestors); break;
    case Kind::package_identifier: out_.add_reference(text(node), ReferenceKind::name, line(node), true); break;
    case Kind::type_identifier: use_type(node, field, ancestors); break;
    default: break;
  }
  return true;
}

void Visitor::leave(TSNode node, Kind kind, std::size_t depth) { leave_node(node, g_.kinds.roles(kind), depth); }

bool Visitor::is_exported(std::string_view name) const { return !name.empty() && name.front() >= 'A' && name.front() <= 'Z'; }

// `type T ...` is the declaration; within `type ( ... )` the line of its own is.
TSNode Visitor::declaration_of(TSNode spec, const Ancestors& ancestors) const {
  if (ancestors.empty()) return spec;
  const Ancestor<Kind>& parent = ancestors.back();
  const bool is_declaration = parent.kind == Kind::type_declaration || parent.kind == Kind::const_declaration ||
                              parent.kind == Kind::variable_declaration;
  if (!is_declaration || ts_node_child_count(parent.node) < 2 || parsed(ts_node_child(parent.node, 1)) == "(") return spec;
  return parent.node;
}

void Visitor::define_type(TSNode node, Kind kind, const Ancestors& ancestors) {
  const TSNode name = field(node, g_.name), type = field(node, g_.type);
  if (ts_node_is_null(name)) return;
  const TSNode whole = declaration_of(node, ancestors);
  const Kind what = ts_node_is_null(type) || kind == Kind::type_alias ? Kind::other : kind_of(type);
  SymbolKind symbol_kind = SymbolKind::type_alias;
  std::uint32_t end = ts_node_end_byte(node);
  if (what == Kind::struct_type || what == Kind::interface_type) {
    symbol_kind = what == Kind::struct_type ? SymbolKind::struct_ : SymbolKind::interface;
    end = ts_node_start_byte(type) + (what == Kind::struct_type ? 6 : 9);  // up to the word itself
  }
  Symbol symbol = make_symbol(symbol_kind, text(name), whole, whole, end);
  symbol.docstring = doc_above(ts_node_start_byte(whole));
  if (symbol.docstring.empty() && symbol_kind == SymbolKind::type_alias) symbol.docstring = doc_behind(node);
  const bool is_public = is_exported(symbol.name) && !in_function();
  const std::int32_t index = add(std::move(symbol));
  check_doc(index, is_public && wants_docs_);
  Scope scope = make_scope(ScopeKind::type, index, node, ancestors.size());
  scope.is_private = !is_public;
  out_.open(std::move(scope));
}

std::uint32_t Visitor::count_parameters(TSNode parameters) const {
  std::uint32_t count = 0;
  if (ts_node_is_null(parameters)) return 0;
  for_each_named_child(parameters, [&](TSNode parameter) {
    std::uint32_t names = 0;  // `a, b int` are two, `int` is one
    for_each_named_child(parameter, [&](TSNode child) { names += kind_of(child) == Kind::identifier ? 1 : 0; });
    count += std::max<std::uint32_t>(names, 1);
  });
  return count;
}

void Visitor::open_function(std::int32_t symbol, TSNode node, std::size_t depth) {
  Scope scope = make_scope(ScopeKind::function, symbol, node, depth);
  scope.is_private = true;
  scope.parameters = count_parameters(field(node, g_.parameters));
  out_.open(std::move(scope));
}

void Visitor::define_function(TSNode node, std::size_t depth) {
  const TSNode name = field(node, g_.name), body = field(node, g_.body);
  if (ts_node_is_null(name)) return;
  Symbol symbol = make_documented(SymbolKind::function, text(name), node, node, header_end(node, body));
  symbol.is_definition = !ts_node_is_null(body);
  const bool is_public = is_exported(symbol.name) && !in_function();
  const std::int32_t index = add(std::move(symbol));
  check_doc(index, is_public && wants_docs_);
  check_body(index, body);
  open_function(index, node, depth);
}

// The type that a receiver such as `(t *T[K])` is of, and the names that it gives to the type's parameters.
std::string Visitor::receiver_type(TSNode receiver, std::vector<std::string>& type_parameters) const {
  const TSNode parameter = ts_node_is_null(receiver) ? receiver : only_child(receiver);
  TSNode type = ts_node_is_null(parameter) ? parameter : field(parameter, g_.type);
  while (!ts_node_is_null(type) && (kind_of(type) == Kind::pointer_type || kind_of(type) == Kind::parenthesized)) type = only_child(type);
  if (ts_node_is_null(type)) return {};
  if (kind_of(type) != Kind::generic_type) return text(type);
  for_each_named_child(type, [&](TSNode arguments) {
    if (kind_of(arguments) != Kind::type_arguments) return;
    for_each_named_child(arguments, [&](TSNode argument) { type_parameters.push_back(text(argument)); });
  });
  const TSNode name = field(type, g_.type);
  return ts_node_is_null(name) ? std::string() : text(name);
}

void Visitor::define_method(TSNode node, std::size_t depth) {
  const TSNode name = field(node, g_.name), body = field(node, g_.body), receiver = field(node, g_.receiver);
  if (ts_node_is_null(name)) return;
  std::vector<std::string> type_parameters;
  const std::string type = receiver_type(receiver, type_parameters);
  Symbol symbol = make_documented(SymbolKind::method, text(name), node, node, header_end(node, body));
  symbol.is_definition = !ts_node_is_null(body);
  symbol.qualified_name = out_.qualify(type.empty() ? symbol.name : type + "." + symbol.name, ".");
  const bool is_public = is_exported(symbol.name) && is_exported(type);
  const std::int32_t around = type.empty() ? out_.scope().symbol : out_.add_stand_in(out_.qualify(type, "."));
  const std::int32_t index = out_.add_symbol_below(around, std::move(symbol));
  check_doc(index, is_public && wants_docs_);
  check_body(index, body);
  open_function(index, node, depth);
  out_.scope().type_parameters = std::move(type_parameters);
  if (!ts_node_is_null(receiver)) {
    for_each_named_child(receiver, [&](TSNode parameter) { bind(field(parameter, g_.name)); });
  }
}

// A method that an interface asks for.
void Visitor::define_declared_method(TSNode node, std::size_t depth) {
  const TSNode name = field(node, g_.name);
  if (ts_node_is_null(name) || out_.scope().kind != ScopeKind::type) return;
  Symbol symbol = make_documented(SymbolKind::method, text(name), node, node, ts_node_end_byte(node));
  if (symbol.docstring.empty()) symbol.docstring = doc_behind(node);
  symbol.is_definition = false;
  open_function(add(std::move(symbol)), node, depth);
}

// The fields of a struct that has a name; those of a struct within a field lie in that field.
void Visitor::define_fields(TSNode node, std::size_t depth) {
  if (out_.scope().kind != ScopeKind::type) return;
  std::int32_t last = no_parent;
  TSNode type = field(node, g_.type);
  const std::uint32_t end = ts_node_is_null(type) ? ts_node_end_byte(node) : ts_node_end_byte(type);
  for_each_named_child(node, [&](TSNode child) {
    if (kind_of(child) != Kind::field_identifier) return;
    Symbol symbol = make_symbol(SymbolKind::field, text(child), node, node, end);
    symbol.docstring = doc_above_or_behind(node);
    last = add(std::move(symbol));
  });
  while (!ts_node_is_null(type) && (kind_of(type) == Kind::pointer_type || kind_of(type) == Kind::slice_type ||
                                    kind_of(type) == Kind::array_type || kind_of(type) == Kind::map_type)) {
    const std::uint32_t count = ts_node_named_child_count(type);
    type = count > 0 ? ts_node_named_child(type, count - 1) : TSNode{};
  }
  if (last == no_parent || ts_node_is_null(type) || kind_of(type) != Kind::struct_type) return;
  out_.open(make_scope(ScopeKind::type, last, node, depth));
}

void Visitor::define_constants(TSNode node, const Ancestors& ancestors) {
  const TSNode whole = declaration_of(node, ancestors);
  for_each_named_child(node, [&](TSNode child) {
    if (kind_of(child) != Kind::identifier || parsed(child) == "_") return;
    if (in_function()) return bind(child);
    Symbol symbol = make_symbol(SymbolKind::constant, text(child), whole, whole, ts_node_end_byte(node));
    symbol.docstring = doc_above_or_behind(whole);
    add(std::move(symbol));
  });
}

std::int32_t Visitor::define_closure(TSNode name, TSNode literal, TSNode first, TSNode whole) {
  const TSNode body = field(literal, g_.body);
  const std::int32_t index = add(make_documented(SymbolKind::function, text(name), first, whole, header_end(literal, body)));
  name_closure(literal, index, name);
  return index;
}

void Visitor::define_variables(TSNode node, const Ancestors& ancestors) {
  const TSNode whole = declaration_of(node, ancestors), values = field(node, g_.value);
  const std::vector<TSNode> all_values = named_children(values);
  const bool is_local = in_function();
  std::uint32_t position = 0;
  std::int32_t first = no_parent;
  for_each_named_child(node, [&](TSNode child) {
    if (kind_of(child) != Kind::identifier) return;
    const std::uint32_t at = position++;
    if (parsed(child) == "_") return;
    const TSNode value = at < all_values.size() ? all_values[at] : TSNode{};
    std::int32_t index = no_parent;
    if (!ts_node_is_null(value) && kind_of(value) == Kind::func_literal) {
      index = define_closure(child, value, whole, whole);
    } else if (is_local) {
      bind(child);
    } else {
      Symbol symbol = make_symbol(SymbolKind::variable, text(child), whole, whole, ts_node_end_byte(node));
      symbol.docstring = doc_above_or_behind(whole);
      index = add(std::move(symbol));
    }
    if (first == no_parent) first = index;
  });
  if (is_local) return;
  Scope scope = make_scope(ScopeKind::function, first == no_parent ? out_.scope().symbol : first, node, ancestors.size());
  scope.is_measured = false;
  scope.is_private = true;
  out_.open(std::move(scope));
}

void Visitor::define_short_variables(TSNode node) {
  const TSNode left = field(node, g_.left), right = field(node, g_.right);
  if (ts_node_is_null(left) || ts_node_is_null(right)) return;
  const std::vector<TSNode> names = named_children(left), values = named_children(right);
  for (std::size_t i = 0; i < std::min(names.size(), values.size()); ++i) {
    const TSNode name = names[i], value = values[i];
    if (kind_of(value) != Kind::func_literal || kind_of(name) != Kind::identifier || parsed(name) == "_") continue;
    define_closure(name, value, node, node);
  }
}

void Visitor::open_closure(TSNode literal, std::size_t depth) {
  std::int32_t index = named_closure(literal);
  if (index == no_parent && ts_node_child_count(literal) > 1 && ts_node_is_error(ts_node_child(literal, 1))) {
    // Where a closing brace is missing, the next function is taken for a literal whose name is an error.
    const TSNode name = only_child(ts_node_child(literal, 1));
    if (ts_node_is_null(name) || kind_of(name) != Kind::identifier) return;
    index = add(make_documented(SymbolKind::function, text(name), literal, literal, header_end(literal, field(literal, g_.body))));
  }
  if (index == no_parent) return;
  open_function(index, literal, depth);
}

void Visitor::check_body(std::int32_t index, TSNode body) {
  if (ts_node_is_null(body)) return;
  TSNode statements = only_child(body);
  if (ts_node_is_null(statements)) {
    if (count_named(body) == 0 && says_unfinished(parsed(body))) report_unfinished(index, "a note that it is unfinished");
    return;
  }
  const TSNode only = kind_of(statements) == Kind::statement_list ? only_child(statements) : statements;
  if (ts_node_is_null(only) || kind_of(only) != Kind::expression_statement) return;
  if (parsed(only).starts_with("panic(") && says_unfinished(parsed(only))) report_unfinished(index, "a panic that says so");
}

// `if err != nil {}`: the error is looked at and dropped.
void Visitor::check_error_branch(TSNode node) {
  const TSNode condition = field(node, g_.condition), body = field(node, g_.consequence);
  if (ts_node_is_null(condition) || ts_node_is_null(body) || kind_of(condition) != Kind::binary) return;
  if (ts_node_named_child_count(body) > 0 || ts_node_child_count(condition) != 3) return;
  if (parsed(ts_node_child(condition, 1)) != "!=" || parsed(ts_node_child(condition, 2)) != "nil") return;
  const std::string name = text(ts_node_child(condition, 0));
  if (name.ends_with("err") || name.ends_with("Err") || name.ends_with("error")) report_empty_handler(name, node);
}

}  // namespace ca::analysis::go

namespace ca::analysis {

const FrontEnd& go_front_end() {
  static const TreeFrontEnd<go::Visitor> the_front_end;
  return the_front_end;
}

}  // namespace ca::analysis
