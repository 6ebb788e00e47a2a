#include "analysis/frontends/common/tree_reader.h"

#include <algorithm>
#include <utility>

namespace ca::analysis {
namespace {

constexpr std::size_t max_signature = 400;

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos; }

// Nothing but space stands before `at` on its line.
bool begins_line(std::string_view bytes, std::uint32_t at) {
  while (at > 0 && (bytes[at - 1] == ' ' || bytes[at - 1] == '\t')) --at;
  return at == 0 || bytes[at - 1] == '\n' || bytes.substr(0, at) == "\xEF\xBB\xBF";
}

}  // namespace

void TreeReader::enter_node(TSNode node, Roles roles, bool continues) {
  out_.close_before(ts_node_start_byte(node));
  errors_.enter(node);
  if (roles == 0) return;
  if (roles & role::branch) out_.add_branch();
  if ((roles & role::logical) && ts_node_child_count(node) > 1) {
    const std::string_view sign = parsed(ts_node_child(node, 1));
    if (sign == "&&" || sign == "||" || sign == "??") out_.add_branch();
  }
  if (roles & role::throws) {
    // Where one is marked, those around it are.
    for (auto handler = handlers_.rbegin(); handler != handlers_.rend() && !handler->throws; ++handler) handler->throws = true;
  }
  if (roles & role::nests) {
    nesting_counts_.push_back(!continues);
    if (!continues) out_.enter_nesting();
  }
}

void TreeReader::leave_node(TSNode node, Roles roles, std::size_t depth) {
  out_.close_deeper(depth);
  if ((roles & role::nests) && !nesting_counts_.empty()) {
    if (nesting_counts_.back()) out_.leave_nesting();
    nesting_counts_.pop_back();
  }
  errors_.leave(node);
}

bool TreeReader::recover(TSNode node, std::initializer_list<DefiningWord> words) {
  if (ts_node_child_count(node) > 0) return false;  // a receiver may stand between `func` and the name
  const std::string_view code = parsed(node);
  for (const DefiningWord& word : words) {
    if (word.word != code) continue;
    loose_start_ = node;
    loose_kind_ = word.kind;
    return true;
  }
  if (ts_node_is_null(loose_start_)) return false;
  const TSNode start = std::exchange(loose_start_, TSNode{});
  if (!std::string_view(ts_node_type(node)).ends_with("identifier")) return false;
  add(make_documented(loose_kind_, text(node), start, node, ts_node_end_byte(node)));
  return true;
}

void TreeReader::note_comment(TSNode node, bool is_doc) {
  const std::uint32_t start = ts_node_start_byte(node);
  is_doc = is_doc && begins_line(source_.parse_bytes(), start);
  notes_.push_back({start, ts_node_end_byte(node), is_doc});
}

std::string TreeReader::doc_above(std::uint32_t start) const {
  return above_.at(start, [&](std::uint32_t place) { return find_doc_above(place); });
}

std::string TreeReader::doc_behind(TSNode node) const {
  return behind_.at(ts_node_end_byte(node), [&](std::uint32_t place) { return find_doc_behind(place); });
}

std::string TreeReader::find_doc_above(std::uint32_t start) const {
  const std::string_view bytes = source_.parse_bytes();
  auto note = std::lower_bound(notes_.begin(), notes_.end(), start, [](const Note& a, std::uint32_t at) { return a.start < at; });
  std::uint32_t below = start;
  std::vector<const Note*> found;  // from the last to the first
  while (note != notes_.begin()) {
    --note;
    if (note->end > below) return {};
    const std::string_view between = bytes.substr(note->end, below - note->end);
    if (!is_blank(between)) break;
    const bool ends_line = note->end > 0 && bytes[note->end - 1] == '\n';  // the line's end is the comment's own
    const auto breaks = std::count(between.begin(), between.end(), '\n') + (ends_line ? 1 : 0);
    if ((style_.docs_touch || !found.empty()) && breaks > 1) break;
    if (note->is_doc) found.push_back(&*note);
    if (!note->is_doc && (!begins_line(bytes, note->start) && style_.docs_touch)) break;  // behind code of its own
    if (note->is_doc && bytes.substr(note->start, 2) == "/*") break;
    below = note->start;
  }
  if (found.empty()) return {};
  if (found.size() > 1 && bytes.substr(found.back()->start, 2) == "/*") found.pop_back();
  std::string all;
  for (auto piece = found.rbegin(); piece != found.rend(); ++piece) {
    std::string comment = source_.text((*piece)->start, (*piece)->end);
    while (!comment.empty() && (comment.back() == '\n' || comment.back() == '\r')) comment.pop_back();
    if (!all.empty()) all += '\n';
    all += comment;
  }
  return clean_comment(all);
}

std::string TreeReader::find_doc_behind(std::uint32_t end) const {
  const std::string_view bytes = source_.parse_bytes();
  std::size_t at = end;
  while (at < bytes.size() && (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == ',' || bytes[at] == ';')) ++at;
  const std::string_view rest = bytes.substr(std::min(at, bytes.size()));
  std::size_t length = 0;
  if (rest.starts_with("//")) length = std::min(rest.find('\n'), rest.size());
  if (rest.starts_with("/*")) length = std::min(rest.substr(0, max_signature).find("*/"), max_signature) + 2;
  if (length == 0 || length > rest.size()) return {};
  return clean_comment(source_.text(static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + length)));
}

std::string TreeReader::doc_above_or_behind(TSNode node) const {
  std::string above = doc_above(ts_node_start_byte(node));
  return above.empty() ? doc_behind(node) : above;
}

Symbol TreeReader::make_symbol(SymbolKind kind, std::string name, TSNode first, TSNode whole, std::uint32_t end) const {
  Symbol symbol{};
  symbol.kind = kind;
  symbol.name = std::move(name);
  symbol.range = range_of(whole);
  const TSPoint start_point = ts_node_start_point(first);
  symbol.range.start_line = start_point.row + 1;
  symbol.range.start_column = start_point.column;
  symbol.range.end_line = std::max(symbol.range.end_line, symbol.range.start_line);
  const std::uint32_t start = ts_node_start_byte(first);
  std::string code = end > start ? source_.text(start, std::min<std::uint32_t>(end, start + 4 * max_signature)) : std::string();
  code = fold_code(code, style_.comments);
  if (code.size() > max_signature) code = to_valid_utf8(code.substr(0, max_signature));
  while (!code.empty() && std::string_view("{;=, ").find(code.back()) != std::string_view::npos) code.pop_back();
  symbol.signature = std::move(code);
  return symbol;
}

Symbol TreeReader::make_documented(SymbolKind kind, std::string name, TSNode first, TSNode whole, std::uint32_t end) const {
  Symbol symbol = make_symbol(kind, std::move(name), first, whole, end);
  symbol.docstring = doc_above(ts_node_start_byte(first));
  return symbol;
}

Scope TreeReader::make_scope(ScopeKind kind, std::int32_t symbol, TSNode whole, std::size_t depth) const {
  Scope scope;
  scope.kind = kind;
  scope.symbol = symbol;
  scope.depth = depth;
  scope.end_byte = ts_node_end_byte(whole);
  scope.is_private = out_.scope().is_private;
  return scope;
}

void TreeReader::open_loose(ScopeKind kind, std::int32_t symbol, TSNode error, std::size_t level) {
  Scope scope = make_scope(kind, symbol, error, level - 1);
  scope.is_measured = false;  // where it ends is a guess
  out_.open(std::move(scope));
}

void TreeReader::close_loose(TSNode node, std::size_t level) {
  const TSPoint start = ts_node_start_point(node);
  while (out_.scopes().size() > 1 && out_.scope().depth + 1 == level && out_.scope().symbol != no_parent) {
    Range& open = out_.symbol(out_.scope().symbol).range;
    if (start.row < open.start_line || open.start_column < start.column) return;  // its own header, or deeper
    if (start.row < open.end_line) open.end_column = end_of_line;
    open.end_line = std::max(open.start_line, std::min(open.end_line, start.row));
    out_.close_innermost();
  }
}

std::uint32_t TreeReader::header_end(TSNode whole, TSNode body) {
  return ts_node_is_null(body) ? ts_node_end_byte(whole) : ts_node_start_byte(body);
}

void TreeReader::bind(TSNode name) {
  Scope* function = out_.function();
  if (function && !ts_node_is_null(name)) function->locals.push_back(text(name));
}

void TreeReader::bind_type(TSNode name) {
  if (!ts_node_is_null(name)) out_.scope().type_parameters.push_back(text(name));
}

void TreeReader::name_closure(TSNode closure, std::int32_t symbol, TSNode name) {
  closures_[ts_node_start_byte(closure)] = symbol;
  closure_names_.insert(ts_node_start_byte(name));
}

std::int32_t TreeReader::named_closure(TSNode closure) {
  const auto found = closures_.find(ts_node_start_byte(closure));
  if (found == closures_.end()) return no_parent;
  const std::int32_t symbol = found->second;
  closures_.erase(found);
  return symbol;
}

bool TreeReader::names_closure(TSNode name) const { return closure_names_.count(ts_node_start_byte(name)) > 0; }

void TreeReader::check_doc(std::int32_t index, bool is_public) {
  const Symbol& symbol = out_.symbol(index);
  if (!is_public || !symbol.docstring.empty()) return;
  const Range at{symbol.range.start_line, symbol.range.start_line, symbol.range.start_column, symbol.range.start_column};
  out_.add_issue("missing-doc-comment", Severity::info, std::string(kind_name(symbol.kind)) + " " + symbol.name + " has no doc comment", at);
}

void TreeReader::report_unfinished(std::int32_t index, const std::string& what) {
  const Symbol& symbol = out_.symbol(index);
  out_.add_issue("unfinished-body", Severity::warning,
                 std::string(kind_name(symbol.kind)) + " " + symbol.name + " consists of nothing but " + what, symbol.range);
}

void TreeReader::report_empty_handler(const std::string& caught, TSNode node) {
  out_.add_issue("empty-exception-handler", Severity::warning, "exception handler for " + caught + " does nothing", range_of(node));
}

void TreeReader::open_handler(TSNode node, bool catches_all, Severity severity, std::string message) {
  handlers_.push_back({node, catches_all, false, severity, std::move(message)});
}

void TreeReader::close_handler() {
  if (handlers_.empty()) return;
  Handler handler = std::move(handlers_.back());
  handlers_.pop_back();
  if (!handler.catches_all || handler.throws) return;
  out_.add_issue("catch-all-exception-handler", handler.severity, std::move(handler.message), range_of(handler.node));
}

std::uint32_t TreeReader::count_named(TSNode node) const {
  std::uint32_t count = 0;
  if (!ts_node_is_null(node)) for_each_named_child(node, [&](TSNode) { ++count; });
  return count;
}

TSNode TreeReader::only_child(TSNode node) {
  TSNode found{};
  std::uint32_t count = 0;
  if (!ts_node_is_null(node)) {
    for_each_named_child(node, [&](TSNode child) {
      found = child;
      ++count;
    });
  }
  return count == 1 ? found : TSNode{};
}

}  // namespace ca::analysis
