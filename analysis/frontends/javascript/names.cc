// What a function or class is called: by itself, or by what it is assigned to.
#include <algorithm>

#include "analysis/frontends/javascript/gaps.h"
#include "analysis/frontends/javascript/visitor.h"

namespace ca::analysis::js {
namespace {

constexpr std::size_t max_path = 8;  // levels of object literals in a qualified name

// Expressions that only wrap their value: `(f)`, `f as T`, `f satisfies T`, `f!`.
bool wraps(Kind kind) { return kind == Kind::parenthesized || kind == Kind::as_ || kind == Kind::satisfies || kind == Kind::non_null; }

bool is_dotted_name(std::string_view text) {
  for (char c : text) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || c == '.';
    if (!word && static_cast<unsigned char>(c) < 0x80) return false;
  }
  return !text.empty() && text.size() < 200;
}

bool is_global_object(std::string_view text) {
  return text == "window" || text == "global" || text == "globalThis" || text == "self" || text == "root";
}

}  // namespace

// "a" and 'a' name the property a; a computed key stays as it is written. In one line: a string may go on behind an escaped line end.
std::string Visitor::key_text(TSNode key) const {
  std::string name = ts_node_is_null(key) ? std::string() : text(key);
  const std::uint32_t start = ts_node_is_null(key) ? 0 : ts_node_start_byte(key);
  if (start > 0 && name == place_of_unnamed && source_.parsed(start - 1, ts_node_end_byte(key)) == "function") return "default";
  if (is(key, Kind::string) && name.size() >= 2) name = name.substr(1, name.size() - 2);
  return kind_of(key) == Kind::computed_name || name.find('\n') != std::string::npos ? fold_space(name) : name;
}

std::optional<Visitor::Named> Visitor::name_of(TSNode node, TSFieldId field, const Ancestors& ancestors) const {
  std::size_t level = ancestors.size();
  while (level > 0 && wraps(ancestors[level - 1].kind)) {
    --level;
    field = ancestors[level].field;
  }
  const TSNode own_name = TreeReader::field(node, g_.name);
  if (level == 0) return ts_node_is_null(own_name) ? std::nullopt : std::optional<Named>({text(own_name), {}, node, 0});
  const Ancestor<Kind>& parent = ancestors[level - 1];
  Named named{{}, {}, parent.node, level - 1};
  if (parent.kind == Kind::declarator && field == g_.value) {
    const TSNode name = TreeReader::field(parent.node, g_.name);
    if (!is(name, Kind::identifier)) return std::nullopt;
    named.name = text(name);
    const bool alone = level >= 2 && ts_node_named_child_count(ancestors[level - 2].node) < 8 && count_named(ancestors[level - 2].node) == 1;
    if (alone) named = {named.name, {}, ancestors[level - 2].node, level - 2};
    named.is_exported = is_exported(named.level, ancestors);
    return named;
  }
  if (parent.kind == Kind::pair && field == g_.value) {
    named.name = key_text(TreeReader::field(parent.node, g_.key));
    return named;
  }
  if (parent.kind == Kind::field && field == g_.value) {
    const TSNode name = TreeReader::field(parent.node, g_.name);
    named.name = key_text(ts_node_is_null(name) ? TreeReader::field(parent.node, g_.property) : name);
    named.is_member = true;
    return named;
  }
  if (parent.kind == Kind::assignment && field == g_.right) {
    if (level >= 2 && ancestors[level - 2].kind == Kind::expression_statement) named = {{}, {}, ancestors[level - 2].node, level - 2};
    if (auto assigned = name_by_assignment(TreeReader::field(parent.node, g_.left), named)) {
      if (assigned->name == "default" && !ts_node_is_null(own_name)) assigned->name = text(own_name);
      return assigned;
    }
  }
  named = {ts_node_is_null(own_name) ? std::string() : text(own_name), {}, node, ancestors.size()};
  if (parent.kind == Kind::export_statement) {
    named.is_exported = true;
    if (named.name.empty()) named.name = "default";
  }
  if (named.name.empty()) return std::nullopt;
  return named;
}

// x = function, exports.x = function, A.prototype.x = function, a['x'] = function
std::optional<Visitor::Named> Visitor::name_by_assignment(TSNode left, Named named) const {
  if (is(left, Kind::identifier)) {
    named.name = text(left);
    return named;
  }
  if (is(left, Kind::subscript)) {
    const TSNode index = TreeReader::field(left, g_.index);
    if (!is(index, Kind::string)) return std::nullopt;
    named.name = key_text(index);
  } else if (is(left, Kind::member)) {
    named.name = text(TreeReader::field(left, g_.property));
  }
  if (named.name.empty()) return std::nullopt;
  std::string_view owner = parsed(TreeReader::field(left, g_.object));
  if (owner == "module" && named.name == "exports") {
    named.name = "default";
    named.is_exported = true;
    return named;
  }
  for (std::string_view exports : {"module.exports", "exports"}) {
    if (owner != exports && !(owner.starts_with(exports) && owner[exports.size()] == '.')) continue;
    owner.remove_prefix(std::min(owner.size(), exports.size() + 1));
    named.is_exported = owner.empty();
    break;
  }
  if (owner.ends_with(".prototype")) {
    owner.remove_suffix(10);
    named.is_member = true;
  }
  if (owner == "this") {
    named.is_member = true;
  } else if (!is_global_object(owner) && is_dotted_name(owner)) {
    named.owner = owner;
  }
  return named;
}

// "users." for what stands in the `users: {...}` of an object literal.
std::string Visitor::path_in_object(const Ancestors& ancestors, std::size_t level) const {
  std::string path;
  std::size_t pairs = 0;
  const std::size_t top = out_.scope().depth;
  for (; level > top && pairs < max_path; --level) {
    const Ancestor<Kind>& place = ancestors[level - 1];
    if (place.kind != Kind::object && place.kind != Kind::pair) break;
    if (place.kind != Kind::pair) continue;
    path = key_text(TreeReader::field(place.node, g_.key)) + "." + path;
    ++pairs;
  }
  return path;
}

// Where a definition begins behind its decorators.
TSNode Visitor::without_decorators(TSNode node) const {
  TSNode found = node;
  bool is_first = true;
  for_each_child_until(node, [&](TSNode child) {
    const bool passes = is(child, Kind::decorator) || ts_node_is_extra(child);
    if (!passes && !is_first) found = child;
    is_first = false;
    return passes;
  });
  return found;
}

// Where what belongs to the definition begins, `export` and decorators included: above it stands its doc comment.
std::uint32_t Visitor::doc_start(TSNode whole, std::size_t level, const Ancestors& ancestors) const {
  std::uint32_t start = ts_node_start_byte(whole);
  for (; level > 0; --level) {
    const Ancestor<Kind>& place = ancestors[level - 1];
    const bool belongs = place.kind == Kind::export_statement || place.kind == Kind::ambient || place.kind == Kind::declarator ||
                         place.kind == Kind::lexical_declaration || place.kind == Kind::variable_declaration ||
                         place.kind == Kind::expression_statement;
    if (!belongs) break;
    // A second variable of one declaration has no part in what stands above the first.
    if (place.kind != Kind::export_statement && place.kind != Kind::ambient) {
      if (ts_node_start_byte(ts_node_named_child(place.node, 0)) < start) break;
    }
    start = ts_node_start_byte(place.node);
  }
  if (decorators_end_ > 0 && decorators_end_ <= start && trim(source_.parsed(decorators_end_, start)).empty()) start = decorators_start_;
  return start;
}

bool Visitor::is_exported(std::size_t level, const Ancestors& ancestors) const {
  while (level > 0 && (ancestors[level - 1].kind == Kind::ambient || ancestors[level - 1].kind == Kind::lexical_declaration)) --level;
  return level > 0 && ancestors[level - 1].kind == Kind::export_statement;
}

bool Visitor::is_ambient(std::size_t level, const Ancestors& ancestors) const {
  for (; level > 0; --level) {
    const Kind kind = ancestors[level - 1].kind;
    if (kind == Kind::ambient) return true;
    if (kind != Kind::export_statement && kind != Kind::lexical_declaration && kind != Kind::variable_declaration &&
        kind != Kind::statement_block && kind != Kind::namespace_) {
      return false;
    }
  }
  return false;
}

bool Visitor::is_function_value(TSNode value) const {
  for (int wrapped = 0; wrapped < 8 && !ts_node_is_null(value); ++wrapped) {
    const Kind kind = ts_node_is_named(value) ? kind_of(value) : Kind::other;
    if (kind == Kind::arrow || kind == Kind::function_expression || kind == Kind::class_) return true;
    if (!wraps(kind)) return false;
    value = ts_node_named_child(value, 0);
  }
  return false;
}

// require('x') or await import('x'); `target` is then the string.
bool Visitor::is_require(TSNode value, TSNode& target) const {
  if (is(value, Kind::await)) value = ts_node_named_child(value, 0);
  if (!is(value, Kind::call)) return false;
  const TSNode function = TreeReader::field(value, g_.function), arguments = TreeReader::field(value, g_.arguments);
  if (ts_node_is_null(function) || ts_node_is_null(arguments)) return false;
  if (kind_of(function) != Kind::import && parsed(function) != "require") return false;
  target = ts_node_named_child(arguments, 0);
  return is(target, Kind::string);
}

}  // namespace ca::analysis::js
