#include "analysis/collector.h"

#include <algorithm>
#include <unordered_set>

#include "analysis/stand_ins.h"
#include "analysis/syntax_tree.h"

namespace ca::analysis {
namespace {

// In bytes, without the line's end.
std::vector<std::uint32_t> line_lengths(std::string_view text) {
  std::vector<std::uint32_t> lengths;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const bool has_return = end > 0 && text[end - 1] == '\r';
    lengths.push_back(static_cast<std::uint32_t>(end - (has_return ? 1 : 0)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lengths;
}


// "over the limit" messages are all built alike: what, how much, how much is allowed.
std::string over(const std::string& what, const std::string& measure, std::uint32_t value, std::uint32_t limit) {
  return what + " " + measure + " " + std::to_string(value) + ", more than " + std::to_string(limit);
}

}  // namespace

Scope* Collector::function() {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    if (scope->kind == ScopeKind::function) return &*scope;
    if (scope->kind == ScopeKind::type || scope->kind == ScopeKind::enumeration) return nullptr;
  }
  return nullptr;
}

std::string Collector::qualify(std::string_view name, std::string_view separator) const {
  std::int32_t parent = scopes_.back().symbol;
  std::string out = parent == no_parent ? prefix_ : facts_.symbols[static_cast<std::size_t>(parent)].qualified_name;
  if (!out.empty()) out += separator;
  return out += name;
}

std::int32_t Collector::add_symbol(Symbol symbol, std::string_view separator) {
  symbol.parent = scopes_.back().symbol;
  if (symbol.qualified_name.empty()) symbol.qualified_name = qualify(symbol.name, separator);
  facts_.symbols.push_back(std::move(symbol));
  return static_cast<std::int32_t>(facts_.symbols.size()) - 1;
}

std::int32_t Collector::add_symbol_below(std::int32_t parent, Symbol symbol) {
  symbol.parent = parent;
  facts_.symbols.push_back(std::move(symbol));
  return static_cast<std::int32_t>(facts_.symbols.size()) - 1;
}

std::int32_t Collector::add_stand_in(std::string qualified_name) {
  Symbol symbol{};
  symbol.qualified_name = std::move(qualified_name);
  stand_ins_.push_back(add_symbol_below(scopes_.back().symbol, std::move(symbol)));
  return stand_ins_.back();
}

void Collector::open(Scope scope) {
  scope.first_reference = facts_.references.size();
  scopes_.push_back(std::move(scope));
}

void Collector::close_before(std::uint32_t byte) {
  while (scopes_.size() > 1 && scopes_.back().end_byte <= byte) close_last();
}

void Collector::close_deeper(std::size_t depth) {
  while (scopes_.size() > 1 && scopes_.back().depth >= depth) close_last();
}

void Collector::close_last() {
  if (scopes_.back().kind == ScopeKind::function) check_function(scopes_.back());
  drop_local_references(scopes_.back());
  scopes_.pop_back();
}

void Collector::mend_ends_of_lines() {
  std::vector<std::uint32_t> lengths;
  const auto mend = [&](Range& range) {
    if (range.end_column != end_of_line) return;
    if (lengths.empty()) lengths = line_lengths(source_.parse_bytes());
    range.end_column = range.end_line <= lengths.size() ? lengths[range.end_line - 1] : 0;
    if (range.start_line == range.end_line) range.end_column = std::max(range.end_column, range.start_column);
  };
  for (Symbol& symbol : facts_.symbols) mend(symbol.range);
  for (Issue& issue : facts_.issues) mend(issue.range);
}

Facts Collector::take() {
  while (scopes_.size() > 1) close_last();
  mend_ends_of_lines();
  facts_.line_count = source_.line_count();
  if (!stand_ins_.empty()) replace_stand_ins(facts_, stand_ins_);
  return std::move(facts_);
}

void Collector::add_reference(std::string name, ReferenceKind kind, std::uint32_t line, bool may_be_local) {
  if (name.empty()) return;
  facts_.references.push_back({std::move(name), kind, line, scopes_.back().symbol});
  may_be_local_.push_back(may_be_local ? 1 : 0);
}

void Collector::add_issue(const char* id, Severity severity, std::string message, Range range) {
  facts_.issues.push_back({id, severity, std::move(message), range});
}

void Collector::add_branch() {
  if (Scope* scope = function()) ++scope->complexity;
}

void Collector::enter_nesting() {
  if (Scope* scope = function()) scope->max_nesting = std::max(scope->max_nesting, ++scope->nesting);
}

void Collector::leave_nesting() {
  Scope* scope = function();
  if (scope && scope->nesting > 0) --scope->nesting;
}

void Collector::check_function(const Scope& scope) {
  if (scope.symbol == no_parent || !scope.is_measured) return;
  const Symbol& symbol = facts_.symbols[static_cast<std::size_t>(scope.symbol)];
  if (!symbol.is_definition) return;
  const std::string what = std::string(kind_name(symbol.kind)) + " " + symbol.name;
  const Range range = symbol.range;
  std::uint32_t lines = range.end_line - range.start_line + 1;
  if (lines > limits_.max_function_lines) {
    add_issue("function-too-long", Severity::warning, over(what, "has lines:", lines, limits_.max_function_lines), range);
  }
  if (scope.parameters > limits_.max_parameters) {
    add_issue("too-many-parameters", Severity::warning, over(what, "has parameters:", scope.parameters, limits_.max_parameters),
              range);
  }
  if (scope.max_nesting > limits_.max_nesting) {
    add_issue("nesting-too-deep", Severity::warning, over(what, "nests to depth", scope.max_nesting, limits_.max_nesting), range);
  }
  if (scope.complexity > limits_.max_complexity) {
    add_issue("complexity", Severity::warning,
              over(what, "has a cyclomatic complexity of", scope.complexity, limits_.max_complexity), range);
  }
}

// A name that the scope itself binds is nobody else's: takes its uses out again. A variable may be named as a type is, so a use
// as a type is only dropped for a type parameter.
void Collector::drop_local_references(const Scope& scope) {
  if (scope.locals.empty() && scope.type_parameters.empty()) return;
  std::unordered_set<std::string_view> locals(scope.locals.begin(), scope.locals.end());
  for (const std::string& name : scope.outer) locals.erase(name);
  const std::unordered_set<std::string_view> types(scope.type_parameters.begin(), scope.type_parameters.end());
  auto is_own = [&](const Reference& reference) {
    if (types.count(reference.name)) return true;
    return reference.kind != ReferenceKind::type && reference.kind != ReferenceKind::base && locals.count(reference.name) > 0;
  };
  std::size_t kept = scope.first_reference;
  for (std::size_t i = kept; i < facts_.references.size(); ++i) {
    if (may_be_local_[i] && is_own(facts_.references[i])) continue;
    if (kept != i) {
      facts_.references[kept] = std::move(facts_.references[i]);
      may_be_local_[kept] = may_be_local_[i];
    }
    ++kept;
  }
  facts_.references.erase(facts_.references.begin() + static_cast<std::ptrdiff_t>(kept), facts_.references.end());
  may_be_local_.resize(kept);
}

}  // namespace ca::analysis
