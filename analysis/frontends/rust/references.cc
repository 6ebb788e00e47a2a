// Uses of names and imports in Rust.
#include <utility>

#include "analysis/frontends/rust/visitor.h"

namespace ca::analysis::rust {
namespace {

constexpr std::size_t longest_path = 2000;
constexpr std::size_t max_pattern_depth = 1000;  // deeper nesting is no program's

// A bare name in a pattern binds unless it is a constant or a variant, which custom writes with a capital.
bool looks_like_variable(std::string_view name) { return !name.empty() && !(name.front() >= 'A' && name.front() <= 'Z'); }

bool is_pattern(Kind kind) {
  return kind == Kind::pattern || kind == Kind::captured_pattern || kind == Kind::tuple_struct_pattern || kind == Kind::match_pattern ||
         kind == Kind::field_pattern;
}

}  // namespace

std::string Visitor::path_text(TSNode node) const {
  std::string path = text(node);
  std::erase_if(path, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  return path;
}

void Visitor::add_import(std::string target, std::string name, std::string alias, TSNode node) {
  Import import;
  import.target = std::move(target);
  import.name = std::move(name);
  import.alias = std::move(alias);
  import.line = line(node);
  import.at_top_level = out_.scope().kind == ScopeKind::file || out_.scope().kind == ScopeKind::namespace_;
  out_.add_import(std::move(import));
}

// One import for each leaf of the tree: `use a::{b, c as d, e::*}` is three.
void Visitor::add_use(TSNode node) {
  struct Branch {
    TSNode node;
    std::string prefix;
  };
  std::vector<Branch> open;
  auto push = [&](TSNode child, const std::string& prefix) {
    if (!ts_node_is_null(child) && prefix.size() < longest_path) open.push_back({child, prefix});
  };
  auto join = [&](const std::string& prefix, TSNode path) {
    if (ts_node_is_null(path)) return prefix;
    return prefix.empty() ? path_text(path) : prefix + "::" + path_text(path);
  };
  push(field(node, g_.argument), "");
  while (!open.empty()) {
    const Branch at = std::move(open.back());
    open.pop_back();
    switch (kind_of(at.node)) {
      case Kind::scoped_use_list: push(field(at.node, g_.list), join(at.prefix, field(at.node, g_.path))); break;
      case Kind::use_list: {
        std::vector<TSNode> children;
        for_each_named_child(at.node, [&](TSNode child) { children.push_back(child); });
        for (auto child = children.rbegin(); child != children.rend(); ++child) push(*child, at.prefix);
        break;
      }
      case Kind::use_wildcard: add_import(join(at.prefix, only_child(at.node)), std::string(1, '*'), "", at.node); break;
      case Kind::use_as: {
        const TSNode path = field(at.node, g_.path), alias = field(at.node, g_.alias);
        const bool is_self = !ts_node_is_null(path) && kind_of(path) == Kind::self && !at.prefix.empty();
        add_import(is_self ? at.prefix : join(at.prefix, path), "", ts_node_is_null(alias) ? "" : text(alias), at.node);
        break;
      }
      case Kind::self: add_import(at.prefix.empty() ? "self" : at.prefix, "", "", at.node); break;
      default: add_import(join(at.prefix, at.node), "", "", at.node);
    }
  }
}

// Whether an identifier here gets its value from a pattern.
bool Visitor::binds(TSNode node, TSFieldId at, const Ancestors& ancestors) const {
  std::size_t level = ancestors.size();
  const std::size_t highest = level > max_pattern_depth ? level - max_pattern_depth : 0;
  while (level > highest && is_pattern(ancestors[level - 1].kind)) {
    if (at == g_.type || at == g_.condition) return false;
    at = ancestors[--level].field;
  }
  if (level == 0) return false;
  switch (ancestors[level - 1].kind) {
    case Kind::parameter: case Kind::let_: case Kind::let_condition: case Kind::for_: case Kind::match_arm:
      return at == g_.pattern && looks_like_variable(parsed(node));
    case Kind::closure_parameters: return true;
    default: return false;
  }
}

// Whether what stands in `at` of ancestors[level - 1] is what a call calls.
bool Visitor::is_called(TSFieldId at, const Ancestors& ancestors, std::size_t level) const {
  if (level > 0 && ancestors[level - 1].kind == Kind::generic_function && at == g_.function) at = ancestors[--level].field;
  if (level == 0) return false;
  return (ancestors[level - 1].kind == Kind::call && at == g_.function) ||
         (ancestors[level - 1].kind == Kind::macro_invocation && at == g_.macro);
}

// What is given to a macro is only words: a name before a bracket is taken for a call.
void Visitor::use_token(TSNode node) {
  const std::string_view bytes = source_.parse_bytes();
  const std::uint32_t start = ts_node_start_byte(node), end = ts_node_end_byte(node);
  const char next = end < bytes.size() ? bytes[end] : ' ';
  const bool is_macro = next == '!' && end + 1 < bytes.size() && bytes[end + 1] != '=';
  const bool is_member = start > 0 && (bytes[start - 1] == '.' || bytes[start - 1] == ':');
  out_.add_reference(text(node), next == '(' || is_macro ? ReferenceKind::call : ReferenceKind::name, line(node), !is_member);
}

void Visitor::use_identifier(TSNode node, TSFieldId at, const Ancestors& ancestors) {
  if (ancestors.empty() || parsed(node) == "Self" || parsed(node) == "_") return;
  const Ancestor<Kind>& parent = ancestors.back();
  switch (parent.kind) {
    case Kind::function: case Kind::function_signature: case Kind::const_item: case Kind::static_item: case Kind::mod_item:
    case Kind::enum_variant: case Kind::macro_definition:
      if (at == g_.name) return;
      break;
    case Kind::const_parameter:
      if (at == g_.name) return bind_type(node);
      break;
    case Kind::token_tree: return use_token(node);
    default: break;
  }
  if (binds(node, at, ancestors)) {
    const bool is_only_a_type = parent.kind == Kind::parameter && ancestors.size() >= 3 && ancestors[ancestors.size() - 3].kind == Kind::function_type;
    if (!is_only_a_type && !names_closure(node)) bind(node);
    return;
  }
  const bool is_last = parent.kind == Kind::scoped_identifier && at == g_.name;
  const bool called = is_last ? is_called(parent.field, ancestors, ancestors.size() - 1) : is_called(at, ancestors, ancestors.size());
  const bool is_macro = parent.kind == Kind::macro_invocation;
  out_.add_reference(text(node), called ? ReferenceKind::call : ReferenceKind::name, line(node), !is_last && !is_macro);
}

void Visitor::use_field(TSNode node, TSFieldId at, const Ancestors& ancestors) {
  if (ancestors.empty()) return;
  const Ancestor<Kind>& parent = ancestors.back();
  const bool is_member = parent.kind == Kind::field_expression && at == g_.field;
  if (!is_member && parent.kind != Kind::field_initializer && parent.kind != Kind::field_pattern) return;
  const bool called = is_member && is_called(parent.field, ancestors, ancestors.size() - 1);
  out_.add_reference(text(node), called ? ReferenceKind::call : ReferenceKind::name, line(node));
}

void Visitor::use_type(TSNode node, TSFieldId at, const Ancestors& ancestors) {
  if (ancestors.empty() || parsed(node) == "Self") return;
  std::size_t level = ancestors.size();
  switch (ancestors.back().kind) {
    case Kind::struct_item: case Kind::union_item: case Kind::enum_item: case Kind::trait_item: case Kind::type_item:
    case Kind::associated_type: case Kind::type_binding:
      if (at == g_.name) return;
      break;
    case Kind::type_parameter:
      if (at == g_.name) return bind_type(node);
      break;
    default: break;
  }
  const bool is_scoped = ancestors.back().kind == Kind::scoped_type;
  if (is_scoped) at = ancestors[--level].field;
  if (level > 0 && ancestors[level - 1].kind == Kind::generic_type && at == g_.type) at = ancestors[--level].field;
  ReferenceKind kind = ReferenceKind::type;
  if (level > 0) {
    const Kind parent = ancestors[level - 1].kind;
    if (parent == Kind::impl_item && at == g_.type) return;  // what the block is about is its scope
    const bool is_super = parent == Kind::trait_bounds && level > 1 && ancestors[level - 2].kind == Kind::trait_item;
    if (is_super || (parent == Kind::impl_item && at == g_.trait)) kind = ReferenceKind::base;
  }
  out_.add_reference(text(node), kind, line(node), !is_scoped);
}

}  // namespace ca::analysis::rust
