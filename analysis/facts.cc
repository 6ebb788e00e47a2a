#include "analysis/facts.h"

namespace ca::analysis {

const char* kind_name(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::module_: return "module";
    case SymbolKind::class_: return "class";
    case SymbolKind::struct_: return "struct";
    case SymbolKind::union_: return "union";
    case SymbolKind::enum_: return "enum";
    case SymbolKind::enumerator: return "enumerator";
    case SymbolKind::interface: return "interface";
    case SymbolKind::trait: return "trait";
    case SymbolKind::type_alias: return "type_alias";
    case SymbolKind::function: return "function";
    case SymbolKind::method: return "method";
    case SymbolKind::constructor: return "constructor";
    case SymbolKind::destructor: return "destructor";
    case SymbolKind::macro: return "macro";
    case SymbolKind::constant: return "constant";
    case SymbolKind::variable: return "variable";
    case SymbolKind::field: return "field";
    case SymbolKind::namespace_: return "namespace";
    case SymbolKind::concept_: return "concept";
  }
  return "";
}

const char* reference_kind_name(ReferenceKind kind) {
  switch (kind) {
    case ReferenceKind::call: return "call";
    case ReferenceKind::name: return "name";
    case ReferenceKind::type: return "type";
    case ReferenceKind::base: return "base";
  }
  return "";
}

const char* severity_name(Severity severity) {
  switch (severity) {
    case Severity::info: return "info";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "";
}

}  // namespace ca::analysis
