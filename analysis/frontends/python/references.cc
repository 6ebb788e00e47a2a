// Uses of names and imports.
#include "analysis/frontends/python/visitor.h"
#include "analysis/text.h"

namespace ca::analysis::python {
namespace {

bool is_pattern(Kind kind) {
  return kind == Kind::pattern_list || kind == Kind::tuple_pattern || kind == Kind::list_pattern ||
         kind == Kind::list_splat_pattern || kind == Kind::dictionary_splat_pattern;
}

}  // namespace

// Whether an identifier at this place (in `field` of the last ancestor) gets a value here rather than being used.
bool Visitor::is_binding(const Ancestors& ancestors, TSFieldId field) const {
  const Grammar& g = grammar();
  std::size_t level = ancestors.size();
  while (level > 0 && is_pattern(ancestors[level - 1].kind)) field = ancestors[--level].field;
  if (level == 0) return false;
  switch (ancestors[level - 1].kind) {
    case Kind::parameters: case Kind::lambda_parameters: return true;
    case Kind::typed_parameter: return field != g.type;
    case Kind::default_parameter: case Kind::typed_default_parameter: case Kind::named_expression: return field == g.name;
    case Kind::assignment: case Kind::augmented_assignment: case Kind::for_: case Kind::for_in_clause: return field == g.left;
    case Kind::as_pattern_target: return true;
    case Kind::except: return field == g.alias;
    case Kind::as_pattern: return field != g.alias && level >= 2 && ancestors[level - 2].kind == Kind::case_pattern;  // case X() as name
    case Kind::splat_pattern: return true;
    case Kind::dotted_name:  // a bare name in a case pattern takes the value
      return level >= 2 && ancestors[level - 2].kind != Kind::class_pattern && ts_node_child_count(ancestors[level - 1].node) == 1;
    default: return false;
  }
}

// What kind of use it is, where `field` names the place in ancestors[level - 1].
ReferenceKind Visitor::reference_kind(const Ancestors& ancestors, std::size_t level, TSFieldId field) const {
  const Grammar& g = grammar();
  Kind parent = level > 0 ? ancestors[level - 1].kind : Kind::other;
  if (parent == Kind::call && field == g.function) return ReferenceKind::call;
  if (parent == Kind::decorator) return ReferenceKind::call;  // a decorator is called
  if (parent == Kind::argument_list && ancestors[level - 1].field == g.superclasses) return ReferenceKind::base;
  if (parent == Kind::subscript && field == g.value && level > 1 && ancestors[level - 2].kind == Kind::argument_list &&
      ancestors[level - 2].field == g.superclasses) {
    return ReferenceKind::base;  // class A(Generic[T])
  }
  return type_depth_ > 0 ? ReferenceKind::type : ReferenceKind::name;
}

void Visitor::use_identifier(TSNode node, TSFieldId field, const Ancestors& ancestors) {
  if (ancestors.empty()) return;
  const Grammar& g = grammar();
  const Ancestor<Kind>& parent = ancestors.back();
  if ((parent.kind == Kind::function || parent.kind == Kind::class_ || parent.kind == Kind::keyword_argument) && field == g.name) {
    return;
  }
  if (parent.kind == Kind::keyword_pattern || ts_node_start_byte(node) == alias_name_) return;
  if (parent.kind == Kind::global || parent.kind == Kind::nonlocal) {
    if (Scope* function = out_.function()) function->outer.push_back(text(node));
    return;
  }
  if (is_binding(ancestors, field)) {
    Scope* function = out_.function();
    if (function && out_.scope().kind == ScopeKind::function) function->locals.push_back(text(node));
    return;
  }
  bool is_attribute = parent.kind == Kind::attribute && field == g.attribute;
  ReferenceKind kind = is_attribute ? reference_kind(ancestors, ancestors.size() - 1, parent.field)
                                    : reference_kind(ancestors, ancestors.size(), field);
  std::string_view name = parsed(node);
  if (!is_attribute && (name == "self" || name == "cls")) return;
  if (kind == ReferenceKind::type && name == "Any") {
    out_.add_issue("any-type", Severity::info, "a value of type Any is not checked", range_of(node));
  }
  out_.add_reference(text(node), kind, line(node), !is_attribute && kind == ReferenceKind::name);
}

void Visitor::add_import(TSNode name_node, Import import) {
  const Grammar& g = grammar();
  const bool from = !import.target.empty() || import.relative_level > 0;
  TSNode name = name_node;
  if (kind_of(name_node) == Kind::aliased_import) {
    name = ts_node_child_by_field_id(name_node, g.name);
    TSNode alias = ts_node_child_by_field_id(name_node, g.alias);
    if (!ts_node_is_null(alias)) import.alias = text(alias);
  }
  if (ts_node_is_null(name)) return;
  (from ? import.name : import.target) = fold_space(text(name));
  import.line = line(name_node);
  out_.add_import(std::move(import));
}

// Whether a branch of `if TYPE_CHECKING:` holds this place.
bool Visitor::is_for_types(const Ancestors& ancestors) const {
  const Grammar& g = grammar();
  for (std::size_t i = 0; i + 1 < ancestors.size(); ++i) {
    if (ancestors[i].kind != Kind::if_ || ancestors[i + 1].field != g.consequence) continue;
    const TSNode condition = ts_node_child_by_field_id(ancestors[i].node, g.condition);
    if (!ts_node_is_null(condition) && parsed(condition).ends_with("TYPE_CHECKING") && !parsed(condition).starts_with("not ")) return true;
  }
  return false;
}

void Visitor::add_imports(TSNode node, Kind kind, const Ancestors& ancestors) {
  const Grammar& g = grammar();
  Import import;
  import.line = line(node);
  import.at_top_level = out_.scope().kind == ScopeKind::file;
  import.types_only = is_for_types(ancestors);
  if (kind == Kind::import_future) import.target = "__future__";
  TSNode module = ts_node_child_by_field_id(node, g.module_name);
  if (kind == Kind::import_from && !ts_node_is_null(module)) {
    std::string name = fold_space(text(module));
    std::size_t dots = name.find_first_not_of(". ");
    std::string_view prefix = std::string_view(name).substr(0, dots);
    for (char c : prefix) import.relative_level += c == '.' ? 1 : 0;
    import.target = dots == std::string::npos ? "" : name.substr(dots);
  }
  for_each_named_child(node, [&](TSNode child) {
    if (!ts_node_is_null(module) && ts_node_eq(child, module)) return;
    Kind child_kind = kind_of(child);
    if (child_kind == Kind::wildcard_import) {
      Import all = import;
      all.name = '*';
      out_.add_import(std::move(all));
    } else if (child_kind == Kind::dotted_name || child_kind == Kind::aliased_import) {
      add_import(child, import);
    }
  });
}

}  // namespace ca::analysis::python
