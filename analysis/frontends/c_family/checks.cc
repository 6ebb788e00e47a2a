// The issues of C and C++ that the walk itself finds.
#include <algorithm>

#include "analysis/frontends/c_family/visitor.h"
#include "analysis/frontends/common/syntax_errors.h"
#include "analysis/text.h"

namespace ca::analysis::c_family {
namespace {

constexpr std::uint32_t max_reported_errors = 5;

// Code that is written through macros does not follow the grammar and is right all the same.
bool looks_like_macro(std::string_view text) {
  std::size_t run = 0;
  bool letter = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    char c = i < text.size() ? text[i] : ' ';
    if (std::isupper(static_cast<unsigned char>(c)) || c == '_' || std::isdigit(static_cast<unsigned char>(c))) {
      letter = letter || std::isupper(static_cast<unsigned char>(c));
      ++run;
      continue;
    }
    bool word_goes_on = std::islower(static_cast<unsigned char>(c));
    if (run >= 3 && letter && !word_goes_on) return true;
    run = 0;
    letter = false;
  }
  return text.find("__") != std::string_view::npos;
}

}  // namespace

bool Visitor::nests(Kind kind) {
  switch (kind) {
    case Kind::if_statement: case Kind::for_statement: case Kind::for_range_loop: case Kind::while_statement:
    case Kind::do_statement: case Kind::switch_statement: case Kind::try_statement:
      return true;
    default: return false;
  }
}

void Visitor::count_flow(TSNode node, Kind kind, const Ancestors& ancestors) {
  switch (kind) {
    case Kind::if_statement: case Kind::for_statement: case Kind::for_range_loop: case Kind::while_statement:
    case Kind::do_statement: case Kind::conditional_expression: case Kind::catch_clause:
      out_.add_branch();
      break;
    case Kind::case_statement:
      if (!ts_node_is_null(ts_node_child_by_field_id(node, g_.value))) out_.add_branch();  // not the default
      break;
    case Kind::binary_expression: {
      if (ts_node_child_count(node) < 2) break;
      std::string_view sign = parsed(ts_node_child(node, 1));
      if (sign == "&&" || sign == "||" || sign == "and" || sign == "or") out_.add_branch();
      break;
    }
    default: break;
  }
  if (!nests(kind)) return;
  // "else if" stands beside its "if", not inside it.
  const bool counts = kind != Kind::if_statement || ancestors.empty() || ancestors.back().kind != Kind::else_clause;
  nesting_counts_.push_back(counts);
  if (counts) out_.enter_nesting();
}

void Visitor::end_flow(Kind kind) {
  if (!nests(kind) || nesting_counts_.empty()) return;
  if (nesting_counts_.back()) out_.leave_nesting();
  nesting_counts_.pop_back();
}

void Visitor::open_handler(TSNode node) {
  TSNode parameters = ts_node_child_by_field_id(node, g_.parameters), body = ts_node_child_by_field_id(node, g_.body);
  Handler handler{node, false, false};
  std::string caught = ts_node_is_null(parameters) ? std::string() : fold_space(text(parameters));
  handler.catches_all = caught == "(...)" || caught == "( ... )";
  handlers_.push_back(handler);
  if (!ts_node_is_null(body) && ts_node_named_child_count(body) == 0) {
    out_.add_issue("empty-exception-handler", Severity::warning, "exception handler for " + caught + " does nothing", range_of(node));
  }
}

void Visitor::close_handler() {
  if (handlers_.empty()) return;
  Handler handler = handlers_.back();
  handlers_.pop_back();
  if (!handler.catches_all || handler.throws) return;
  out_.add_issue("catch-all-exception-handler", Severity::warning, "catch (...) catches everything and does not throw it on",
                 range_of(handler.node));
}

// A body that does nothing yet: no statement but a note that says so, or a single one that reports it.
void Visitor::check_body(TSNode body, std::int32_t index) {
  if (ts_node_is_null(body)) return;
  std::uint32_t statements = 0;
  bool reports = false;
  for_each_named_child(body, [&](TSNode child) {
    ++statements;
    if (kind_of(child) == Kind::throw_statement || kind_of(child) == Kind::expression_statement) {
      std::string_view code = parsed(child);
      bool gives_up = kind_of(child) == Kind::throw_statement || code.starts_with("assert") || code.starts_with("abort");
      reports = gives_up && mentions_unfinished(code);
    }
  });
  const std::string_view whole = source_.parsed(ts_node_start_byte(body), ts_node_end_byte(body));
  if (statements > 1 || (statements == 1 && !reports) || (statements == 0 && !mentions_unfinished(whole))) return;
  const Symbol& symbol = out_.symbol(index);
  out_.add_issue("unfinished-body", Severity::warning,
                 std::string(kind_name(symbol.kind)) + " " + symbol.name + " consists of nothing but a note that it is unfinished",
                 symbol.range);
}

void Visitor::check_error(TSNode node, const Ancestors& ancestors) {
  const bool error = ts_node_is_error(node);
  if (error && error_depth_++ > 0) return;
  if (!error && !ts_node_is_missing(node)) return;
  if (errors_ >= max_reported_errors) return;
  // The runtime's own way to a node's parent is recursive; the walk knows it.
  if (!error && ancestors.empty()) return;
  // The grammar knows no bare braces as a default argument (`T x = {}`) and invents a type name before them.
  if (!error && std::string_view(ts_node_type(node)) == "type_identifier") return;
  const std::uint32_t start = ts_node_start_byte(error ? node : ancestors.back().node);
  const std::string_view bytes = source_.parse_bytes();
  constexpr std::uint32_t longest_line = 4000;
  const std::uint32_t from = start > longest_line ? start - longest_line : 0;
  const std::size_t line_start = from + bytes.substr(from, start - from).rfind('\n') + 1;  // `from` if there is none
  if (looks_like_macro(bytes.substr(line_start, ts_node_end_byte(node) - line_start).substr(0, 400))) return;
  ++errors_;
  add_syntax_error(node, parsed(node), out_);
}

}  // namespace ca::analysis::c_family
