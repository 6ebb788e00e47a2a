// The walk over a JavaScript, TypeScript or TSX tree: what it defines, imports and uses.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "analysis/frontends/common/tree_reader.h"
#include "analysis/frontends/javascript/grammar.h"

namespace ca::analysis::js {

using Ancestors = std::vector<Ancestor<Kind>>;

class Visitor : private TreeReader {
 public:
  Visitor(const Grammar& grammar, const Source& source, Collector& out)
      : TreeReader(source, out, {".", CommentStyle::slashes, true}), g_(grammar) {}

  bool enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors);
  void leave(TSNode node, Kind kind, std::size_t depth);

 private:
  // What a function or class is called: by itself, or by what it is assigned to.
  struct Named {
    std::string name;
    std::string owner;         // "A" of `A.prototype.b = function`, where it is not the file or the scope
    TSNode whole{};            // the whole definition
    std::size_t level = 0;     // `whole` stands below ancestors[level - 1]
    bool is_member = false;    // of a class or object
    bool is_exported = false;
  };

  // js_visitor.cc
  bool enter_definition(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors);
  void open_block(TSNode node, const Ancestors& ancestors);
  void recover(TSNode node, Kind kind, const Ancestors& ancestors);

  // js_definitions.cc
  void define_function(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors);
  void define_class(TSNode node, TSFieldId field, const Ancestors& ancestors);
  void define_type(TSNode node, SymbolKind kind, ScopeKind scope, const Ancestors& ancestors);
  void define_namespace(TSNode node, const Ancestors& ancestors);
  void define_enumerator(TSNode node);
  void define_field(TSNode node, const Ancestors& ancestors);
  void define_property_signature(TSNode node, const Ancestors& ancestors);
  void define_parameter_property(TSNode node, const Ancestors& ancestors);
  void define_variable(TSNode name, const Ancestors& ancestors, std::size_t level);
  void open_object(TSNode node, TSFieldId field, const Ancestors& ancestors);
  std::int32_t add_named(Symbol symbol, const Named& named, const Ancestors& ancestors);
  SymbolKind function_kind(Kind kind, const Named& named, const Ancestors& ancestors) const;

  // js_names.cc
  std::optional<Named> name_of(TSNode node, TSFieldId field, const Ancestors& ancestors) const;
  std::optional<Named> name_by_assignment(TSNode left, Named named) const;
  std::string key_text(TSNode key) const;
  std::string path_in_object(const Ancestors& ancestors, std::size_t level) const;
  TSNode without_decorators(TSNode node) const;
  std::uint32_t doc_start(TSNode whole, std::size_t level, const Ancestors& ancestors) const;
  bool is_exported(std::size_t level, const Ancestors& ancestors) const;
  bool is_ambient(std::size_t level, const Ancestors& ancestors) const;
  bool is_function_value(TSNode value) const;
  bool is_require(TSNode value, TSNode& target) const;

  // js_references.cc
  void use_identifier(TSNode node, TSFieldId field, const Ancestors& ancestors);
  void use_property(TSNode node, TSFieldId field, const Ancestors& ancestors);
  void use_type(TSNode node, TSFieldId field, const Ancestors& ancestors);
  ReferenceKind reference_kind(const Ancestors& ancestors, std::size_t level, TSFieldId field) const;
  std::optional<std::size_t> binding_level(TSFieldId field, const Ancestors& ancestors) const;
  bool names_function(const Ancestors& ancestors, std::size_t level, TSFieldId field) const;
  bool is_own_name(TSFieldId field, const Ancestors& ancestors) const;

  // js_imports.cc
  void add_imports(TSNode node);
  void add_exports(TSNode node, TSNode source);
  void add_required(TSNode call, const Ancestors& ancestors);
  void add_import(TSNode at, std::string target, std::string name, std::string alias);

  // js_checks.cc
  void check_top_level(TSNode node, Kind kind);
  void check_body(TSNode node, std::int32_t symbol);
  void check_handler(TSNode node);
  void check_exported(std::int32_t symbol, bool is_exported);

  Kind kind_of(TSNode node) const { return g_.kinds.of(node); }
  bool is(TSNode node, Kind kind) const { return !ts_node_is_null(node) && ts_node_is_named(node) && kind_of(node) == kind; }

  const Grammar& g_;
  std::unordered_map<std::string, std::int32_t> symbols_;  // qualified name -> the last symbol of that name
  std::unordered_set<std::string> variables_;              // qualified names of the variables defined so far
  std::uint32_t object_at_ = UINT32_MAX;                   // where the object literal stands that the last variable holds
  std::int32_t object_symbol_ = no_parent;
  std::uint32_t decorators_start_ = 0, decorators_end_ = 0;  // the last decorators in a class body
  std::string documented_;                                 // the last exported function that has a doc comment, for its overloads
  TSNode loose_word_{};                                    // `function` or `class` in an ERROR, until its name follows
  std::uint32_t loose_name_ = UINT32_MAX;                  // where the last name that was found so stands
  std::uint32_t head_start_ = 0;                           // behind 'use strict'
  bool head_seen_ = false;                                 // the file's own comment lies behind
  bool for_types_ = false;                                 // within an import or export for types only
  bool code_seen_ = false;                                 // after this an import is not at the top any more
};

}  // namespace ca::analysis::js
