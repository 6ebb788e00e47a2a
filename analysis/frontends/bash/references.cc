// Commands and variables that a script uses.
#include <algorithm>

#include "analysis/frontends/bash/visitor.h"
#include "analysis/frontends/bash/words.h"

namespace ca::analysis::bash {

std::string Visitor::unquoted(TSNode node) const {
  std::string out = text(node);
  std::erase_if(out, [](char c) { return c == '"' || c == '\''; });
  return fold_space(out);
}

std::string_view Visitor::command_word(TSNode command) const {
  const TSNode name = field(command, g_.name);
  return ts_node_is_null(name) ? std::string_view() : parsed(name);
}

void Visitor::use_command(TSNode node, const Ancestors& ancestors) {
  const std::string_view word = command_word(node);
  if (word == "source" || word == ".") return add_source(node);
  if (word == "alias") return define_alias(node);
  if (word == "trap") return add_trap(node);
  if (word == "@test") return open_test(node, ancestors);
  if (word == "}") return close_test(node);
  if (word == "read") return bind_read(node);
  if (!is_plain_word(word) || is_builtin(word)) return;
  const TSNode name = field(node, g_.name);
  if (is_loose_function(name)) return;
  out_.add_reference(text(name), ReferenceKind::call, line(name));
}

// `NAME` before an ERROR that begins with "(": a function that is not closed.
bool Visitor::is_loose_function(TSNode name) {
  const std::uint32_t end = ts_node_end_byte(name);
  const std::string_view behind = source_.parse_bytes().substr(end, 2);
  if (behind != "()") return false;
  loose_word_ = name;
  return true;
}

// read -r a b gives the function around it values of its own.
void Visitor::bind_read(TSNode command) {
  for_each_named_child(command, [&](TSNode argument) {
    if (kind_of(argument) == Kind::word) bind(argument);
  });
}

void Visitor::add_source(TSNode command) {
  const TSNode file = field(command, g_.argument);
  if (ts_node_is_null(file)) return;
  Import import;
  import.target = unquoted(file);
  import.line = line(command);
  import.at_top_level = !in_function();
  if (!import.target.empty()) out_.add_import(std::move(import));
}

// trap cleanup EXIT calls cleanup.
void Visitor::add_trap(TSNode command) {
  const TSNode handler = field(command, g_.argument);
  if (ts_node_is_null(handler)) return;
  std::string word = unquoted(handler);
  if (is_plain_word(word) && !is_builtin(word)) out_.add_reference(std::move(word), ReferenceKind::call, line(handler));
}

std::uint32_t Visitor::count_names(TSNode declaration) const {
  std::uint32_t names = 0;
  if (ts_node_named_child_count(declaration) > 8) return 8;
  for_each_named_child(declaration, [&](TSNode child) {
    names += kind_of(child) == Kind::assignment || kind_of(child) == Kind::variable_name ? 1 : 0;
  });
  return names;
}

void Visitor::use_variable(TSNode node, TSFieldId field, const Ancestors& ancestors) {
  const std::string_view name = parsed(node);
  if (ancestors.empty() || name.empty() || (name[0] >= '0' && name[0] <= '9')) return;
  std::size_t level = ancestors.size();
  TSNode whole = node;
  while (level > 0 && field == g_.name && (ancestors[level - 1].kind == Kind::subscript || ancestors[level - 1].kind == Kind::assignment)) {
    --level;
    field = ancestors[level].field;
    whole = ancestors[level].node;
  }
  const bool assigns = level < ancestors.size() && ancestors[level].kind == Kind::assignment;
  const Kind parent = level > 0 ? ancestors[level - 1].kind : Kind::other;
  if (parent == Kind::declaration && (assigns || level == ancestors.size())) {
    const Declaration declaration = read_declaration(parsed(ancestors[level - 1].node));
    if (in_function() ? declaration.is_local : assigns || !declaration.is_export) {
      if (in_function()) return bind(node);
      const std::uint32_t names = count_names(ancestors[level - 1].node);
      return define_variable(node, names == 1 ? ancestors[level - 1].node : whole, declaration.is_constant);
    }
  }
  if (parent == Kind::command && assigns) return;  // NAME=value command: for that command only
  if (parent == Kind::for_ && field == g_.variable) return bind(node);
  if (assigns && !in_function()) return define_variable(node, whole, false);
  out_.add_reference(text(node), ReferenceKind::name, line(node), true);
}

}  // namespace ca::analysis::bash
