// The walk over a Java tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/frontends/common/tree_reader.h"
#include "analysis/frontends/java/grammar.h"

namespace ca::analysis::java {

using Ancestors = std::vector<Ancestor<Kind>>;

class Visitor : public TreeReader {
 public:
  Visitor(std::string_view path, const Source& source, Collector& out);
  static const Grammar& grammar() { return java::grammar(); }
  static constexpr bool knows_interpreter_line = false;

  // Before the walk: the package, which stands before all names.
  void begin(TSNode root);
  bool enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors);
  void leave(TSNode node, Kind kind, std::size_t depth);

 private:
  struct Modifiers {
    TSNode first;  // where the definition begins, annotations left out
    bool is_public = false, is_private = false, is_static = false, is_final = false, overrides = false;
  };

  // java_visitor.cc
  void define_type(TSNode node, Kind kind, std::size_t depth);
  void define_method(TSNode node, Kind kind, std::size_t depth);
  void define_variable(TSNode node, const Ancestors& ancestors);
  void define_lambda(TSNode name, TSNode lambda, const Ancestors& ancestors);
  void define_enumerator(TSNode node, std::size_t depth);
  void define_component(TSNode node);
  void define_module(TSNode node, std::size_t depth);
  void define_loose_method(TSNode error);
  void open_block(TSNode node, ScopeKind kind, std::size_t depth);
  Modifiers modifiers_of(TSNode node) const;
  std::uint32_t count_parameters(TSNode parameters) const;
  bool in_interface() const;
  void check_body(std::int32_t symbol, TSNode body);
  void open_catch(TSNode node);

  // java_references.cc
  void add_import(TSNode node);
  void add_requires(TSNode node);
  void use_identifier(TSNode node, TSFieldId field, const Ancestors& ancestors);
  void use_type(TSNode node, const Ancestors& ancestors);

  Kind kind_of(TSNode node) const { return g_.kinds.of(node); }

  const Grammar& g_;
  std::string_view path_;
  TSNode loose_name_{}, loose_declaration_{};  // of the last local variable
};

}  // namespace ca::analysis::java
