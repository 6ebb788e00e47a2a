// The walk over a Bash tree: what a script defines, sources and calls.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "analysis/frontends/bash/grammar.h"
#include "analysis/frontends/common/tree_reader.h"

namespace ca::analysis::bash {

using Ancestors = std::vector<Ancestor<Kind>>;

class Visitor : private TreeReader {
 public:
  Visitor(const Source& source, Collector& out) : TreeReader(source, out, {".", CommentStyle::hash, true}), g_(grammar()) {}

  bool enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors);
  void leave(TSNode node, Kind kind, std::size_t depth);

 private:
  void define_function(TSNode node, const Ancestors& ancestors);
  void define_lost_functions(std::uint32_t up_to);
  void define_loose_function(TSNode name, TSNode first, const Ancestors& ancestors);
  void recover(TSNode node, Kind kind, const Ancestors& ancestors);
  void define_variable(TSNode name, TSNode whole, bool is_constant);
  void define_alias(TSNode command);
  void open_test(TSNode command, const Ancestors& ancestors);
  void close_test(TSNode command);

  void use_command(TSNode node, const Ancestors& ancestors);
  void use_variable(TSNode node, TSFieldId field, const Ancestors& ancestors);
  std::uint32_t count_names(TSNode declaration) const;
  void add_source(TSNode command);
  void add_trap(TSNode command);
  void bind_read(TSNode command);
  bool is_loose_function(TSNode name);

  void check_top_level(TSNode node, Kind kind);
  void check_body(TSNode body, std::int32_t symbol);

  // A word or string without its quotes; expansions stay as they are written.
  std::string unquoted(TSNode node) const;
  std::string_view command_word(TSNode command) const;
  Kind kind_of(TSNode node) const { return g_.kinds.of(node); }

  const Grammar& g_;
  std::unordered_set<std::string> variables_;  // those defined so far
  std::int32_t test_ = no_parent;              // the open @test of a Bats file
  TSNode loose_word_{};                        // in an ERROR: a word that may name a function
  TSNode loose_function_{};                    // in an ERROR: `function`, until its name follows
  std::uint32_t scanned_ = 0;                  // up to here lines were read for functions that the tree lost
  std::optional<std::size_t> newline_;         // the first at or after that, npos if there is none
  std::uint32_t line_ = 1, line_at_ = 0;       // the line of the last of these, and its first byte
  bool head_seen_ = false;                     // the file's own comment lies behind
};

}  // namespace ca::analysis::bash
