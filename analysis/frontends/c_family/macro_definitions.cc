// Macros that the parser was not shown, and the functions that macros make.
#include <algorithm>
#include <cctype>
#include <utility>

#include "analysis/frontends/c_family/tokens.h"
#include "analysis/frontends/c_family/visitor.h"
#include "analysis/text.h"

namespace ca::analysis::c_family {
namespace {

// A word among a macro's arguments that can be the name of something.
bool is_use(std::string_view word) {
  if (std::isdigit(static_cast<unsigned char>(word[0]))) return false;
  for (std::string_view literal : {"true", "false", "nullptr", "this", "sizeof", "new"}) {
    if (word == literal) return false;
  }
  Tokens tokens(word, true);
  return tokens.next().word == Word::plain;
}

}  // namespace

// The start of the first of the macros before `start`, where at most `newlines` part each from what is behind it.
std::uint32_t Visitor::first_macro_before(std::uint32_t start, std::ptrdiff_t newlines) const {
  if (start == macros_of_ && newlines == macro_newlines_) return first_macro_;  // once for all declarators
  macros_of_ = start;
  macro_newlines_ = newlines;
  auto macro = std::lower_bound(prepared_.macros.begin(), prepared_.macros.end(), start,
                                [](const MacroUse& use, std::uint32_t at) { return use.span.start < at; });
  const std::string_view bytes(prepared_.bytes);
  while (macro != prepared_.macros.begin()) {
    --macro;
    const std::string_view between = bytes.substr(macro->span.start, start - macro->span.start);
    if (between.size() > 1000 || between.find_first_not_of(" \t\r\n") != std::string_view::npos) break;
    if (std::count(between.begin(), between.end(), '\n') > newlines) break;
    start = macro->span.start;
  }
  return first_macro_ = start;
}

// Where a definition begins of which the parser saw what is behind `start`: with the macros before it on the same line.
std::uint32_t Visitor::with_macros(std::uint32_t start) const { return first_macro_before(start, 0); }

// Macros on lines of their own may stand between a definition and its comment.
std::string Visitor::doc_above_macros(std::uint32_t start, std::uint32_t line) const {
  const std::uint32_t first = first_macro_before(start, 1);
  const std::string_view passed = std::string_view(prepared_.bytes).substr(first, start - first);
  return doc_above(first, line - static_cast<std::uint32_t>(std::count(passed.begin(), passed.end(), '\n')));
}

// `ACTION(name) {`, `TEST_CASE("name") {`, and with a scope `TEST(Suite, name) {`, `TEST_CASE_METHOD(Fixture, "name") {`.
bool Visitor::read_macro_function(std::string_view code, Declared& declared) const {
  Tokens tokens(code, false);
  const Token macro = tokens.next();
  if (macro.word != Word::plain || !macro.macro_like || tokens.next().kind != Token::Kind::group) return false;
  Tokens arguments(code, false, nullptr, static_cast<std::uint32_t>(code.find('(')) + 1);
  const Token first = arguments.next(), comma = arguments.next(), second = arguments.next(), end = arguments.next();
  const auto name_of = [&](const Token& token) {
    std::string_view text = token.span.in(code);
    if (token.kind == Token::Kind::text && text.size() > 2) return to_valid_utf8(fold_space(text.substr(1, text.size() - 2)));
    return token.word == Word::plain ? to_valid_utf8(text) : std::string();
  };
  const bool ends = comma.span.in(code) == ")" || comma.kind == Token::Kind::comma;
  if (!ends || name_of(first).empty()) return false;
  declared.is_macro = true;
  declared.scope.clear();
  declared.name = name_of(first);
  const bool two = comma.kind == Token::Kind::comma && (end.span.in(code) == ")" || second.kind == Token::Kind::text);
  if (!two || first.word != Word::plain || name_of(second).empty() || macro.span.in(code).find("TEST") == std::string_view::npos) return true;
  declared.scope = std::exchange(declared.name, name_of(second));
  return true;
}

// `main() {` without a type and `TEST_CASE("name") {` are a call and a block to the grammar.
bool Visitor::is_loose_head(TSNode statement) const {
  if (in_function() || out_.scope().kind == ScopeKind::type) return false;
  const std::uint32_t end = ts_node_end_byte(statement);
  const std::string_view bytes(prepared_.bytes);
  const std::size_t next = bytes.find_first_not_of(" \t\r\n", end);
  if (end == 0 || bytes[end - 1] != ')' || next == std::string_view::npos || bytes[next] != '{') return false;
  const TSNode call = ts_node_named_child(statement, 0);
  return !ts_node_is_null(call) && kind_of(call) == Kind::call_expression;
}

void Visitor::define_loose_function(TSNode body, const Ancestors& ancestors) {
  const TSNode head = std::exchange(loose_head_, TSNode{});
  if (ts_node_is_null(head) || !is_loose_head(head)) return;
  const std::uint32_t start = ts_node_start_byte(head), end = ts_node_end_byte(head);
  if (prepared_.bytes.find_first_not_of(" \t\r\n", end) != ts_node_start_byte(body)) return;
  Declared declared;
  if (!read_macro_function(parsed(head), declared)) {
    const TSNode called = ts_node_child_by_field_id(ts_node_named_child(head, 0), g_.function);
    if (ts_node_is_null(called) || kind_of(called) != Kind::identifier) return;
    declared.name = text(called);
  }
  Scope scope;
  if (declared.is_macro) {
    out_.add_reference(text(ts_node_child_by_field_id(ts_node_named_child(head, 0), g_.function)), ReferenceKind::call, line(head));
  } else {
    Tokens tokens(std::string_view(prepared_.bytes).substr(0, end - 1), false, nullptr, start + static_cast<std::uint32_t>(parsed(head).find('(')) + 1);
    for (Token token = tokens.next(); token.kind != Token::Kind::end; token = tokens.next()) {
      if (token.word == Word::plain) scope.locals.push_back(source_.text(token.span.start, token.span.end));
    }
    scope.parameters = static_cast<std::uint32_t>(scope.locals.size());
  }
  scope.kind = ScopeKind::function;
  scope.depth = ancestors.size();
  scope.end_byte = ts_node_end_byte(body);
  scope.is_private = true;
  Symbol symbol = start_symbol(SymbolKind::function, declared, head, end);
  symbol.range.end_line = range_of(body).end_line;
  symbol.range.end_column = range_of(body).end_column;
  symbol.signature = fold_code(source_.text(start, end), CommentStyle::slashes);
  scope.symbol = add(std::move(symbol), declared.scope);
  check_body(body, scope.symbol);
  out_.open(std::move(scope));
}

// A macro that the parser was not shown is used all the same, and so are the words in its arguments.
void Visitor::macros_before(std::uint32_t byte) {
  const std::vector<MacroUse>& all = prepared_.macros;
  for (; next_macro_ < all.size() && all[next_macro_].span.start < byte; ++next_macro_) {
    const auto [name, arguments] = all[next_macro_];
    const bool called = arguments.end > arguments.start;
    const std::string_view bytes = source_.parse_bytes();
    const auto line_at = [&](std::uint32_t start) {
      for (; macros_read_ < start; ++macros_read_) macro_line_ += bytes[macros_read_] == '\n' ? 1 : 0;
      return macro_line_;
    };
    if (!name.in(bytes).starts_with("__attribute")) {
      out_.add_reference(source_.text(name.start, name.end), called ? ReferenceKind::call : ReferenceKind::name, line_at(name.start));
    }
    const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || static_cast<unsigned char>(c) >= 0x80; };
    for (std::uint32_t at = arguments.start; at < arguments.end;) {
      if (bytes[at] == '"') {
        for (++at; at < arguments.end && bytes[at] != '"'; ++at) at += bytes[at] == '\\' ? 1 : 0;
        ++at;
        continue;
      }
      const std::uint32_t start = at;
      while (at < arguments.end && letter(bytes[at])) ++at;
      if (at == start) {
        ++at;
        continue;
      }
      if (!is_use(bytes.substr(start, at - start))) continue;
      out_.add_reference(source_.text(start, at), ReferenceKind::name, line_at(start));
    }
  }
}
}  // namespace ca::analysis::c_family
