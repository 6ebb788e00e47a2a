#include "analysis/frontends/javascript/visitor.h"

#include <algorithm>
#include <utility>

#include "analysis/front_end.h"
#include "analysis/frontends/javascript/gaps.h"

namespace ca::analysis::js {

bool Visitor::enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors) {
  const bool is_loose = in_error() && !ancestors.empty() && ts_node_is_error(ancestors.back().node);
  if (!ts_node_is_named(node)) {
    enter_node(node, 0);
    if (is_loose) recover(node, kind, ancestors);
    return true;
  }
  const bool continues = kind == Kind::if_ && !ancestors.empty() && ancestors.back().kind == Kind::else_;
  enter_node(node, g_.kinds.roles(kind), continues);
  if (kind == Kind::comment) {
    note_comment(node, parsed(node).starts_with("/**") && ts_node_end_byte(node) - ts_node_start_byte(node) > 4);
    return false;
  }
  if (is_loose) recover(node, kind, ancestors);
  if (ancestors.size() == 1) check_top_level(node, kind);
  switch (kind) {
    case Kind::identifier: use_identifier(node, field, ancestors); return true;
    case Kind::shorthand_property: out_.add_reference(text(node), ReferenceKind::name, line(node), true); return true;
    case Kind::shorthand_pattern: use_identifier(node, field, ancestors); return true;
    case Kind::property_identifier: case Kind::private_property_identifier: use_property(node, field, ancestors); return true;
    case Kind::type_identifier: use_type(node, field, ancestors); return true;
    case Kind::predefined_type:
      if (parsed(node) == "any") out_.add_issue("any-type", Severity::info, "a value of type any is not checked", range_of(node));
      return true;
    case Kind::import_statement: add_imports(node); return false;
    case Kind::export_statement: {
      TSNode source = TreeReader::field(node, g_.source);
      if (ts_node_is_null(source)) return true;
      add_exports(node, source);
      return false;
    }
    case Kind::call: add_required(node, ancestors); return true;
    case Kind::catch_: check_handler(node); open_block(node, ancestors); return true;
    case Kind::member: return ancestors.empty() || ancestors.back().kind != Kind::namespace_ || field != g_.name;  // namespace a.b
    case Kind::jsx_close: case Kind::jsx_namespace_name: return false;
    default: return enter_definition(node, kind, field, ancestors);
  }
}

bool Visitor::enter_definition(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors) {
  switch (kind) {
    case Kind::function: case Kind::function_expression: case Kind::arrow: case Kind::function_signature: case Kind::method:
    case Kind::method_signature: case Kind::abstract_method_signature:
      define_function(node, kind, field, ancestors);
      break;
    case Kind::class_: define_class(node, field, ancestors); break;
    case Kind::interface: define_type(node, SymbolKind::interface, ScopeKind::type, ancestors); break;
    case Kind::type_alias: define_type(node, SymbolKind::type_alias, ScopeKind::type, ancestors); break;
    case Kind::enum_: define_type(node, SymbolKind::enum_, ScopeKind::enumeration, ancestors); break;
    case Kind::import_alias: define_type(node, SymbolKind::type_alias, ScopeKind::type, ancestors); break;
    case Kind::namespace_: define_namespace(node, ancestors); break;
    case Kind::enum_assignment: define_enumerator(TreeReader::field(node, g_.name)); break;
    case Kind::field: define_field(node, ancestors); break;
    case Kind::property_signature: define_property_signature(node, ancestors); break;
    case Kind::parameter: define_parameter_property(node, ancestors); break;
    case Kind::object: open_object(node, field, ancestors); break;
    case Kind::statement_block: case Kind::for_: case Kind::for_in: case Kind::switch_body: case Kind::class_static_block:
    case Kind::function_type: case Kind::constructor_type: case Kind::call_signature: case Kind::construct_signature:
      open_block(node, ancestors);
      break;
    case Kind::decorator:
      if (ancestors.back().kind == Kind::class_body) {
        const bool follows = trim(source_.parsed(decorators_end_, ts_node_start_byte(node))).empty();
        if (!follows || decorators_end_ == 0) decorators_start_ = ts_node_start_byte(node);
        decorators_end_ = ts_node_end_byte(node);
      }
      break;
    case Kind::type_parameter: bind_type(TreeReader::field(node, g_.name)); break;
    case Kind::mapped_type: bind_type(TreeReader::field(node, g_.name)); break;
    case Kind::infer: bind_type(ts_node_named_child(node, 0)); break;
    default: break;
  }
  return true;
}

void Visitor::leave(TSNode node, Kind kind, std::size_t depth) {
  leave_node(node, ts_node_is_named(node) ? g_.kinds.roles(kind) : Roles{}, depth);
}

// A block outside of any function keeps its names to itself, and so does the header of a function's type.
void Visitor::open_block(TSNode node, const Ancestors& ancestors) {
  const Kind kind = kind_of(node);
  const bool is_type = kind == Kind::function_type || kind == Kind::constructor_type || kind == Kind::call_signature ||
                       kind == Kind::construct_signature;
  if (!is_type && in_function()) return;
  const Kind parent = ancestors.empty() ? Kind::other : ancestors.back().kind;
  if (parent == Kind::namespace_ || parent == Kind::ambient) return;
  Scope scope = make_scope(ScopeKind::function, out_.scope().symbol, node, ancestors.size());
  scope.is_measured = false;
  out_.open(std::move(scope));
}

// Inside an ERROR the parser leaves `function NAME` and `class NAME` as loose words.
void Visitor::recover(TSNode node, Kind kind, const Ancestors& ancestors) {
  if (!ts_node_is_named(node)) {
    const std::string_view word = ts_node_type(node);
    if (word == "*" && !ts_node_is_null(loose_word_)) return;  // function *name
    loose_word_ = word == "function" || word == "class" || word == "interface" ? node : TSNode{};
    return;
  }
  const TSNode word = std::exchange(loose_word_, TSNode{});
  if (kind != Kind::comment) close_loose(ts_node_is_null(word) ? node : word, ancestors.size());
  if (ts_node_is_null(word) || (kind != Kind::identifier && kind != Kind::type_identifier)) return;
  const std::string_view type = ts_node_type(word);
  const bool is_function = type == "function";
  const SymbolKind symbol_kind = type == "class" ? SymbolKind::class_ : is_function ? SymbolKind::function : SymbolKind::interface;
  const std::int32_t index = add(make_documented(symbol_kind, text(node), word, ancestors.back().node, ts_node_end_byte(node)));
  open_loose(is_function ? ScopeKind::function : ScopeKind::type, index, ancestors.back().node, ancestors.size());
  loose_name_ = ts_node_start_byte(node);
}

}  // namespace ca::analysis::js

namespace ca::analysis {
namespace {

// Files that share the suffix .ts: Qt's translations and MPEG streams, whose packets of 188 bytes each begin with a G.
bool is_no_script(std::string_view bytes) {
  const std::string_view head = trim(bytes.substr(0, 400));
  if (head.starts_with("<?xml") || head.starts_with("<!DOCTYPE")) return true;
  return bytes.size() > 376 && bytes[0] == 'G' && bytes[188] == 'G' && bytes[376] == 'G';
}

class ScriptFrontEnd final : public FrontEnd {
 public:
  explicit ScriptFrontEnd(Language language) : grammar_(js::grammar(language)), may_be_data_(language == Language::typescript), is_typescript_(language != Language::javascript) {}

  js::Script script_of(std::string_view path) const {
    if (!is_typescript_) return js::Script::javascript;
    const bool declares = path.ends_with(".d.ts") || path.ends_with(".d.mts") || path.ends_with(".d.cts");
    return declares ? js::Script::declarations : js::Script::typescript;
  }


  void collect(std::string_view path, const Source& source, Collector& out) const override {
    if (may_be_data_ && is_no_script(source.parse_bytes())) {
      out.add_issue("parse-error", Severity::error, "syntax error: this is no TypeScript but a file of another sort", {1, 1, 0, 0});
      return;
    }
    const std::string filled = js::fill_gaps(source.parse_bytes(), script_of(path));
    SyntaxTree tree(grammar_.language, filled.empty() ? source.parse_bytes() : std::string_view(filled));
    js::Visitor visitor(grammar_, source, out);
    walk(tree.root(), grammar_.kinds, visitor);
  }

 private:
  const js::Grammar& grammar_;
  bool may_be_data_;
  bool is_typescript_;
};

}  // namespace

const FrontEnd& javascript_front_end() {
  static const ScriptFrontEnd the_front_end(Language::javascript);
  return the_front_end;
}

const FrontEnd& typescript_front_end() {
  static const ScriptFrontEnd the_front_end(Language::typescript);
  return the_front_end;
}

const FrontEnd& tsx_front_end() {
  static const ScriptFrontEnd the_front_end(Language::tsx);
  return the_front_end;
}

}  // namespace ca::analysis
