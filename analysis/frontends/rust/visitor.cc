#include "analysis/frontends/rust/visitor.h"

#include <algorithm>

#include "analysis/frontends/common/tree_front_end.h"

namespace ca::analysis::rust {
namespace {

SymbolKind type_kind(Kind kind) {
  switch (kind) {
    case Kind::struct_item: return SymbolKind::struct_;
    case Kind::union_item: return SymbolKind::union_;
    case Kind::enum_item: return SymbolKind::enum_;
    case Kind::trait_item: return SymbolKind::trait;
    default: return SymbolKind::type_alias;
  }
}

bool is_outer_doc(std::string_view comment) {
  return (comment.starts_with("///") && !comment.starts_with("////")) ||
         (comment.starts_with("/**") && !comment.starts_with("/***") && !comment.starts_with("/**/"));
}

bool is_inner_doc(std::string_view comment) { return comment.starts_with("//!") || comment.starts_with("/*!"); }

}  // namespace

std::string module_name(std::string_view path) {
  if (path.ends_with(".rs")) path.remove_suffix(3);
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0 && path.substr(0, end) != ".") parts.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  std::string crate;
  for (std::size_t i = parts.size(); i-- > 0;) {
    if (parts[i] == "src") {
      crate = i > 0 ? parts[i - 1] : "crate";
      parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      if (parts.size() > 1 && parts[0] == "bin") {  // a program of its own
        parts.erase(parts.begin());
        crate.clear();
      }
      break;
    }
    if (i + 1 < parts.size() && (parts[i] == "tests" || parts[i] == "examples" || parts[i] == "benches")) {
      parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      break;
    }
  }
  if (!parts.empty() && (parts.back() == "mod" || parts.back() == "lib" || parts.back() == "main")) parts.pop_back();
  if (!crate.empty()) parts.insert(parts.begin(), std::move(crate));
  if (parts.empty()) return "crate";
  std::string name;
  for (std::string& part : parts) {
    for (char& c : part) c = c == '-' ? '_' : c;
    if (!name.empty()) name += "::";
    name += part;
  }
  return name;
}

Visitor::Visitor(std::string_view path, const Source& source, Collector& out)
    : TreeReader(source, out, {.separator = "::", .comments = CommentStyle::slashes, .docs_touch = false}),
      g_(rust::grammar()),
      path_(path) {
  out_.set_prefix(to_valid_utf8(module_name(path)));
}

void Visitor::begin(TSNode root) {
  if (!path_.ends_with("lib.rs") || ts_node_named_child_count(root) == 0) return;
  bool found = false;
  for (std::uint32_t i = 0; i < 20 && i < ts_node_named_child_count(root) && !found; ++i) found = is_inner_doc(parsed(ts_node_named_child(root, i)));
  if (!found) out_.add_issue("missing-doc-comment", Severity::info, "crate has no doc comment", {1, 1, 0, 0});
}

bool Visitor::enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors) {
  const bool is_else_if = kind == Kind::if_ && !ancestors.empty() && ancestors.back().kind == Kind::else_clause;
  enter_node(node, g_.kinds.roles(kind), is_else_if);
  if (g_.kinds.roles(kind) & role::comment) {
    note(node);
    return false;
  }
  if (inner_doc_end_ > 0 && ts_node_is_named(node)) end_inner_doc();
  if (in_error() && !ancestors.empty() && ts_node_is_error(ancestors.back().node) &&
      recover(node, {{"fn", SymbolKind::function}, {"struct", SymbolKind::struct_}, {"enum", SymbolKind::enum_},
                     {"trait", SymbolKind::trait}, {"mod", SymbolKind::module_}})) {
    return false;
  }
  switch (kind) {
    case Kind::attribute: note_comment(node, false); return false;
    case Kind::inner_attribute: case Kind::visibility: case Kind::lifetime: case Kind::token_tree_pattern: return false;
    case Kind::use_declaration: add_use(node); return false;
    case Kind::extern_crate: {
      const TSNode name = TreeReader::field(node, g_.name), alias = TreeReader::field(node, g_.alias);
      if (!ts_node_is_null(name)) add_import(text(name), "", ts_node_is_null(alias) ? "" : text(alias), node);
      return false;
    }
    case Kind::closure: open_closure(node, ancestors.size()); return true;
    case Kind::if_: check_if_let(node); return true;
    case Kind::match_arm: check_arm(node); return true;
    case Kind::identifier: use_identifier(node, field, ancestors); return true;
    case Kind::shorthand_field: bind(node); return true;
    case Kind::field_identifier: use_field(node, field, ancestors); return true;
    case Kind::type_identifier: use_type(node, field, ancestors); return true;
    default: return define(node, kind, ancestors);
  }
}

void Visitor::leave(TSNode node, Kind kind, std::size_t depth) {
  if (inner_doc_end_ > 0 && !(g_.kinds.roles(kind) & role::comment) && ts_node_is_named(node)) end_inner_doc();
  leave_node(node, g_.kinds.roles(kind), depth);
}

bool Visitor::define(TSNode node, Kind kind, const Ancestors& ancestors) {
  const std::size_t depth = ancestors.size();
  switch (kind) {
    case Kind::struct_item: case Kind::union_item: case Kind::enum_item: case Kind::trait_item: case Kind::type_item:
    case Kind::associated_type:
      define_type(node, kind, depth);
      break;
    case Kind::function: case Kind::function_signature: define_function(node, kind, depth); break;
    case Kind::mod_item: define_module(node, depth); break;
    case Kind::const_item: case Kind::static_item: define_value(node, kind, depth); break;
    case Kind::enum_variant: define_member(node, SymbolKind::enumerator, depth); break;
    case Kind::field_declaration: define_member(node, SymbolKind::field, depth); break;
    case Kind::macro_definition: define_macro(node, depth); break;
    case Kind::let_: define_let(node); break;
    case Kind::impl_item: open_impl(node, depth); break;
    default: break;
  }
  return true;
}

void Visitor::note(TSNode node) {
  const std::string_view comment = parsed(node);
  if (is_inner_doc(comment)) {
    if (inner_doc_end_ == 0) inner_doc_start_ = ts_node_start_byte(node);
    inner_doc_end_ = ts_node_end_byte(node);
  } else {
    note_comment(node, is_outer_doc(comment));
  }
}

// What follows the last of the inner doc comments begins: they belong to what is open.
void Visitor::end_inner_doc() {
  std::string doc = clean_comment(source_.text(inner_doc_start_, inner_doc_end_));
  const std::int32_t around = out_.scope().symbol;
  inner_doc_end_ = 0;
  if (out_.scope().kind == ScopeKind::file) {
    out_.set_docstring(std::move(doc));
  } else if (around != no_parent && out_.symbol(around).docstring.empty()) {
    out_.symbol(around).docstring = std::move(doc);
  }
}

bool Visitor::is_public(TSNode node) const {
  bool found = false;
  for_each_named_child(node, [&](TSNode child) { found = found || (kind_of(child) == Kind::visibility && parsed(child) == "pub"); });
  return found;
}

void Visitor::define_type(TSNode node, Kind kind, std::size_t depth) {
  const TSNode name = field(node, g_.name);
  if (ts_node_is_null(name)) return;
  Symbol symbol = make_documented(type_kind(kind), text(name), node, node, header_end(node, field(node, g_.body)));
  symbol.is_definition = kind != Kind::associated_type;
  const bool wants_doc = is_public(node) && !out_.scope().is_private;
  const std::int32_t index = add(std::move(symbol));
  check_doc(index, wants_doc && kind != Kind::type_item);
  Scope scope = make_scope(ScopeKind::type, index, node, depth);
  scope.is_private = !wants_doc;
  out_.open(std::move(scope));
}

std::uint32_t Visitor::count_parameters(TSNode parameters) const {
  std::uint32_t count = 0;
  if (ts_node_is_null(parameters)) return 0;
  for_each_named_child(parameters, [&](TSNode child) {
    const bool is_self = kind_of(child) == Kind::self_parameter || parsed(child).starts_with("self:");
    if (!is_self && kind_of(child) != Kind::attribute) ++count;
  });
  return count;
}

void Visitor::define_function(TSNode node, Kind kind, std::size_t depth) {
  const TSNode name = field(node, g_.name), body = field(node, g_.body);
  if (ts_node_is_null(name)) return;
  const Scope& around = out_.scope();
  const bool in_type = around.kind == ScopeKind::type;
  const bool in_trait = in_type && around.symbol != no_parent && out_.symbol(around.symbol).kind == SymbolKind::trait;
  Symbol symbol = make_documented(in_type ? SymbolKind::method : SymbolKind::function, text(name), node, node, header_end(node, body));
  symbol.is_definition = kind == Kind::function;
  const bool wants_doc = (is_public(node) || in_trait) && !around.is_private;
  const std::int32_t index = add(std::move(symbol));
  check_doc(index, wants_doc);
  check_body(index, body);
  Scope scope = make_scope(ScopeKind::function, index, node, depth);
  scope.is_private = true;
  scope.parameters = count_parameters(field(node, g_.parameters));
  out_.open(std::move(scope));
}

// `mod x;` takes the module from a file of its own: an import.
void Visitor::define_module(TSNode node, std::size_t depth) {
  const TSNode name = field(node, g_.name), body = field(node, g_.body);
  if (ts_node_is_null(name)) return;
  if (ts_node_is_null(body)) return add_import("self::" + text(name), "", "", node);
  const bool is_private = !is_public(node) || out_.scope().is_private;
  Scope scope = make_scope(ScopeKind::namespace_, add(make_documented(SymbolKind::module_, text(name), node, node, header_end(node, body))),
                           node, depth);
  scope.is_private = is_private;
  out_.open(std::move(scope));
}

void Visitor::define_value(TSNode node, Kind kind, std::size_t depth) {
  const TSNode name = field(node, g_.name), value = field(node, g_.value);
  if (ts_node_is_null(name)) return;
  if (in_function()) return bind(name);
  const bool is_closure = !ts_node_is_null(value) && kind_of(value) == Kind::closure;
  SymbolKind symbol_kind = is_closure ? SymbolKind::function : SymbolKind::constant;
  const std::string header = fold_space(source_.text(ts_node_start_byte(node), ts_node_start_byte(name)));
  if (kind == Kind::static_item && header.find("static mut") != std::string::npos) symbol_kind = SymbolKind::variable;
  const std::uint32_t end = is_closure ? header_end(value, field(value, g_.body)) : ts_node_end_byte(node);
  Symbol symbol = make_documented(symbol_kind, text(name), node, node, end);
  symbol.is_definition = !ts_node_is_null(value);
  const std::int32_t index = add(std::move(symbol));
  if (is_closure) name_closure(value, index, name);
  Scope scope = make_scope(ScopeKind::function, index, node, depth);
  scope.is_measured = false;
  scope.is_private = true;
  out_.open(std::move(scope));
}

// A variant of an enum or a field.
void Visitor::define_member(TSNode node, SymbolKind kind, std::size_t depth) {
  const TSNode name = field(node, g_.name);
  if (ts_node_is_null(name) || out_.scope().kind != ScopeKind::type) return;
  const std::int32_t index = add(make_documented(kind, text(name), node, node, ts_node_end_byte(node)));
  if (kind == SymbolKind::enumerator) out_.open(make_scope(ScopeKind::type, index, node, depth));
}

void Visitor::define_macro(TSNode node, std::size_t depth) {
  const TSNode name = field(node, g_.name);
  if (ts_node_is_null(name)) return;
  Scope scope = make_scope(ScopeKind::function, add(make_documented(SymbolKind::macro, text(name), node, node, ts_node_end_byte(name))), node,
                           depth);
  scope.is_measured = false;
  scope.is_private = true;
  out_.open(std::move(scope));
}

// `let f = |x| ...` makes a function.
void Visitor::define_let(TSNode node) {
  const TSNode name = field(node, g_.pattern), value = field(node, g_.value);
  if (ts_node_is_null(name) || ts_node_is_null(value) || kind_of(name) != Kind::identifier || kind_of(value) != Kind::closure) return;
  const TSNode parameters = field(value, g_.parameters);
  const std::uint32_t end = ts_node_is_null(parameters) ? ts_node_end_byte(name) : ts_node_end_byte(parameters);
  name_closure(value, add(make_documented(SymbolKind::function, text(name), node, node, end)), name);
}

void Visitor::open_closure(TSNode closure, std::size_t depth) {
  const std::int32_t index = named_closure(closure);
  if (index == no_parent) return;
  Scope scope = make_scope(ScopeKind::function, index, closure, depth);
  scope.is_private = true;
  scope.parameters = count_parameters(field(closure, g_.parameters));
  out_.open(std::move(scope));
}

// The qualified name of the type that an impl block is about.
std::string Visitor::implemented_type(TSNode impl) const {
  TSNode type = field(impl, g_.type);
  while (!ts_node_is_null(type) && (kind_of(type) == Kind::reference_type || kind_of(type) == Kind::generic_type)) type = field(type, g_.type);
  if (ts_node_is_null(type) || ts_node_end_byte(type) - ts_node_start_byte(type) > 200) return {};
  std::string name = path_text(type);
  bool is_parameter = false;  // impl<T> Trait for T
  for_each_named_child(impl, [&](TSNode child) {
    if (kind_of(child) != Kind::type_parameters) return;
    for_each_named_child(child, [&](TSNode one) {
      const TSNode parameter = field(one, g_.name);
      is_parameter = is_parameter || (!ts_node_is_null(parameter) && parsed(parameter) == name);
    });
  });
  if (is_parameter) return {};
  // The module around this place: a path's first words lead away from it.
  std::string module = out_.qualify("", "");
  auto take = [&](std::string_view word) {
    if (!name.starts_with(word)) return false;
    name.erase(0, word.size());
    return true;
  };
  if (take("crate::")) return module.substr(0, module.find("::")) + "::" + name;
  take("self::");
  while (take("super::")) module.resize(std::min(module.size(), module.rfind("::")));
  return module + "::" + name;
}

void Visitor::open_impl(TSNode node, std::size_t depth) {
  const std::string name = implemented_type(node);
  const bool is_private = out_.scope().is_private;
  Scope scope = make_scope(ScopeKind::type, name.empty() ? out_.scope().symbol : out_.add_stand_in(name), node, depth);
  scope.is_private = is_private || !ts_node_is_null(field(node, g_.trait));  // what a trait asks for is told there
  out_.open(std::move(scope));
}

void Visitor::check_body(std::int32_t index, TSNode body) {
  if (ts_node_is_null(body)) return;
  TSNode only = only_child(body);
  if (ts_node_is_null(only)) {
    if (count_named(body) == 0 && mentions_unfinished(parsed(body))) report_unfinished(index, "a note that it is unfinished");
    return;
  }
  if (kind_of(only) == Kind::expression_statement) only = only_child(only);
  if (ts_node_is_null(only) || kind_of(only) != Kind::macro_invocation) return;
  const std::string_view code = parsed(only);
  if (code.starts_with("todo!")) report_unfinished(index, "todo!()");
  if (code.starts_with("unimplemented!")) report_unfinished(index, "unimplemented!()");
  if (code.starts_with("panic!") && mentions_unfinished(code)) report_unfinished(index, "a panic that says so");
}

// A branch of a match, unless it takes what is left; one that drops an error.
void Visitor::check_arm(TSNode node) {
  const TSNode pattern = field(node, g_.pattern), value = field(node, g_.value);
  if (ts_node_is_null(pattern) || ts_node_is_null(value)) return;
  const std::string_view code = parsed(pattern);
  if (code != "_") out_.add_branch();
  const bool does_nothing = kind_of(value) == Kind::unit || (kind_of(value) == Kind::block && ts_node_named_child_count(value) == 0);
  if (does_nothing && code.starts_with("Err(")) report_empty_handler(fold_space(text(pattern)), node);
}

void Visitor::check_if_let(TSNode node) {
  const TSNode condition = field(node, g_.condition), body = field(node, g_.consequence);
  if (ts_node_is_null(condition) || ts_node_is_null(body) || kind_of(condition) != Kind::let_condition) return;
  const TSNode pattern = field(condition, g_.pattern);
  if (ts_node_is_null(pattern) || ts_node_named_child_count(body) > 0 || !ts_node_is_null(field(node, g_.alternative))) return;
  if (parsed(pattern).starts_with("Err(")) report_empty_handler(fold_space(text(pattern)), node);
}

}  // namespace ca::analysis::rust

namespace ca::analysis {

const FrontEnd& rust_front_end() {
  static const TreeFrontEnd<rust::Visitor> the_front_end;
  return the_front_end;
}

}  // namespace ca::analysis
