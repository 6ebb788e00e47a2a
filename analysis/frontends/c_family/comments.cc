// Doc comments: which comment belongs to which definition. Comments are found before the parser, so none is lost with an ERROR.
#include <algorithm>

#include "analysis/frontends/c_family/visitor.h"
#include "analysis/text.h"

namespace ca::analysis::c_family {
namespace {

// The first comment that begins at or after `byte`.
std::vector<Comment>::const_iterator first_from(const std::vector<Comment>& comments, std::uint32_t byte) {
  return std::lower_bound(comments.begin(), comments.end(), byte,
                          [](const Comment& comment, std::uint32_t at) { return comment.span.start < at; });
}

}  // namespace

// The comment that ends on the line above (or before it on the same line), with those that stand directly above it.
std::string Visitor::doc_above(std::uint32_t start, std::uint32_t line) const {
  return above_.at(start, [&](std::uint32_t place) { return find_doc_above(place, line); });
}

std::string Visitor::find_doc_above(std::uint32_t start, std::uint32_t line) const {
  const std::vector<Comment>& all = prepared_.comments;
  auto behind = first_from(all, start);
  if (behind == all.begin()) return {};
  auto first = behind - 1;
  const Comment& last = *first;
  if (!last.own_line || last.end_line + 1 < line) return {};
  std::string_view between = std::string_view(prepared_.bytes).substr(last.span.end, start - last.span.end);
  if (!trim(between).empty()) return {};
  while (first != all.begin() && (first - 1)->own_line && (first - 1)->end_line + 1 == first->line) --first;
  return clean_comment(source_.text(first->span.start, last.span.end));
}

// A comment behind a declaration on its last line.
std::string Visitor::doc_behind(std::uint32_t end) const {
  return behind_.at(end, [&](std::uint32_t place) { return find_doc_behind(place); });
}

std::string Visitor::find_doc_behind(std::uint32_t end) const {
  auto found = first_from(prepared_.comments, end);
  if (found == prepared_.comments.end() || found->span.start - end > 200) return {};
  for (char c : std::string_view(prepared_.bytes).substr(end, found->span.start - end)) {
    if (c != ' ' && c != '\t' && c != ';' && c != ',') return {};
  }
  return clean_comment(source_.text(found->span.start, found->span.end));
}

// Headers are read by others: what is public there wants a word. One comment serves a group without blank lines.
void Visitor::check_doc(std::int32_t index) {
  if (!is_header_) return;
  const Symbol& symbol = out_.symbol(index);
  const bool grouped = symbol.range.start_line == documented_line_ + 1;
  if (!symbol.docstring.empty() || grouped) {
    documented_line_ = symbol.range.end_line;
    return;
  }
  bool is_type = symbol.is_definition && (symbol.kind == SymbolKind::class_ || symbol.kind == SymbolKind::struct_);
  bool is_function = symbol.kind == SymbolKind::function || symbol.kind == SymbolKind::method;
  if (!is_type && !is_function) return;
  if (out_.scope().is_private || symbol.name.starts_with("operator") || symbol.name.starts_with("_")) return;
  if (symbol.signature.ends_with("override") || symbol.signature.find("= delete") != std::string::npos) return;
  out_.add_issue("missing-doc-comment", Severity::info, std::string(kind_name(symbol.kind)) + " " + symbol.name + " has no doc comment",
                 {symbol.range.start_line, symbol.range.start_line, symbol.range.start_column, symbol.range.start_column});
}

void Visitor::check_file_doc() {
  if (!is_header_ || trim(source_.parse_bytes()).empty()) return;
  if (!prepared_.comments.empty()) {
    const Comment& first = prepared_.comments.front();
    std::string_view before = std::string_view(prepared_.bytes).substr(0, first.span.start);
    if (before.starts_with("\xEF\xBB\xBF")) before.remove_prefix(3);
    if (trim(before).empty()) return;  // nothing but directives stands before it
  }
  out_.add_issue("missing-doc-comment", Severity::info, "header has no comment that says what it is for", {1, 1, 0, 0});
}

}  // namespace ca::analysis::c_family
