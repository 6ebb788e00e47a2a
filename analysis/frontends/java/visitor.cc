#include "analysis/frontends/java/visitor.h"

#include <algorithm>

#include "analysis/frontends/common/tree_front_end.h"

namespace ca::analysis::java {
namespace {

SymbolKind type_kind(Kind kind) {
  switch (kind) {
    case Kind::interface: case Kind::annotation_type: return SymbolKind::interface;
    case Kind::enum_: return SymbolKind::enum_;
    default: return SymbolKind::class_;
  }
}

// "/**" and, since Java 23, "///".
bool is_doc(std::string_view comment) {
  return (comment.starts_with("/**") && !comment.starts_with("/**/")) || (comment.starts_with("///") && !comment.starts_with("////"));
}

// Whether "A | java.lang.B" names the type of java.lang.
bool lists_type(std::string_view caught, std::string_view type) {
  while (!caught.empty()) {
    const std::size_t end = std::min(caught.find('|'), caught.size());
    std::string_view one = trim(caught.substr(0, end));
    if (one.starts_with("java.lang.")) one.remove_prefix(10);
    if (one == type) return true;
    caught.remove_prefix(std::min(end + 1, caught.size()));
  }
  return false;
}

}  // namespace

Visitor::Visitor(std::string_view path, const Source& source, Collector& out)
    : TreeReader(source, out, {}), g_(java::grammar()), path_(path) {}

void Visitor::begin(TSNode root) {
  bool found = false;
  for_each_named_child(root, [&](TSNode child) {
    if (found || kind_of(child) != Kind::package) return;
    found = true;
    for_each_named_child(child, [&](TSNode name) {
      if (kind_of(name) != Kind::annotation) out_.set_prefix(fold_space(text(name)));
    });
  });
}

bool Visitor::enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors) {
  const bool is_else_if = kind == Kind::if_ && field == g_.alternative && ancestors.back().kind == Kind::if_;
  enter_node(node, g_.kinds.roles(kind), is_else_if);
  const std::size_t depth = ancestors.size();
  switch (kind) {
    case Kind::comment: note_comment(node, is_doc(parsed(node))); break;
    case Kind::package:
      out_.set_docstring(doc_above(ts_node_start_byte(node)));
      if (path_.ends_with("package-info.java") && doc_above(ts_node_start_byte(node)).empty()) {
        out_.add_issue("missing-doc-comment", Severity::info, "package has no doc comment", range_of(node));
      }
      return false;
    case Kind::import: add_import(node); return false;
    case Kind::requires_: add_requires(node); return false;
    case Kind::module_directive: return false;
    case Kind::scoped_identifier:
      if (!ancestors.empty() && ancestors.back().kind == Kind::module) return false;
      break;
    case Kind::module: define_module(node, depth); break;
    case Kind::class_: case Kind::interface: case Kind::enum_: case Kind::record: case Kind::annotation_type:
      define_type(node, kind, depth);
      break;
    case Kind::method: case Kind::constructor: case Kind::compact_constructor: case Kind::annotation_element:
      define_method(node, kind, depth);
      break;
    case Kind::enumerator: define_enumerator(node, depth); break;
    case Kind::variable: define_variable(node, ancestors); break;
    case Kind::formal_parameter:
      if (depth >= 2 && ancestors[depth - 2].kind == Kind::record) define_component(node);
      break;
    case Kind::body:
      if (!ancestors.empty() && ancestors.back().kind == Kind::creation) open_block(node, ScopeKind::type, depth);
      break;
    case Kind::block:
      if (!ancestors.empty() && ancestors.back().kind == Kind::body) open_block(node, ScopeKind::function, depth);
      break;
    case Kind::static_block: open_block(node, ScopeKind::function, depth); break;
    case Kind::switch_label:
      if (parsed(node).starts_with("case")) out_.add_branch();
      break;
    case Kind::catch_: open_catch(node); break;
    case Kind::identifier: use_identifier(node, field, ancestors); break;
    case Kind::type_identifier: use_type(node, ancestors); break;
    default:
      if (ts_node_is_error(node)) define_loose_method(node);
  }
  return true;
}

void Visitor::leave(TSNode node, Kind kind, std::size_t depth) {
  leave_node(node, g_.kinds.roles(kind), depth);
  if (kind == Kind::catch_) close_handler();
}

// What stands in `modifiers`, and where the definition begins when annotations are no part of it.
Visitor::Modifiers Visitor::modifiers_of(TSNode node) const {
  Modifiers found;
  found.first = node;
  bool has_first = false;
  auto look = [&](TSNode child) {
    const Kind kind = kind_of(child);
    if (kind == Kind::comment) return;
    if (kind == Kind::annotation) {
      found.overrides = found.overrides || parsed(child) == "@Override";
      return;
    }
    const std::string_view word = parsed(child);
    found.is_public = found.is_public || word == "public";
    found.is_private = found.is_private || word == "private";
    found.is_static = found.is_static || word == "static";
    found.is_final = found.is_final || word == "final";
    if (!has_first) found.first = child;
    has_first = true;
  };
  for_each_child_until(node, [&](TSNode child) {
    if (kind_of(child) == Kind::modifiers) {
      for_each_child_until(child, [&](TSNode modifier) {
        look(modifier);
        return true;
      });
      return true;
    }
    const bool passes = kind_of(child) == Kind::annotation || kind_of(child) == Kind::comment;
    if (!passes && !has_first) found.first = child;
    return passes;
  });
  return found;
}

bool Visitor::in_interface() const {
  const Scope& scope = out_.scopes().back();
  return scope.kind == ScopeKind::type && scope.symbol != no_parent && out_.symbol(scope.symbol).kind == SymbolKind::interface;
}

void Visitor::define_type(TSNode node, Kind kind, std::size_t depth) {
  const TSNode name = field(node, g_.name);
  if (ts_node_is_null(name)) return;
  const Modifiers modifiers = modifiers_of(node);
  const bool is_public = (modifiers.is_public || (in_interface() && !modifiers.is_private)) && !out_.scope().is_private;
  Symbol symbol = make_symbol(type_kind(kind), text(name), modifiers.first, node, header_end(node, field(node, g_.body)));
  symbol.docstring = doc_above(ts_node_start_byte(node));
  const std::int32_t index = add(std::move(symbol));
  check_doc(index, is_public);
  Scope scope = make_scope(ScopeKind::type, index, node, depth);
  scope.is_private = !is_public;
  out_.open(std::move(scope));
}

std::uint32_t Visitor::count_parameters(TSNode parameters) const {
  if (ts_node_is_null(parameters)) return 0;
  if (kind_of(parameters) == Kind::identifier) return 1;  // x -> ...
  std::uint32_t count = 0;
  for_each_named_child(parameters, [&](TSNode child) { count += kind_of(child) == Kind::receiver ? 0 : 1; });
  return count;
}

void Visitor::define_method(TSNode node, Kind kind, std::size_t depth) {
  const TSNode name = field(node, g_.name), body = field(node, g_.body);
  if (ts_node_is_null(name)) return;
  const Modifiers modifiers = modifiers_of(node);
  const bool is_constructor = kind == Kind::constructor || kind == Kind::compact_constructor;
  const SymbolKind symbol_kind = is_constructor                                ? SymbolKind::constructor
                                 : out_.scope().kind == ScopeKind::type ? SymbolKind::method
                                                                        : SymbolKind::function;
  Symbol symbol = make_symbol(symbol_kind, text(name), modifiers.first, node, header_end(node, body));
  symbol.docstring = doc_above(ts_node_start_byte(node));
  symbol.is_definition = !ts_node_is_null(body);
  const bool is_public = (modifiers.is_public || (in_interface() && !modifiers.is_private)) && !out_.scope().is_private;
  const std::int32_t index = add(std::move(symbol));
  check_doc(index, is_public && !is_constructor && !modifiers.overrides);
  check_body(index, body);
  Scope scope = make_scope(ScopeKind::function, index, node, depth);
  scope.is_private = true;
  scope.parameters = count_parameters(field(node, g_.parameters));
  out_.open(std::move(scope));
}

void Visitor::check_body(std::int32_t index, TSNode body) {
  if (ts_node_is_null(body)) return;
  const std::uint32_t statements = count_named(body);
  if (statements == 0 && says_unfinished(parsed(body))) report_unfinished(index, "a note that it is unfinished");
  const TSNode only = only_child(body);
  if (statements != 1 || kind_of(only) != Kind::throw_) return;
  const std::string_view thrown = parsed(only);
  if (thrown.find("UnsupportedOperationException") != std::string_view::npos) {
    report_unfinished(index, "an UnsupportedOperationException");
  } else if (says_unfinished(thrown) || thrown.find("NotImplemented") != std::string_view::npos) {
    report_unfinished(index, "a note that it is unfinished");
  }
}

// A field or a local variable. What initializes a field lies within it; a lambda makes a function of either.
void Visitor::define_variable(TSNode node, const Ancestors& ancestors) {
  const TSNode name = field(node, g_.name), value = field(node, g_.value);
  if (ts_node_is_null(name) || ancestors.empty()) return;
  const bool is_lambda = !ts_node_is_null(value) && kind_of(value) == Kind::lambda;
  const Ancestor<Kind>& parent = ancestors.back();
  if (parent.kind != Kind::field && parent.kind != Kind::constant) {
    if (is_lambda) {
      define_lambda(name, value, ancestors);
    } else {
      bind(name);
    }
    loose_name_ = name;
    loose_declaration_ = parent.node;
    return;
  }
  if (is_lambda) return define_lambda(name, value, ancestors);
  const Modifiers modifiers = modifiers_of(parent.node);
  const bool is_constant = parent.kind == Kind::constant || (modifiers.is_static && modifiers.is_final);
  std::uint32_t end = ts_node_end_byte(parent.node);
  if (!ts_node_is_null(value) && kind_of(value) == Kind::creation) {
    const TSNode last = ts_node_child(value, ts_node_child_count(value) - 1);
    if (kind_of(last) == Kind::body) end = ts_node_start_byte(last);
  }
  Symbol symbol = make_symbol(is_constant ? SymbolKind::constant : SymbolKind::field, text(name), modifiers.first, parent.node, end);
  symbol.docstring = doc_above(ts_node_start_byte(parent.node));
  Scope scope = make_scope(ScopeKind::function, add(std::move(symbol)), node, ancestors.size());
  scope.is_measured = false;
  scope.is_private = true;
  out_.open(std::move(scope));
}

void Visitor::define_lambda(TSNode name, TSNode lambda, const Ancestors& ancestors) {
  const TSNode declaration = ancestors.back().node;
  const bool in_type = out_.scope().kind == ScopeKind::type;
  const TSNode parameters = field(lambda, g_.parameters);
  const std::uint32_t end = ts_node_is_null(parameters) ? ts_node_end_byte(name) : ts_node_end_byte(parameters);
  const TSNode first = modifiers_of(declaration).first;
  Symbol symbol = make_symbol(in_type ? SymbolKind::method : SymbolKind::function, text(name), first, declaration, end);
  symbol.docstring = doc_above(ts_node_start_byte(declaration));
  Scope scope = make_scope(ScopeKind::function, add(std::move(symbol)), lambda, ancestors.size());
  scope.is_private = true;
  scope.parameters = count_parameters(parameters);
  out_.open(std::move(scope));
}

void Visitor::define_enumerator(TSNode node, std::size_t depth) {
  const TSNode name = field(node, g_.name), body = field(node, g_.body);
  if (ts_node_is_null(name)) return;
  Symbol symbol = make_symbol(SymbolKind::enumerator, text(name), modifiers_of(node).first, node, header_end(node, body));
  symbol.docstring = doc_above(ts_node_start_byte(node));
  const std::int32_t index = add(std::move(symbol));
  Scope scope = make_scope(ScopeKind::type, index, node, depth);
  scope.is_private = true;
  out_.open(std::move(scope));
}

// What a record's header lists are its fields.
void Visitor::define_component(TSNode node) {
  const TSNode name = field(node, g_.name);
  if (!ts_node_is_null(name)) add(make_symbol(SymbolKind::field, text(name), modifiers_of(node).first, node, ts_node_end_byte(node)));
}

void Visitor::define_module(TSNode node, std::size_t depth) {
  const TSNode name = field(node, g_.name);
  if (ts_node_is_null(name)) return;
  Symbol symbol = make_documented(SymbolKind::module_, fold_space(text(name)), node, node, header_end(node, field(node, g_.body)));
  out_.open(make_scope(ScopeKind::namespace_, add(std::move(symbol)), node, depth));
}

// Where a closing brace is missing, the parser takes the next method for a local variable and an ERROR with its parameters.
void Visitor::define_loose_method(TSNode error) {
  if (ts_node_is_null(loose_name_) || ts_node_named_child_count(error) == 0) return;
  const TSNode parameters = ts_node_named_child(error, 0);
  if (kind_of(parameters) != Kind::formal_parameters) return;
  if (trim(source_.parsed(ts_node_end_byte(loose_name_), ts_node_start_byte(parameters))).empty()) {
    add(make_documented(SymbolKind::method, text(loose_name_), loose_declaration_, error, ts_node_end_byte(parameters)));
  }
  loose_name_ = TSNode{};
}

// A block or class body without a name: its local names and its methods stay apart, below what encloses it.
void Visitor::open_block(TSNode node, ScopeKind kind, std::size_t depth) {
  Scope scope = make_scope(kind, out_.scope().symbol, node, depth);
  scope.is_measured = false;
  scope.is_private = true;
  out_.open(std::move(scope));
}

void Visitor::open_catch(TSNode node) {
  std::string caught = "everything";
  for_each_named_child(node, [&](TSNode child) {
    if (kind_of(child) != Kind::catch_parameter) return;
    for_each_named_child(child, [&](TSNode type) {
      if (kind_of(type) == Kind::catch_type) caught = fold_space(text(type));
    });
  });
  const bool throwable = lists_type(caught, "Throwable");
  const bool catches_all = throwable || lists_type(caught, "Exception");
  const TSNode body = field(node, g_.body);
  // A comment in it says why it is empty.
  if (!ts_node_is_null(body) && ts_node_named_child_count(body) == 0) report_empty_handler(caught, node);
  open_handler(node, catches_all, throwable ? Severity::warning : Severity::info,
               throwable ? "catch of Throwable catches everything, the machine's own errors too"
                         : "exception handler catches every exception");
}

}  // namespace ca::analysis::java

namespace ca::analysis {

const FrontEnd& java_front_end() {
  static const TreeFrontEnd<java::Visitor> the_front_end;
  return the_front_end;
}

}  // namespace ca::analysis
