#include "analysis/frontends/c_family/visitor.h"

#include "analysis/front_end.h"

namespace ca::analysis::c_family {

Visitor::Visitor(std::string_view path, const Grammar& grammar, const Source& source, const Prepared& prepared, Collector& out)
    : g_(grammar), source_(source), prepared_(prepared), out_(out) {
  for (std::string_view suffix : {".h", ".hh", ".hpp", ".hxx", ".H"}) is_header_ = is_header_ || path.ends_with(suffix);
  check_file_doc();
}

bool Visitor::enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors) {
  out_.close_before(ts_node_start_byte(node));
  directives_before(ts_node_start_byte(node));
  macros_before(ts_node_start_byte(node));
  check_error(node, ancestors);
  if (error_depth_ > 0) recover(node, kind, ancestors);
  count_flow(node, kind, ancestors);
  switch (kind) {
    case Kind::function_definition: define_function(node, ancestors); break;
    case Kind::declaration: case Kind::field_declaration: declare(node, kind, ancestors); break;
    case Kind::class_specifier: case Kind::struct_specifier: case Kind::union_specifier: case Kind::enum_specifier:
      define_type(node, kind, field, ancestors);
      break;
    case Kind::enumerator: define_enumerator(node); break;
    case Kind::type_definition: define_typedef(node); break;
    case Kind::alias_declaration: define_alias(node, SymbolKind::type_alias, ancestors); break;
    case Kind::concept_definition: define_alias(node, SymbolKind::concept_, ancestors); break;
    case Kind::namespace_alias_definition: define_alias(node, SymbolKind::namespace_, ancestors); break;
    case Kind::namespace_definition: define_namespace(node, ancestors); break;
    case Kind::init_declarator: define_lambda(node, ancestors); break;
    case Kind::access_specifier:
      if (out_.scopes().size() > 1) {
        out_.scope().is_private = parsed(node) != "public" || out_.scopes()[out_.scopes().size() - 2].is_private;
      }
      break;
    case Kind::type_parameter_declaration: case Kind::optional_type_parameter_declaration:
    case Kind::variadic_type_parameter_declaration:
      note_template_parameter(node, ancestors);
      break;
    case Kind::identifier: case Kind::field_identifier: case Kind::type_identifier: case Kind::namespace_identifier:
      use_name(node, kind, field, ancestors);
      break;
    case Kind::catch_clause: open_handler(node); break;
    case Kind::expression_statement:
      loose_head_ = node;
      if (is_loose_head(node)) return false;
      break;
    case Kind::compound_statement: define_loose_function(node, ancestors); break;
    case Kind::throw_statement:
      // Where one is marked, those around it are.
      for (auto handler = handlers_.rbegin(); handler != handlers_.rend() && !handler->throws; ++handler) handler->throws = true;
      break;
    default: break;
  }
  return true;
}

void Visitor::leave(TSNode node, Kind kind, std::size_t depth) {
  out_.close_deeper(depth);
  end_flow(kind);
  if (kind == Kind::catch_clause) close_handler();
  if (ts_node_is_error(node)) --error_depth_;
}

void Visitor::finish() {
  directives_before(UINT32_MAX);
  macros_before(UINT32_MAX);
}

}  // namespace ca::analysis::c_family

namespace ca::analysis {
namespace {

class CFamilyFrontEnd final : public FrontEnd {
 public:
  explicit CFamilyFrontEnd(bool is_cpp) : is_cpp_(is_cpp) {}

  void collect(std::string_view path, const Source& source, Collector& out) const override {
    const c_family::Grammar& grammar = is_cpp_ ? c_family::cpp_grammar() : c_family::c_grammar();
    const c_family::Prepared prepared = c_family::prepare(source.parse_bytes(), is_cpp_);
    SyntaxTree tree(grammar.language, prepared.bytes);
    c_family::Visitor visitor(path, grammar, source, prepared, out);
    walk(tree.root(), grammar.kinds, visitor);
    visitor.finish();
  }

 private:
  bool is_cpp_;
};

}  // namespace

const FrontEnd& c_front_end() {
  static const CFamilyFrontEnd the_front_end(false);
  return the_front_end;
}

const FrontEnd& cpp_front_end() {
  static const CFamilyFrontEnd the_front_end(true);
  return the_front_end;
}

}  // namespace ca::analysis
