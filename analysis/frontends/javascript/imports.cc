// Imports: ES modules, require and import().
#include "analysis/frontends/javascript/visitor.h"

namespace ca::analysis::js {
namespace {

// The word that stands before a clause or a name: `import type {A}`, `import {type A}`.
bool says_type(TSNode node) {
  bool found = false;
  for_each_child_until(node, [&](TSNode child) {
    found = !ts_node_is_named(child) && std::strncmp(ts_node_type(child), "type", 4) == 0;
    return !found;
  });
  return found;
}

}  // namespace

void Visitor::add_import(TSNode at, std::string target, std::string name, std::string alias) {
  Import import;
  import.target = std::move(target);
  import.name = std::move(name);
  import.alias = std::move(alias);
  import.line = line(at);
  import.at_top_level = out_.scope().kind == ScopeKind::file;
  import.types_only = for_types_ || says_type(at);
  out_.add_import(std::move(import));
}

void Visitor::add_imports(TSNode node) {
  const TSNode source = field(node, g_.source);
  std::string target = ts_node_is_null(source) ? std::string() : key_text(source);
  bool binds = false;
  for_types_ = says_type(node);
  for_each_named_child(node, [&](TSNode clause) {
    if (kind_of(clause) == Kind::import_require) {  // import a = require('x')
      const TSNode name = ts_node_named_child(clause, 0);
      add_import(node, key_text(field(clause, g_.source)), {}, text(name));
      binds = true;
    }
    if (kind_of(clause) != Kind::import_clause) return;
    for_each_named_child(clause, [&](TSNode part) {
      binds = true;
      if (kind_of(part) == Kind::identifier) add_import(part, target, "default", text(part));
      if (kind_of(part) == Kind::namespace_import) add_import(part, target, "*", text(ts_node_named_child(part, 0)));
      if (kind_of(part) != Kind::named_imports) return;
      for_each_named_child(part, [&](TSNode specifier) {
        if (kind_of(specifier) != Kind::import_specifier) return;
        const TSNode name = field(specifier, g_.name), alias = field(specifier, g_.alias);
        if (ts_node_is_null(name)) return;
        add_import(specifier, target, key_text(name), ts_node_is_null(alias) ? std::string() : text(alias));
      });
    });
  });
  if (!binds && !target.empty()) add_import(node, std::move(target), {}, {});
  for_types_ = false;
  if (out_.scope().kind == ScopeKind::file && code_seen_) {
    out_.add_issue("import-not-at-top", Severity::info, "import after other code", range_of(node));
  }
}

// export {a as b} from 'x', export * from 'x', export * as n from 'x': imports that go on at once.
void Visitor::add_exports(TSNode node, TSNode source) {
  const std::string target = key_text(source);
  bool names = false;
  for_types_ = says_type(node);
  for_each_named_child(node, [&](TSNode clause) {
    if (kind_of(clause) == Kind::namespace_export) {
      add_import(node, target, "*", key_text(ts_node_named_child(clause, 0)));
      names = true;
    }
    if (kind_of(clause) != Kind::export_clause) return;
    names = true;
    for_each_named_child(clause, [&](TSNode specifier) {
      const TSNode name = field(specifier, g_.name), alias = field(specifier, g_.alias);
      if (ts_node_is_null(name)) return;
      add_import(specifier, target, key_text(name), ts_node_is_null(alias) ? std::string() : key_text(alias));
    });
  });
  if (!names) add_import(node, target, "*", {});
  for_types_ = false;
}

// require('x') and import('x'): with the names that a declarator around it takes out.
void Visitor::add_required(TSNode call, const Ancestors& ancestors) {
  TSNode target{};
  if (!is_require(call, target)) return;
  std::size_t level = ancestors.size();
  if (level > 0 && ancestors[level - 1].kind == Kind::await) --level;
  const bool is_value = level > 0 && ancestors[level - 1].kind == Kind::declarator;
  const TSNode name = is_value ? field(ancestors[level - 1].node, g_.name) : TSNode{};
  if (is(name, Kind::identifier)) return add_import(call, key_text(target), {}, text(name));
  std::size_t taken = 0;
  if (is(name, Kind::object_pattern)) {
    for_each_named_child(name, [&](TSNode part) {
      const TSNode key = field(part, g_.key), value = field(part, g_.value);
      if (kind_of(part) == Kind::shorthand_pattern) {
        add_import(part, key_text(target), text(part), {});
      } else if (kind_of(part) == Kind::pair_pattern && !ts_node_is_null(key)) {
        add_import(part, key_text(target), key_text(key), is(value, Kind::identifier) ? text(value) : std::string());
      } else {
        return;
      }
      ++taken;
    });
  }
  if (taken == 0) add_import(call, key_text(target), {}, {});
}

}  // namespace ca::analysis::js
