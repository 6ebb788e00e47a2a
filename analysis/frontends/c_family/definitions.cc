// What C and C++ sources define and declare.
#include <algorithm>
#include <optional>
#include <utility>

#include "analysis/frontends/c_family/visitor.h"
#include "analysis/text.h"

namespace ca::analysis::c_family {
namespace {

constexpr std::size_t max_signature = 1000;

std::string last_component(const std::string& scope) {
  std::size_t at = scope.rfind("::");
  return at == std::string::npos ? scope : scope.substr(at + 2);
}

bool has_word(std::string_view text, std::string_view word) {
  auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    bool starts = at == 0 || !letter(text[at - 1]);
    if (starts && (at + word.size() == text.size() || !letter(text[at + word.size()]))) return true;
  }
  return false;
}

}  // namespace

// The template around a definition belongs to it.
TSNode Visitor::whole_definition(TSNode node, const Ancestors& ancestors) const {
  for (std::size_t level = ancestors.size(); level > 0 && ancestors[level - 1].kind == Kind::template_declaration; --level) {
    node = ancestors[level - 1].node;
  }
  return node;
}

// Where the body of a function, with a constructor's initializers before it, or of a type begins; its end where it has none.
std::uint32_t Visitor::body_start(TSNode node) const {
  if (body_of_ == node.id) return body_start_;  // once for all declarators
  std::uint32_t start = ts_node_end_byte(node);
  for_each_named_child(node, [&](TSNode child) {
    Kind kind = kind_of(child);
    bool body = kind == Kind::compound_statement || kind == Kind::field_initializer_list || kind == Kind::try_statement ||
                kind == Kind::field_declaration_list || kind == Kind::enumerator_list;
    if (body) start = std::min(start, ts_node_start_byte(child));
  });
  body_of_ = node.id;
  body_start_ = start;
  return start;
}

std::uint32_t Visitor::count_parameters(TSNode parameters) const {
  if (ts_node_is_null(parameters)) return 0;
  std::uint32_t count = 0;
  for_each_named_child(parameters, [&](TSNode child) {
    bool only_void = parsed(child) == "void";
    if (kind_of(child) != Kind::variadic_parameter && !only_void) ++count;
  });
  return count;
}

Symbol Visitor::start_symbol(SymbolKind kind, const Declared& declared, TSNode whole, std::uint32_t header_end) {
  Symbol symbol{};
  symbol.kind = kind;
  symbol.name = declared.name;
  symbol.range = range_of(whole);
  const std::uint32_t start = with_macros(ts_node_start_byte(whole));
  symbol.range.start_column -= ts_node_start_byte(whole) - start;
  // The parser's copy decides what is part of the header, the original how it is written.
  std::string header = fold_code(source_.text(start, std::min(header_end, start + 4000)), CommentStyle::slashes);
  while (header.ends_with(";") || header.ends_with(" ") || header.ends_with("{")) header.pop_back();
  symbol.signature = header.size() > max_signature ? to_valid_utf8(std::string_view(header).substr(0, max_signature)) : header;
  symbol.docstring = doc_above_macros(start, symbol.range.start_line);
  return symbol;
}

// Adds it to the scope around it; "A::f" belongs to the type A where this file has it.
std::int32_t Visitor::add(Symbol symbol, const std::string& scope) {
  std::int32_t index;
  if (scope.empty()) {
    index = out_.add_symbol(std::move(symbol), "::");
  } else {
    std::string holder = scope.starts_with("::") ? scope.substr(2) : out_.qualify(scope, "::");
    symbol.qualified_name = holder + "::" + symbol.name;
    auto type = types_.find(holder);
    index = out_.add_symbol_below(type != types_.end() ? type->second : out_.scope().symbol, std::move(symbol));
  }
  check_doc(index);
  return index;
}

// A friend is declared in a class but belongs to the namespace around it.
std::string Visitor::friend_name(const std::string& name) const {
  const std::ptrdiff_t holder = out_.scope().holder;
  if (holder < 0) return name;
  return out_.symbol(out_.scopes()[static_cast<std::size_t>(holder)].symbol).qualified_name + "::" + name;
}

void Visitor::declare_function(TSNode node, const Declared& declared, bool is_definition, const Ancestors& ancestors, Scope* body) {
  if (declared.name.empty()) return;
  const bool in_type = out_.scope().kind == ScopeKind::type;
  const bool is_friend = !ancestors.empty() && ancestors.back().kind == Kind::friend_declaration;
  std::string holder = declared.scope.empty() && in_type && out_.scope().symbol != no_parent ? out_.symbol(out_.scope().symbol).name
                                                                                             : last_component(declared.scope);
  const bool in_namespace = !declared.scope.empty() && namespaces_.count(out_.qualify(declared.scope, "::")) > 0;
  const bool is_member = (in_type && !is_friend) || (!declared.scope.empty() && !in_namespace && !declared.is_macro);
  SymbolKind kind = is_member ? SymbolKind::method : SymbolKind::function;
  if (declared.is_destructor) kind = SymbolKind::destructor;
  if (!declared.is_destructor && !holder.empty() && declared.name == holder && kind == SymbolKind::method) kind = SymbolKind::constructor;
  TSNode whole = is_friend ? ancestors.back().node : whole_definition(node, ancestors);
  Symbol symbol = start_symbol(kind, declared, whole, body_start(node));
  symbol.is_definition = is_definition;
  if (symbol.docstring.empty() && !is_definition) symbol.docstring = doc_behind(ts_node_end_byte(node));
  if (is_friend && declared.scope.empty()) symbol.qualified_name = friend_name(symbol.name);
  std::int32_t index = add(std::move(symbol), declared.scope);
  if (!body) return;
  body->symbol = index;
  body->parameters = count_parameters(declared.parameters);
}

void Visitor::define_function(TSNode node, const Ancestors& ancestors) {
  if (in_function()) return;  // a macro with a block behind it looks like that
  TSNode declarator = ts_node_child_by_field_id(node, g_.declarator);
  if (ts_node_is_null(declarator)) return;
  Declared declared = read_declarator(g_, source_, declarator);
  const bool typed = !ts_node_is_null(ts_node_child_by_field_id(node, g_.type));
  if (!typed && out_.scope().kind != ScopeKind::type) read_macro_function(parsed(declarator), declared);
  bool is_definition = true;
  TSNode body{};
  for_each_named_child(node, [&](TSNode child) {
    Kind kind = kind_of(child);
    const bool is_deleted = kind == Kind::default_method_clause && text(child).find("delete") != std::string::npos;
    if (is_deleted || kind == Kind::pure_virtual_clause || kind == Kind::delete_method_clause) is_definition = false;
    if (kind == Kind::compound_statement) body = child;
  });
  Scope scope;
  scope.kind = ScopeKind::function;
  scope.depth = ancestors.size();
  scope.end_byte = ts_node_end_byte(node);
  scope.is_private = true;
  declare_function(node, declared, is_definition, ancestors, &scope);
  if (scope.symbol != no_parent) check_body(body, scope.symbol);
  out_.open(std::move(scope));
}

void Visitor::declare(TSNode node, Kind, const Ancestors& ancestors) {
  if (in_function()) return;
  struct Cursor {
    TSTreeCursor value;
    ~Cursor() { ts_tree_cursor_delete(&value); }
  } cursor{ts_tree_cursor_new(node)};
  if (!ts_tree_cursor_goto_first_child(&cursor.value)) return;
  std::optional<Specifiers> specifiers;
  do {
    if (ts_tree_cursor_current_field_id(&cursor.value) != g_.declarator) continue;
    const TSNode declarator = ts_tree_cursor_current_node(&cursor.value);
    if (!specifiers) {
      // The words before the body of a type: what is in the body says nothing of the declarators.
      std::string_view words = parsed(node).substr(0, ts_node_start_byte(declarator) - ts_node_start_byte(node));
      words = words.substr(0, words.find('{'));
      specifiers = {has_word(words, "constexpr") || has_word(words, "constinit"), has_word(words, "const"), has_word(words, "static"),
                    has_word(words, "extern")};
    }
    declare_one(node, declarator, *specifiers, ancestors);
  } while (ts_tree_cursor_goto_next_sibling(&cursor.value));
}

void Visitor::declare_one(TSNode node, TSNode declarator, const Specifiers& specifiers, const Ancestors& ancestors) {
  Declared declared = read_declarator(g_, source_, declarator);
  if (declared.name.empty()) return;
  if (declared.is_function) {
    declare_function(node, declared, false, ancestors, nullptr);
    return;
  }
  TSNode value = ts_node_child_by_field_id(declarator, g_.value);
  if (!ts_node_is_null(value) && kind_of(value) == Kind::lambda_expression) return;  // define_lambda's
  const std::string_view declarator_text = parsed(declarator);
  const bool is_constant = specifiers.is_constexpr || (declared.is_pointer ? declarator_text.find("const") < declarator_text.find(declared.name)
                                                                           : specifiers.is_const);
  const bool in_type = out_.scope().kind == ScopeKind::type && declared.scope.empty();
  SymbolKind kind = is_constant && (!in_type || specifiers.is_static) ? SymbolKind::constant
                    : in_type                                                   ? SymbolKind::field
                                                                                : SymbolKind::variable;
  std::uint32_t header_end = ts_node_is_null(value) ? ts_node_end_byte(node) : ts_node_end_byte(value);
  TSNode whole = whole_definition(node, ancestors);
  // A variable of an unnamed type: its header is no place for the type's body.
  constexpr std::uint32_t longest_header = 400;
  std::uint32_t brace = static_cast<std::uint32_t>(std::min(parsed(whole).substr(0, longest_header).find('{'), std::size_t{UINT32_MAX}));
  if (brace != UINT32_MAX) header_end = std::min(header_end, ts_node_start_byte(whole) + brace);
  Symbol symbol = start_symbol(kind, declared, whole, std::min(header_end, ts_node_start_byte(whole) + longest_header));
  while (symbol.signature.ends_with("=") || symbol.signature.ends_with(" ")) symbol.signature.pop_back();
  symbol.is_definition = !specifiers.is_extern || !ts_node_is_null(value);
  if (symbol.docstring.empty()) symbol.docstring = doc_behind(ts_node_end_byte(node));
  add(std::move(symbol), declared.scope);
}

void Visitor::define_lambda(TSNode node, const Ancestors& ancestors) {
  TSNode value = ts_node_child_by_field_id(node, g_.value);
  if (ts_node_is_null(value) || kind_of(value) != Kind::lambda_expression || ancestors.empty()) return;
  Declared declared = read_declarator(g_, source_, node);
  if (declared.name.empty()) return;
  TSNode body = ts_node_child_by_field_id(value, g_.body);
  std::uint32_t header_end = ts_node_is_null(body) ? ts_node_end_byte(node) : ts_node_start_byte(body);
  Symbol symbol = start_symbol(SymbolKind::function, declared, ancestors.back().node, header_end);
  TSNode signature = ts_node_child_by_field_id(value, g_.declarator);
  Scope scope;
  scope.kind = ScopeKind::function;
  scope.depth = ancestors.size();
  scope.end_byte = ts_node_end_byte(node);
  scope.is_private = true;
  if (!ts_node_is_null(signature)) scope.parameters = count_parameters(ts_node_child_by_field_id(signature, g_.parameters));
  scope.symbol = add(std::move(symbol), {});
  out_.open(std::move(scope));
}

void Visitor::define_type(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors) {
  const TSNode name = ts_node_child_by_field_id(node, g_.name), body = ts_node_child_by_field_id(node, g_.body);
  const Kind above = ancestors.empty() ? Kind::other : ancestors.back().kind;
  Declared declared;
  if (!ts_node_is_null(name)) {
    read_name(g_, source_, name, declared);
  } else if (above == Kind::type_definition && field == g_.type) {
    // typedef struct {...} Point: the type has no other name.
    TSNode alias = ts_node_child_by_field_id(ancestors.back().node, g_.declarator);
    if (!ts_node_is_null(alias) && kind_of(alias) == Kind::type_identifier) read_name(g_, source_, alias, declared);
  }
  const bool has_body = !ts_node_is_null(body);
  if (!has_body) {
    bool alone = above == Kind::translation_unit || above == Kind::declaration_list || above == Kind::template_declaration ||
                 (above == Kind::field_declaration && ts_node_is_null(ts_node_child_by_field_id(ancestors.back().node, g_.declarator)));
    if (!alone || declared.name.empty() || in_function()) return;
    declared_name_ = ts_node_start_byte(declared.name_node);
  }
  SymbolKind symbol_kind = kind == Kind::class_specifier    ? SymbolKind::class_
                           : kind == Kind::struct_specifier ? SymbolKind::struct_
                           : kind == Kind::union_specifier  ? SymbolKind::union_
                                                            : SymbolKind::enum_;
  Scope scope;
  scope.kind = kind == Kind::enum_specifier ? ScopeKind::enumeration : ScopeKind::type;
  scope.depth = ancestors.size();
  scope.end_byte = ts_node_end_byte(node);
  scope.is_private = out_.scope().is_private || kind == Kind::class_specifier;
  if (declared.name.empty()) {
    scope.symbol = out_.scope().symbol;  // unnamed: its members are those of what is around it
  } else {
    TSNode whole = whole_definition(node, ancestors);
    Symbol symbol = start_symbol(symbol_kind, declared, whole, body_start(node));
    symbol.is_definition = has_body;
    if (symbol.docstring.empty() && !ancestors.empty()) {
      TSNode outer = ancestors.back().node;  // a typedef's comment stands above the typedef
      if (above == Kind::type_definition || above == Kind::declaration) symbol.docstring = doc_above(ts_node_start_byte(outer), line(outer));
    }
    scope.symbol = add(std::move(symbol), declared.scope);
    types_[out_.symbol(scope.symbol).qualified_name] = scope.symbol;
  }
  if (has_body) out_.open(std::move(scope));
}

void Visitor::define_enumerator(TSNode node) {
  TSNode name = ts_node_child_by_field_id(node, g_.name);
  if (ts_node_is_null(name)) return;
  Declared declared;
  read_name(g_, source_, name, declared);
  Symbol symbol = start_symbol(SymbolKind::enumerator, declared, node, ts_node_end_byte(node));
  if (symbol.docstring.empty()) symbol.docstring = doc_behind(ts_node_end_byte(node));
  add(std::move(symbol), {});
}

void Visitor::define_typedef(TSNode node) {
  if (ts_node_has_error(node) && ts_node_is_null(ts_node_child_by_field_id(node, g_.declarator))) return;
  struct Cursor {
    TSTreeCursor value;
    ~Cursor() { ts_tree_cursor_delete(&value); }
  } cursor{ts_tree_cursor_new(node)};
  if (!ts_tree_cursor_goto_first_child(&cursor.value)) return;
  const std::uint32_t start = ts_node_start_byte(node), end = ts_node_end_byte(node);
  const std::size_t brace = parsed(node).find('{');
  const bool has_body = brace != std::string_view::npos;
  std::string head;
  if (has_body) {
    head = fold_code(source_.text(start, start + static_cast<std::uint32_t>(std::min<std::size_t>(brace, 4 * max_signature))), CommentStyle::slashes);
    cut_to(head, max_signature);
  }
  do {
    if (ts_tree_cursor_current_field_id(&cursor.value) != g_.declarator) continue;
    Declared declared = read_declarator(g_, source_, ts_tree_cursor_current_node(&cursor.value));
    if (declared.name.empty()) continue;
    Symbol symbol = start_symbol(SymbolKind::type_alias, declared, node, has_body ? start : end);
    if (has_body) symbol.signature = head + " {...} " + declared.name;
    add(std::move(symbol), {});
  } while (ts_tree_cursor_goto_next_sibling(&cursor.value));
}

void Visitor::define_alias(TSNode node, SymbolKind kind, const Ancestors& ancestors) {
  TSNode name = ts_node_child_by_field_id(node, g_.name);
  if (ts_node_is_null(name)) return;
  Declared declared;
  read_name(g_, source_, name, declared);
  if (declared.name.empty()) return;
  TSNode whole = whole_definition(node, ancestors);
  add(start_symbol(kind, declared, whole, ts_node_end_byte(node)), {});
}

// namespace a::b { } opens a and, in it, b. One without a name opens nothing that could be named.
void Visitor::define_namespace(TSNode node, const Ancestors& ancestors) {
  TSNode name = ts_node_child_by_field_id(node, g_.name), body = ts_node_child_by_field_id(node, g_.body);
  Scope scope;
  scope.kind = ScopeKind::namespace_;
  scope.depth = ancestors.size();
  scope.end_byte = ts_node_end_byte(node);
  if (ts_node_is_null(name)) {
    scope.symbol = out_.scope().symbol;
    scope.is_private = true;
    out_.open(std::move(scope));
    return;
  }
  const std::string path = fold_space(text(name));
  std::uint32_t header_end = ts_node_is_null(body) ? ts_node_end_byte(node) : ts_node_start_byte(body);
  header_end = std::min(header_end, ts_node_start_byte(node) + 400);  // each part of a path has it
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find("::", at), path.size());
    std::string_view part = trim(std::string_view(path).substr(at, end - at));
    if (part.starts_with("inline ")) part.remove_prefix(7);
    Declared declared;
    declared.name = trim(part);
    Scope open = scope;
    open.symbol = out_.add_symbol(start_symbol(SymbolKind::namespace_, declared, node, header_end), "::");
    namespaces_.insert(out_.symbol(open.symbol).qualified_name);
    out_.open(std::move(open));
    at = end + 2;
  }
}

void Visitor::directives_before(std::uint32_t byte) {
  const std::vector<Directive>& all = prepared_.directives;
  for (; next_directive_ < all.size() && all[next_directive_].span.start < byte; ++next_directive_) {
    const Directive& directive = all[next_directive_];
    if (directive.kind == Directive::Kind::define) {
      define_macro(directive);
      continue;
    }
    Import import;
    import.target = source_.text(directive.name.start, directive.name.end);
    import.line = directive.line;
    import.is_system = directive.is_system;
    import.at_top_level = out_.scope().kind == ScopeKind::file || out_.scope().kind == ScopeKind::namespace_;
    out_.add_import(std::move(import));
  }
}

void Visitor::define_macro(const Directive& directive) {
  Symbol symbol{};
  symbol.kind = SymbolKind::macro;
  symbol.name = symbol.qualified_name = source_.text(directive.name.start, directive.name.end);
  const bool one_line = directive.line == directive.end_line;
  symbol.range = {directive.line, directive.end_line, directive.column,
                  one_line ? directive.column + directive.span.end - directive.span.start : end_of_line};
  std::uint32_t header_end = directive.span.end;
  const std::string_view body = directive.body.in(source_.parse_bytes());
  if (directive.function_like) header_end = directive.body.start + static_cast<std::uint32_t>(std::min(body.find(')') + 1, body.size()));
  symbol.signature = fold_code(source_.text(directive.span.start, std::min(header_end, directive.span.start + 400)), CommentStyle::slashes);
  symbol.docstring = doc_above(directive.span.start, directive.line);
  if (symbol.docstring.empty()) symbol.docstring = doc_behind(directive.span.end);
  Scope scope;
  scope.kind = ScopeKind::namespace_;
  scope.symbol = out_.add_symbol_below(no_parent, std::move(symbol));
  scope.end_byte = UINT32_MAX;
  out_.open(std::move(scope));
  // The replacement is no code yet: what looks like a call in it is taken for one.
  std::size_t at = directive.function_like ? std::min(body.find(')') + 1, body.size()) : 0;
  auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  std::uint32_t line = directive.line;
  std::size_t line_at = 0;
  while (at < body.size()) {
    std::size_t start = at;
    while (at < body.size() && letter(body[at])) ++at;
    if (at > start && at < body.size() && body[at] == '(' && !std::isdigit(static_cast<unsigned char>(body[start]))) {
      std::string_view word = body.substr(start, at - start);
      static constexpr std::string_view keywords[] = {"if", "while", "for", "switch", "return", "sizeof", "defined", "__attribute__"};
      bool keyword = std::find(std::begin(keywords), std::end(keywords), word) != std::end(keywords);
      line += static_cast<std::uint32_t>(std::count(body.begin() + static_cast<std::ptrdiff_t>(std::exchange(line_at, start)),
                                                    body.begin() + static_cast<std::ptrdiff_t>(start), '\n'));
      if (!keyword) out_.add_reference(std::string(word), ReferenceKind::call, line);
    }
    if (at == start) ++at;
  }
  out_.close_innermost();
}

void Visitor::recover(TSNode, Kind, const Ancestors&) {}

}  // namespace ca::analysis::c_family
