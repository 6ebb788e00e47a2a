// The issues that the front end itself finds; those that are counted are the collector's.
#include "analysis/frontends/common/file_comment.h"
#include "analysis/frontends/javascript/visitor.h"

namespace ca::analysis::js {
namespace {

constexpr std::uint32_t max_note = 2000;  // bytes of a body that may be no more than a note

}  // namespace

// Nodes right below the program: the file's comment stands before the first; after the first that is code an import is late.
void Visitor::check_top_level(TSNode node, Kind kind) {
  if (ts_node_is_extra(node) || std::string_view(ts_node_type(node)) == "hash_bang_line") return;
  if (!head_seen_) {
    head_seen_ = true;
    bool is_definition = kind != Kind::import_statement && kind != Kind::expression_statement && kind != Kind::if_;
    if (kind == Kind::export_statement) is_definition = ts_node_is_null(field(node, g_.source));
    std::string doc = file_comment(source_.text(head_start_, ts_node_start_byte(node)), is_definition, CommentStyle::slashes);
    if (doc.empty() && kind == Kind::expression_statement && is(ts_node_named_child(node, 0), Kind::string)) {
      head_seen_ = false;  // 'use strict' may stand before the file's comment
      head_start_ = ts_node_end_byte(node);
      return;
    }
    if (doc.empty()) out_.add_issue("missing-doc-comment", Severity::info, "file has no comment that says what it is for", {1, 1, 0, 0});
    out_.set_docstring(std::move(doc));
  }
  if (code_seen_) return;
  const TSNode first = ts_node_named_child_count(node) > 0 ? ts_node_named_child(node, 0) : TSNode{};
  if (kind == Kind::import_statement || (kind == Kind::expression_statement && is(first, Kind::string))) return;
  if (kind == Kind::export_statement && !ts_node_is_null(field(node, g_.source))) return;
  TSNode target{};
  if (is(first, Kind::declarator) && is_require(field(first, g_.value), target)) return;
  code_seen_ = true;
}

// A body that does nothing yet: no statement but a note that says so, or a single one that throws it.
void Visitor::check_body(TSNode body, std::int32_t symbol) {
  if (!is(body, Kind::statement_block)) return;
  if (ts_node_end_byte(body) - ts_node_start_byte(body) > max_note) return;
  const std::uint32_t statements = count_named(body);
  if (statements > 1 || !mentions_unfinished(parsed(body))) return;
  if (statements == 1) {
    const TSNode statement = only_child(body);
    if (!is(statement, Kind::throw_) || !mentions_unfinished(parsed(statement))) return;
  }
  report_unfinished(symbol, "a note that it is unfinished");
}

void Visitor::check_handler(TSNode node) {
  const TSNode body = field(node, g_.body), parameter = field(node, g_.parameter);
  if (ts_node_is_null(body) || ts_node_named_child_count(body) > 0) return;
  report_empty_handler(ts_node_is_null(parameter) ? "everything" : fold_space(text(parameter)), node);
}

// What a file exports wants a word, once for all overloads of a function.
void Visitor::check_exported(std::int32_t index, bool is_exported) {
  if (!is_exported) return;
  const Symbol& symbol = out_.symbol(index);
  if (symbol.qualified_name == documented_) return;
  if (!symbol.docstring.empty()) documented_ = symbol.qualified_name;
  check_doc(index, true);
}

}  // namespace ca::analysis::js
