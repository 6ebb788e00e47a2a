#include "analysis/collector.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "analysis/budget.h"
#include "analysis/stand_ins.h"
#include "analysis/syntax_tree.h"
#include "analysis/text.h"

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

// "a::b::c::d" too long: "a::b...::d". The ends are what tells it from others.
void shorten_qualified(std::string& name) {
  constexpr std::string_view gap = "...";
  constexpr std::size_t head = longest_qualified_name / 3, tail = longest_qualified_name - head - gap.size();
  if (name.size() <= longest_qualified_name) return;
  const std::size_t kept = cut(name, head).size();
  std::size_t from = name.size() - tail;
  while (from < name.size() && (static_cast<unsigned char>(name[from]) & 0xC0u) == 0x80u) ++from;
  name.replace(kept, from - kept, gap);
}

std::size_t text_bytes(const Symbol& symbol) {
  return sizeof symbol + symbol.name.size() + symbol.qualified_name.size() + symbol.signature.size() + symbol.docstring.size();
}

// "over the limit" messages are all built alike: what, how much, how much is allowed.
std::string over(const std::string& what, const std::string& measure, std::uint32_t value, std::uint32_t limit) {
  return what + " " + measure + " " + std::to_string(value) + ", more than " + std::to_string(limit);
}

}  // namespace

Scope* Collector::function() {
  const std::ptrdiff_t index = scopes_.back().function;
  return index < 0 ? nullptr : &scopes_[static_cast<std::size_t>(index)];
}

void Collector::set_prefix(std::string prefix) {
  prefix_ = std::move(prefix);
  shorten_qualified(prefix_);
}

std::string Collector::qualify(std::string_view name, std::string_view separator) const {
  std::int32_t parent = scopes_.back().symbol;
  std::string out = parent == no_parent ? prefix_ : facts_.symbols[static_cast<std::size_t>(parent)].qualified_name;
  if (!out.empty()) out += separator;
  out += name;
  shorten_qualified(out);
  return out;
}

std::int32_t Collector::push(Symbol symbol) {
  cut_to(symbol.name, longest_name);
  shorten_qualified(symbol.qualified_name);
  cut_to(symbol.signature, longest_signature);
  cut_to(symbol.docstring, longest_docstring);
  Budget::charge(text_bytes(symbol));
  facts_.symbols.push_back(std::move(symbol));
  return static_cast<std::int32_t>(facts_.symbols.size()) - 1;
}

std::int32_t Collector::add_symbol(Symbol symbol, std::string_view separator) {
  symbol.parent = scopes_.back().symbol;
  if (symbol.qualified_name.empty()) symbol.qualified_name = qualify(symbol.name, separator);
  return push(std::move(symbol));
}

std::int32_t Collector::add_symbol_below(std::int32_t parent, Symbol symbol) {
  symbol.parent = parent;
  return push(std::move(symbol));
}

std::int32_t Collector::add_stand_in(std::string qualified_name) {
  Symbol symbol{};
  symbol.qualified_name = std::move(qualified_name);
  stand_ins_.push_back(add_symbol_below(scopes_.back().symbol, std::move(symbol)));
  return stand_ins_.back();
}

void Collector::open(Scope scope) {
  scope.first_reference = facts_.references.size();
  switch (scope.kind) {
    case ScopeKind::function: scope.function = static_cast<std::ptrdiff_t>(scopes_.size()); break;
    case ScopeKind::type: case ScopeKind::enumeration: scope.function = -1; break;
    case ScopeKind::file: case ScopeKind::namespace_: scope.function = scopes_.back().function; break;
  }
  const bool holds = scope.kind != ScopeKind::type && scope.symbol != no_parent;
  scope.holder = holds ? static_cast<std::ptrdiff_t>(scopes_.size()) : scopes_.back().holder;
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
  take_out_dropped();
  mend_ends_of_lines();
  facts_.line_count = source_.line_count();
  if (!stand_ins_.empty()) replace_stand_ins(facts_, stand_ins_);
  return std::move(facts_);
}

void Collector::add_reference(std::string name, ReferenceKind kind, std::uint32_t line, bool may_be_local) {
  if (name.empty()) return;
  Budget::charge(sizeof(Reference) + name.size());
  const auto index = static_cast<std::uint32_t>(facts_.references.size());
  before_.push_back(none);
  if (may_be_local && scopes_.size() > 1) {
    Candidates& candidates = kind == ReferenceKind::type || kind == ReferenceKind::base ? types_ : names_;
    auto [last, is_first] = candidates.last.try_emplace(name, index);
    if (!is_first) before_.back() = std::exchange(last->second, index);
  }
  facts_.references.push_back({std::move(name), kind, line, scopes_.back().symbol});
}

void Collector::add_import(Import import) {
  cut_to(import.target, longest_import);
  cut_to(import.name, longest_name);
  cut_to(import.alias, longest_name);
  Budget::charge(sizeof import + import.target.size() + import.name.size() + import.alias.size());
  facts_.imports.push_back(std::move(import));
}

void Collector::add_issue(const char* id, Severity severity, std::string message, Range range) {
  cut_to(message, longest_message);
  Budget::charge(sizeof(Issue) + message.size());
  facts_.issues.push_back({id, severity, std::move(message), range});
}

void Collector::set_docstring(std::string text) {
  facts_.docstring = std::move(text);
  cut_to(facts_.docstring, longest_docstring);
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

void Collector::Candidates::drop(const std::string& name, std::size_t first, std::vector<std::uint32_t>& before) {
  const auto found = last.find(name);
  if (found == last.end()) return;
  while (found->second != none && found->second >= first) found->second = std::exchange(before[found->second], dropped);
  if (found->second == none) last.erase(found);
}

// A name that the scope itself binds is nobody else's: takes its uses out again. A variable may be named as a type is, so a use
// as a type is only dropped for a type parameter. Each reference is looked at once, however many scopes are around it.
void Collector::drop_local_references(const Scope& scope) {
  if (scope.locals.empty() && scope.type_parameters.empty()) return;
  if (scope.first_reference == facts_.references.size()) return;
  const std::unordered_set<std::string_view> outer(scope.outer.begin(), scope.outer.end());
  for (const std::string& name : scope.locals) {
    if (outer.count(name) == 0) names_.drop(name, scope.first_reference, before_);
  }
  for (const std::string& name : scope.type_parameters) {
    names_.drop(name, scope.first_reference, before_);
    types_.drop(name, scope.first_reference, before_);
  }
}

void Collector::take_out_dropped() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < facts_.references.size(); ++i) {
    if (before_[i] == dropped) continue;
    if (kept != i) facts_.references[kept] = std::move(facts_.references[i]);
    ++kept;
  }
  facts_.references.resize(kept);
}

}  // namespace ca::analysis
