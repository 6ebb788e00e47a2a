// The walk over a Rust tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/frontends/common/tree_reader.h"
#include "analysis/frontends/rust/gaps.h"
#include "analysis/frontends/rust/grammar.h"

namespace ca::analysis::rust {

using Ancestors = std::vector<Ancestor<Kind>>;

// "src/a/mod.rs" -> "crate::a", "net/src/lib.rs" -> "net", "tests/api.rs" -> "api": a crate by its folder's name, `crate` where the
// path does not tell it.
std::string module_name(std::string_view path);

class Visitor : public TreeReader {
 public:
  Visitor(std::string_view path, const Source& source, Collector& out);
  static const Grammar& grammar() { return rust::grammar(); }
  static constexpr bool knows_interpreter_line = true;
  static std::string fill_gaps(std::string_view bytes) { return rust::fill_gaps(bytes); }

  void begin(TSNode root);
  bool enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors);
  void leave(TSNode node, Kind kind, std::size_t depth);

 private:
  // rust_visitor.cc
  bool define(TSNode node, Kind kind, const Ancestors& ancestors);
  void define_type(TSNode node, Kind kind, std::size_t depth);
  void define_function(TSNode node, Kind kind, std::size_t depth);
  void define_module(TSNode node, std::size_t depth);
  void define_value(TSNode node, Kind kind, std::size_t depth);
  void define_member(TSNode node, SymbolKind kind, std::size_t depth);
  void define_macro(TSNode node, std::size_t depth);
  void define_let(TSNode node);
  void open_impl(TSNode node, std::size_t depth);
  void open_closure(TSNode closure, std::size_t depth);
  std::string implemented_type(TSNode impl) const;
  bool is_public(TSNode node) const;
  std::uint32_t count_parameters(TSNode parameters) const;
  void note(TSNode node);
  void end_inner_doc();
  void check_body(std::int32_t symbol, TSNode body);
  void check_arm(TSNode node);
  void check_if_let(TSNode node);

  // rust_references.cc
  void add_use(TSNode node);
  void add_import(std::string target, std::string name, std::string alias, TSNode node);
  void use_identifier(TSNode node, TSFieldId field, const Ancestors& ancestors);
  void use_token(TSNode node);
  void use_field(TSNode node, TSFieldId field, const Ancestors& ancestors);
  void use_type(TSNode node, TSFieldId field, const Ancestors& ancestors);
  bool binds(TSNode node, TSFieldId field, const Ancestors& ancestors) const;
  bool is_called(TSFieldId field, const Ancestors& ancestors, std::size_t level) const;

  Kind kind_of(TSNode node) const { return g_.kinds.of(node); }
  std::string path_text(TSNode node) const;  // without any white space

  const Grammar& g_;
  std::string_view path_;
  std::uint32_t inner_doc_start_ = 0, inner_doc_end_ = 0;  // comments that speak of what they stand in
};

}  // namespace ca::analysis::rust
