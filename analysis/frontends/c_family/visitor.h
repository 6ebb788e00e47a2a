// The walk over a C or C++ tree.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "analysis/collector.h"
#include "analysis/frontends/c_family/declarator.h"
#include "analysis/frontends/c_family/grammar.h"
#include "analysis/frontends/c_family/prepare.h"
#include "analysis/frontends/common/shared_doc.h"

namespace ca::analysis::c_family {

using Ancestors = std::vector<Ancestor<Kind>>;

class Visitor {
 public:
  Visitor(std::string_view path, const Grammar& grammar, const Source& source, const Prepared& prepared, Collector& out);

  bool enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors);
  void leave(TSNode node, Kind kind, std::size_t depth);
  void finish();  // after the walk: what the preprocessor defines behind the last node

 private:
  struct Handler {  // an open catch clause
    TSNode node;
    bool catches_all = false, throws = false;
  };

  // What a declaration says of all its declarators.
  struct Specifiers {
    bool is_constexpr = false, is_const = false, is_static = false, is_extern = false;
  };

  // c_definitions.cc
  void define_function(TSNode node, const Ancestors& ancestors);
  bool read_macro_function(std::string_view code, Declared& declared) const;
  bool is_loose_head(TSNode statement) const;
  void define_loose_function(TSNode body, const Ancestors& ancestors);
  void declare(TSNode node, Kind kind, const Ancestors& ancestors);
  void declare_one(TSNode node, TSNode declarator, const Specifiers& specifiers, const Ancestors& ancestors);
  void declare_function(TSNode node, const Declared& declared, bool is_definition, const Ancestors& ancestors, Scope* body);
  void define_type(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors);
  void define_enumerator(TSNode node);
  void define_typedef(TSNode node);
  void define_alias(TSNode node, SymbolKind kind, const Ancestors& ancestors);
  void define_namespace(TSNode node, const Ancestors& ancestors);
  void define_lambda(TSNode node, const Ancestors& ancestors);
  void recover(TSNode node, Kind kind, const Ancestors& ancestors);
  void directives_before(std::uint32_t byte);
  void macros_before(std::uint32_t byte);
  void define_macro(const Directive& directive);
  Symbol start_symbol(SymbolKind kind, const Declared& declared, TSNode whole, std::uint32_t header_end);
  std::uint32_t first_macro_before(std::uint32_t start, std::ptrdiff_t newlines) const;
  std::uint32_t with_macros(std::uint32_t start) const;
  std::string doc_above_macros(std::uint32_t start, std::uint32_t line) const;
  std::int32_t add(Symbol symbol, const std::string& scope);
  std::string friend_name(const std::string& name) const;
  TSNode whole_definition(TSNode node, const Ancestors& ancestors) const;
  std::uint32_t count_parameters(TSNode parameters) const;
  std::uint32_t body_start(TSNode node) const;
  bool in_function() const { return out_.function() != nullptr; }

  // c_comments.cc
  std::string doc_above(std::uint32_t start, std::uint32_t line) const;
  std::string doc_behind(std::uint32_t end) const;
  std::string find_doc_above(std::uint32_t start, std::uint32_t line) const;
  std::string find_doc_behind(std::uint32_t end) const;
  void check_doc(std::int32_t symbol);
  void check_file_doc();

  // c_references.cc
  void use_name(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors);
  bool is_binding(TSFieldId field, const Ancestors& ancestors) const;
  void note_template_parameter(TSNode node, const Ancestors& ancestors);
  void add_template_parameter(std::string name, std::uint32_t end);
  bool is_template_parameter(std::string_view name) const { return parameter_names_.count(std::string(name)) > 0; }

  // c_checks.cc
  void count_flow(TSNode node, Kind kind, const Ancestors& ancestors);
  void end_flow(Kind kind);
  static bool nests(Kind kind);
  void open_handler(TSNode node);
  void close_handler();
  void check_body(TSNode body, std::int32_t symbol);
  void check_error(TSNode node, const Ancestors& ancestors);

  Kind kind_of(TSNode node) const { return g_.kinds.of(node); }
  std::string text(TSNode node) const { return source_.text(ts_node_start_byte(node), ts_node_end_byte(node)); }
  std::string_view parsed(TSNode node) const {
    return std::string_view(prepared_.bytes).substr(ts_node_start_byte(node), ts_node_end_byte(node) - ts_node_start_byte(node));
  }
  std::uint32_t line(TSNode node) const { return ts_node_start_point(node).row + 1; }

  const Grammar& g_;
  const Source& source_;
  const Prepared& prepared_;
  Collector& out_;
  bool is_header_ = false;
  TSNode loose_head_{};                // a statement outside of any function, which a block may follow
  std::size_t next_directive_ = 0, next_macro_ = 0;
  std::uint32_t macros_read_ = 0, macro_line_ = 1;  // how far macros_before() has counted lines
  std::vector<Handler> handlers_;
  std::vector<bool> nesting_counts_;  // per open statement that nests
  std::unordered_map<std::string, std::int32_t> types_;            // qualified name -> symbol, of the types of this file
  std::unordered_set<std::string> namespaces_;                     // qualified names of the namespaces of this file
  std::vector<std::pair<std::string, std::uint32_t>> parameters_;  // template parameters and where their template ends
  std::unordered_map<std::string, std::uint32_t> parameter_names_;  // how many of parameters_ have the name
  mutable SharedDoc above_, behind_;
  mutable const void* body_of_ = nullptr;  // the last node that body_start() was asked about
  mutable std::uint32_t body_start_ = 0;
  mutable std::uint32_t macros_of_ = UINT32_MAX, first_macro_ = 0;  // the same of first_macro_before()
  mutable std::ptrdiff_t macro_newlines_ = 0;
  std::uint32_t declared_name_ = UINT32_MAX;  // where the name of the last type that was only declared stands
  std::uint32_t documented_line_ = 0;  // the last line of the last declaration that has a doc comment
  std::uint32_t error_depth_ = 0, errors_ = 0;
};

}  // namespace ca::analysis::c_family
