#include "analysis/frontends/bash/visitor.h"

#include <algorithm>
#include <utility>

#include "analysis/front_end.h"
#include "analysis/frontends/bash/words.h"
#include "analysis/frontends/common/file_comment.h"

namespace ca::analysis::bash {
namespace {

constexpr std::size_t max_lost_function = 20000;  // bytes in which the end of a function is looked for

}  // namespace

bool Visitor::enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors) {
  enter_node(node, ts_node_is_named(node) ? g_.kinds.roles(kind) : Roles{});
  if (in_error()) {
    if (ts_node_is_error(node)) scanned_ = std::max(scanned_, ts_node_start_byte(node));
    define_lost_functions(ts_node_start_byte(node));
  }
  if (in_error() && !ancestors.empty() && ts_node_is_error(ancestors.back().node)) recover(node, kind, ancestors);
  if (!ts_node_is_named(node)) return true;
  if (ancestors.size() == 1) check_top_level(node, kind);
  switch (kind) {
    case Kind::comment: note_comment(node, !is_tool_directive(parsed(node))); return false;
    case Kind::function: define_function(node, ancestors); break;
    case Kind::command: use_command(node, ancestors); break;
    case Kind::variable_name: use_variable(node, field, ancestors); break;
    case Kind::case_item:
      if (!parsed(node).starts_with("*)")) out_.add_branch();  // not the default
      break;
    default: break;
  }
  return true;
}

void Visitor::leave(TSNode node, Kind kind, std::size_t depth) {
  if (ts_node_is_error(node)) define_lost_functions(ts_node_end_byte(node));
  leave_node(node, ts_node_is_named(node) ? g_.kinds.roles(kind) : Roles{}, depth);
}

// A function's name is the whole script's, wherever it is defined.
void Visitor::define_function(TSNode node, const Ancestors& ancestors) {
  const TSNode name = field(node, g_.name), body = field(node, g_.body);
  if (ts_node_is_null(name)) return;
  Symbol symbol = make_documented(SymbolKind::function, fold_space(text(name)), node, node, header_end(node, body));
  symbol.qualified_name = symbol.name;
  const std::int32_t index = out_.add_symbol_below(out_.scope().symbol, std::move(symbol));
  check_body(body, index);
  scanned_ = std::max(scanned_, ts_node_end_byte(name));
  out_.open(make_scope(ScopeKind::function, index, node, ancestors.size()));
}

// Inside an ERROR a function that is not closed stands as loose words: `NAME (`, `function NAME`.
void Visitor::recover(TSNode node, Kind kind, const Ancestors& ancestors) {
  const TSNode word = std::exchange(loose_word_, TSNode{}), keyword = std::exchange(loose_function_, TSNode{});
  if (ts_node_is_named(node) && kind != Kind::comment) close_loose(ts_node_is_null(keyword) ? node : keyword, ancestors.size());
  if (kind == Kind::function_token) {
    loose_function_ = node;
  } else if (kind == Kind::word && !ts_node_is_null(keyword)) {
    define_loose_function(node, keyword, ancestors);
  } else if (kind == Kind::word || kind == Kind::command_name) {
    loose_word_ = node;
  } else if (kind == Kind::paren_token && !ts_node_is_null(word) && ts_node_end_byte(word) == ts_node_start_byte(node)) {
    define_loose_function(word, word, ancestors);
  }
}

void Visitor::define_loose_function(TSNode name, TSNode first, const Ancestors& ancestors) {
  const TSNode error = ancestors.back().node;
  Symbol symbol = make_documented(SymbolKind::function, fold_space(text(name)), first, error, ts_node_end_byte(name));
  symbol.qualified_name = symbol.name;
  open_loose(ScopeKind::function, out_.add_symbol_below(out_.scope().symbol, std::move(symbol)), error, ancestors.size());
}

// Where the parser loses its way in quotes, whole functions stand in what it takes for a string: within an ERROR the text between
// two nodes is read for lines that begin `NAME()`, where no node defines that function. Such a function is taken to last to the next line that begins with a brace.
void Visitor::define_lost_functions(std::uint32_t up_to) {
  const std::string_view bytes = source_.parse_bytes();
  std::size_t at = std::exchange(scanned_, std::max(scanned_, up_to));
  if (at > 0) {  // a long line is looked through once
    if (!newline_ || *newline_ < at - 1) newline_ = bytes.find('\n', at - 1);
    at = *newline_;
  }
  for (at = at == std::string_view::npos ? up_to : at > 0 ? at + 1 : 0; at < up_to;) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    const std::string_view line = bytes.substr(at, end - at), name = function_name(line);
    const bool is_loose = !ts_node_is_null(loose_word_) && ts_node_start_byte(loose_word_) == at;  // recover() will define it
    if (!name.empty() && !is_loose) {
      Symbol symbol{};
      symbol.kind = SymbolKind::function;
      const auto start = static_cast<std::uint32_t>(at);
      symbol.name = source_.text(start, start + static_cast<std::uint32_t>(name.size()));
      symbol.qualified_name = symbol.name;
      symbol.signature = symbol.name + "()";
      const std::string_view body = bytes.substr(at, max_lost_function);
      const std::size_t brace = body.find("\n}");
      line_ += static_cast<std::uint32_t>(std::count(bytes.begin() + line_at_, bytes.begin() + start, '\n'));
      line_at_ = start;
      symbol.range = {line_, line_, 0, static_cast<std::uint32_t>(line.size())};
      if (brace != std::string_view::npos) {
        symbol.range.end_line += static_cast<std::uint32_t>(std::count(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(brace), '\n')) + 1;
        symbol.range.end_column = 1;
      }
      out_.add_symbol_below(no_parent, std::move(symbol));
    }
    at = end + 1;
  }
}

// The first assignment outside of any function defines.
void Visitor::define_variable(TSNode name, TSNode whole, bool is_constant) {
  std::string variable = text(name);
  if (!variables_.insert(variable).second) return;
  const std::uint32_t start = ts_node_start_byte(whole), end = ts_node_end_byte(whole);
  Symbol symbol = make_documented(is_constant ? SymbolKind::constant : SymbolKind::variable, std::move(variable), whole, whole, start);
  symbol.qualified_name = symbol.name;
  symbol.signature = to_valid_utf8(fold_space(source_.text(start, std::min(end, start + 800))).substr(0, 200));
  out_.add_symbol_below(out_.scope().symbol, std::move(symbol));
}

// alias name='words': text that is replaced before anything runs, so a macro.
void Visitor::define_alias(TSNode command) {
  for_each_named_child(command, [&](TSNode argument) {
    if (kind_of(argument) != Kind::concatenation && kind_of(argument) != Kind::word) return;
    std::string name = text(argument).substr(0, 200);
    const std::size_t equals = name.find('=');
    if (equals == std::string::npos || equals == 0) return;
    Symbol symbol = make_documented(SymbolKind::macro, name.substr(0, equals), command, command, ts_node_start_byte(command));
    symbol.name = to_valid_utf8(fold_space(symbol.name));
    symbol.qualified_name = symbol.name;
    symbol.signature = "alias " + to_valid_utf8(fold_space(text(argument)).substr(0, 200));
    out_.add_symbol_below(out_.scope().symbol, std::move(symbol));
  });
}

// Bats: @test "name" { ... } up to a closing brace that stands as a command of its own.
void Visitor::open_test(TSNode command, const Ancestors& ancestors) {
  const TSNode title = field(command, g_.argument);
  if (ts_node_is_null(title) || ancestors.empty() || test_ != no_parent) return;
  Symbol symbol = make_documented(SymbolKind::function, unquoted(title), command, command, ts_node_end_byte(title));
  symbol.qualified_name = symbol.name;
  test_ = out_.add_symbol_below(out_.scope().symbol, std::move(symbol));
  out_.open(make_scope(ScopeKind::function, test_, ancestors.back().node, ancestors.size() - 1));
}

void Visitor::close_test(TSNode command) {
  if (test_ == no_parent || out_.scope().symbol != test_) return;
  const TSPoint end = ts_node_end_point(command);
  Range& range = out_.symbol(test_).range;
  range.end_line = end.row + 1;
  range.end_column = end.column;
  out_.close_innermost();
  test_ = no_parent;
}

// Nodes right below the program: the file's comment stands before the first.
void Visitor::check_top_level(TSNode node, Kind kind) {
  if (head_seen_ || ts_node_is_extra(node) || kind == Kind::comment) return;
  head_seen_ = true;
  const bool is_definition = kind == Kind::function || kind == Kind::assignment || kind == Kind::declaration;
  std::string doc = file_comment(source_.text(0, ts_node_start_byte(node)), is_definition, CommentStyle::hash);
  if (doc.empty()) out_.add_issue("missing-doc-comment", Severity::info, "file has no comment that says what it is for", {1, 1, 0, 0});
  out_.set_docstring(std::move(doc));
}

// A body that does nothing yet: it only says so, and gives up or does nothing.
void Visitor::check_body(TSNode body, std::int32_t symbol) {
  if (ts_node_is_null(body) || !mentions_unfinished(parsed(body))) return;
  bool does_something = false;
  for_each_named_child(body, [&](TSNode statement) {
    TSNode command = kind_of(statement) == Kind::command ? statement : ts_node_child_by_field_id(statement, g_.body);
    const std::string_view word = ts_node_is_null(command) ? std::string_view() : command_word(command);
    const bool is_idle = word == ":" || word == "true" || word == "false" || word == "echo" || word == "printf" || word == "return" ||
                         word == "exit" || word == "die";
    does_something = does_something || !is_idle;
  });
  if (!does_something && count_named(body) <= 2) report_unfinished(symbol, "a note that it is unfinished");
}

}  // namespace ca::analysis::bash

namespace ca::analysis {
namespace {

class BashFrontEnd final : public FrontEnd {
 public:
  void collect(std::string_view, const Source& source, Collector& out) const override {
    const bash::Grammar& grammar = bash::grammar();
    SyntaxTree tree(grammar.language, source.parse_bytes());
    bash::Visitor visitor(source, out);
    walk(tree.root(), grammar.kinds, visitor);
  }
};

}  // namespace

const FrontEnd& bash_front_end() {
  static const BashFrontEnd the_front_end;
  return the_front_end;
}

}  // namespace ca::analysis
