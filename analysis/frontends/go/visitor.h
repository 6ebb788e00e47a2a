// The walk over a Go tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/frontends/common/tree_reader.h"
#include "analysis/frontends/go/grammar.h"

namespace ca::analysis::go {

using Ancestors = std::vector<Ancestor<Kind>>;

class Visitor : public TreeReader {
 public:
  Visitor(std::string_view path, const Source& source, Collector& out);
  static const Grammar& grammar() { return go::grammar(); }
  static constexpr bool knows_interpreter_line = false;

  // Before the walk: the package, which stands before all names.
  void begin(TSNode root);
  bool enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors);
  void leave(TSNode node, Kind kind, std::size_t depth);

 private:
  // go_visitor.cc
  void define_type(TSNode node, Kind kind, const Ancestors& ancestors);
  void define_function(TSNode node, std::size_t depth);
  void define_method(TSNode node, std::size_t depth);
  void define_declared_method(TSNode node, std::size_t depth);
  void define_fields(TSNode node, std::size_t depth);
  void define_constants(TSNode node, const Ancestors& ancestors);
  void define_variables(TSNode node, const Ancestors& ancestors);
  void define_short_variables(TSNode node);
  std::int32_t define_closure(TSNode name, TSNode literal, TSNode first, TSNode whole);
  void open_closure(TSNode literal, std::size_t depth);
  void open_function(std::int32_t symbol, TSNode node, std::size_t depth);
  TSNode declaration_of(TSNode spec, const Ancestors& ancestors) const;
  std::string receiver_type(TSNode receiver, std::vector<std::string>& type_parameters) const;
  std::uint32_t count_parameters(TSNode parameters) const;
  bool is_exported(std::string_view name) const;
  void check_body(std::int32_t symbol, TSNode body);
  void check_error_branch(TSNode node);

  // go_references.cc
  void add_import(TSNode spec);
  void use_identifier(TSNode node, TSFieldId field, const Ancestors& ancestors);
  void use_field(TSNode node, TSFieldId field, const Ancestors& ancestors);
  void use_type(TSNode node, TSFieldId field, const Ancestors& ancestors);
  bool binds(TSFieldId field, const Ancestors& ancestors) const;
  bool is_base(const Ancestors& ancestors, std::size_t level) const;

  Kind kind_of(TSNode node) const { return g_.kinds.of(node); }

  const Grammar& g_;
  bool wants_docs_ = true;  // not a test, not a program's own
};

}  // namespace ca::analysis::go
