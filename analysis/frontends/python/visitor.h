// The walk over a Python tree: what it defines, imports and uses. The issues are in python_checks.cc.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "analysis/collector.h"
#include "analysis/frontends/common/syntax_errors.h"
#include "analysis/frontends/python/grammar.h"

namespace ca::analysis::python {

using Ancestors = std::vector<Ancestor<Kind>>;

class Visitor {
 public:
  Visitor(std::string_view path, const Source& source, Collector& out)
      : path_(path), source_(source), out_(out), errors_(source, out, max_reported_errors) {}

  // Before the walk: the module's own docstring.
  void begin(TSNode root);
  bool enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors);
  void leave(TSNode node, Kind kind, std::size_t depth);

 private:
  static constexpr std::uint32_t max_reported_errors = 20;

  struct Handler {  // an open except clause
    TSNode node;
    bool catches_all = false;
    bool raises = false;
  };

  // python_visitor.cc
  void define_function(TSNode node, const Ancestors& ancestors);
  void define_class(TSNode node, const Ancestors& ancestors);
  void define_by_assignment(TSNode node, const Ancestors& ancestors);
  void define_type_alias(TSNode node);
  void add_definition(SymbolKind kind, TSNode range_node, TSNode name_node);
  void recover(TSNode node, Kind kind, const Ancestors& ancestors);
  std::string header(TSNode node, std::initializer_list<TSFieldId> last_fields) const;
  std::uint32_t count_parameters(TSNode parameters, bool is_method) const;
  bool is_new_name(std::string_view name);

  // python_references.cc
  void use_identifier(TSNode node, TSFieldId field, const Ancestors& ancestors);
  ReferenceKind reference_kind(const Ancestors& ancestors, std::size_t level, TSFieldId field) const;
  bool is_binding(const Ancestors& ancestors, TSFieldId field) const;
  void add_imports(TSNode node, Kind kind, const Ancestors& ancestors);
  bool is_for_types(const Ancestors& ancestors) const;
  void add_import(TSNode name_node, Import import);

  // python_checks.cc
  void check_top_level(TSNode node, Kind kind, const Ancestors& ancestors);
  void check_import_place(TSNode node, const Ancestors& ancestors);
  void check_docstring(TSNode node, std::int32_t symbol, bool is_public);
  void check_body(TSNode node, std::int32_t symbol, const Ancestors& ancestors);
  void open_handler(TSNode node);
  void close_handler();
  bool has_decorator(const Ancestors& ancestors, std::string_view word) const;

  Kind kind_of(TSNode node) const { return grammar().kinds.of(node); }
  std::string text(TSNode node) const { return source_.text(ts_node_start_byte(node), ts_node_end_byte(node)); }
  std::string_view parsed(TSNode node) const { return source_.parsed(ts_node_start_byte(node), ts_node_end_byte(node)); }
  std::uint32_t line(TSNode node) const { return ts_node_start_point(node).row + 1; }
  std::string docstring_of(TSNode body) const;

  std::string_view path_;
  const Source& source_;
  Collector& out_;
  std::vector<Handler> handlers_;
  Kind pending_keyword_ = Kind::other;  // a `def` or `class` that stands in an ERROR, until its name follows
  std::uint32_t pending_start_ = 0;
  TSPoint pending_point_{};
  std::uint32_t alias_name_ = UINT32_MAX;  // where the name of the last type statement stands
  std::uint32_t type_depth_ = 0;        // nodes of type annotations around this place
  SyntaxErrors errors_;
  bool code_seen_ = false;              // after this an import is not at the top any more
  std::unordered_set<std::string> assigned_;  // qualified names that assignments have defined already
};

}  // namespace ca::analysis::python
