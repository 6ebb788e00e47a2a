// The parser behind the front ends: a tree over bytes, and a walk over it that no depth of nesting can overflow.
#pragma once

#include <tree_sitter/api.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/budget.h"
#include "analysis/facts.h"

namespace ca::analysis {

// A parsed tree. Any bytes parse; what does not follow the grammar stands in ERROR and MISSING nodes.
class SyntaxTree {
 public:
  // `bytes` must outlive the tree. The tree lasts as long as the thread's Budget, which frees it. REQUIRES: there is one, and it
  // began before. Errors: throws OverBudget; the time of the parser's error recovery can grow with the square of what it is given.
  SyntaxTree(const TSLanguage* language, std::string_view bytes);
  TSNode root() const { return ts_tree_root_node(tree_); }

 private:
  TSTree* tree_;
};

// Processor time that the last parse of this thread took, in nanoseconds. For tests: what is beyond it is the analyser's own.
std::int64_t last_parse_ns();

inline constexpr std::uint32_t end_of_line = UINT32_MAX;  // an end_column that Collector::take() replaces by the line's length
// A node that takes its line's end with it ends on that line, at `end_of_line`.
Range range_of(TSNode node);

// What a node type means whatever the language: bits.
using Roles = std::uint8_t;
namespace role {
inline constexpr Roles branch = 1;     // one path more through the function
inline constexpr Roles nests = 2;      // one level deeper
inline constexpr Roles logical = 4;    // a binary expression: one path more if it is "and", "or" or "??"
inline constexpr Roles throws = 8;     // leaves every handler around it by an error
inline constexpr Roles comment = 16;
}  // namespace role

// Node types of one grammar as a dense enum: Kind is an enum class over std::uint8_t whose value 0 means "any other node".
// Built once a process, read by any number of threads.
template <class Kind>
class NodeKinds {
 public:
  struct Entry {
    const char* type;
    Kind kind;
    Roles roles = 0;
  };
  NodeKinds(const TSLanguage* language, std::initializer_list<Entry> entries) : kinds_(ts_language_symbol_count(language)) {
    for (const Entry& entry : entries) roles_[static_cast<std::uint8_t>(entry.kind)] |= entry.roles;
    for (std::uint32_t symbol = 0; symbol < kinds_.size(); ++symbol) {
      const char* name = ts_language_symbol_name(language, static_cast<TSSymbol>(symbol));
      if (ts_language_symbol_type(language, static_cast<TSSymbol>(symbol)) == TSSymbolTypeAuxiliary) continue;
      for (const Entry& entry : entries) {
        if (std::strcmp(entry.type, name) == 0) kinds_[symbol] = entry.kind;
      }
    }
  }
  Kind of(TSNode node) const {
    TSSymbol symbol = ts_node_symbol(node);
    return symbol < kinds_.size() ? kinds_[symbol] : Kind{};  // ERROR has a number of its own, beyond all
  }
  Roles roles(Kind kind) const { return roles_[static_cast<std::uint8_t>(kind)]; }

 private:
  std::vector<Kind> kinds_;
  std::array<Roles, 256> roles_{};  // by kind
};

template <class Kind>
struct Ancestor {
  Kind kind;
  TSFieldId field;  // the field of its parent in which it stands; 0 where none
  TSNode node;
};

// Visits every node in the order of the source without recursion. Errors: throws OverBudget.
//   bool enter(TSNode, Kind, TSFieldId, const std::vector<Ancestor<Kind>>& ancestors)   true: the children too
//   void leave(TSNode, Kind, std::size_t depth)                                         after the children
// The depth of a node is the number of its ancestors.
template <class Kind, class Visitor>
void walk(TSNode root, const NodeKinds<Kind>& kinds, Visitor& visitor) {
  struct Cursor {
    TSTreeCursor value;
    ~Cursor() { ts_tree_cursor_delete(&value); }
  } cursor{ts_tree_cursor_new(root)};
  std::vector<Ancestor<Kind>> ancestors;
  for (std::uint32_t step = 1;; ++step) {
    if (step % 4096 == 0) Budget::check_time();
    TSNode node = ts_tree_cursor_current_node(&cursor.value);
    Kind kind = kinds.of(node);
    TSFieldId field = ts_tree_cursor_current_field_id(&cursor.value);
    if (visitor.enter(node, kind, field, std::as_const(ancestors)) && ts_tree_cursor_goto_first_child(&cursor.value)) {
      ancestors.push_back({kind, field, node});
      continue;
    }
    visitor.leave(node, kind, ancestors.size());
    while (!ts_tree_cursor_goto_next_sibling(&cursor.value)) {
      if (!ts_tree_cursor_goto_parent(&cursor.value)) return;
      Ancestor<Kind> done = ancestors.back();
      ancestors.pop_back();
      visitor.leave(done.node, done.kind, ancestors.size());
    }
  }
}

// Calls f for each named child that is no comment, until f returns false. Returns false if it did. Takes the time of a loop with a
// cursor: ts_node_child(node, i) alone takes a time that grows with i.
template <class F>
bool for_each_named_child_until(TSNode node, F&& f) {
  struct Cursor {
    TSTreeCursor value;
    ~Cursor() { ts_tree_cursor_delete(&value); }
  } cursor{ts_tree_cursor_new(node)};
  if (!ts_tree_cursor_goto_first_child(&cursor.value)) return true;
  do {
    TSNode child = ts_tree_cursor_current_node(&cursor.value);
    if (ts_node_is_named(child) && !ts_node_is_extra(child) && !f(child)) return false;
  } while (ts_tree_cursor_goto_next_sibling(&cursor.value));
  return true;
}

// The same for all of them.
template <class F>
void for_each_named_child(TSNode node, F&& f) {
  for_each_named_child_until(node, [&](TSNode child) {
    f(child);
    return true;
  });
}

// Calls f for each child, words and comments too, until f returns false.
template <class F>
void for_each_child_until(TSNode node, F&& f) {
  struct Cursor {
    TSTreeCursor value;
    ~Cursor() { ts_tree_cursor_delete(&value); }
  } cursor{ts_tree_cursor_new(node)};
  if (!ts_tree_cursor_goto_first_child(&cursor.value)) return;
  while (f(ts_tree_cursor_current_node(&cursor.value)) && ts_tree_cursor_goto_next_sibling(&cursor.value)) {
  }
}

inline TSFieldId field_id(const TSLanguage* language, const char* name) {
  return ts_language_field_id_for_name(language, name, static_cast<std::uint32_t>(std::strlen(name)));
}

}  // namespace ca::analysis
