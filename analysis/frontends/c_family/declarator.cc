#include "analysis/frontends/c_family/declarator.h"

#include <algorithm>

#include "analysis/text.h"

namespace ca::analysis::c_family {
namespace {

std::string text(const Source& source, TSNode node) { return source.text(ts_node_start_byte(node), ts_node_end_byte(node)); }

// "operator ==" is written "operator==", "operator new" keeps its space.
std::string operator_text(std::string written) {
  std::string folded = fold_code(written, CommentStyle::slashes);
  std::string out;
  for (std::size_t i = 0; i < folded.size(); ++i) {
    bool between_words = folded[i] == ' ' && i > 0 && i + 1 < folded.size() && std::isalpha(static_cast<unsigned char>(folded[i - 1])) &&
                         (std::isalpha(static_cast<unsigned char>(folded[i + 1])) || folded[i + 1] == '_');
    if (folded[i] != ' ' || between_words) out.push_back(folded[i]);
  }
  return out;
}

// The child that leads on to the name: the declarator field, or the last named child where the grammar gives it no field.
TSNode inner_declarator(const Grammar& grammar, TSNode node) {
  TSNode inner = ts_node_child_by_field_id(node, grammar.declarator);
  if (!ts_node_is_null(inner)) return inner;
  std::uint32_t count = ts_node_named_child_count(node);
  return count > 0 ? ts_node_named_child(node, count - 1) : TSNode{};
}

void read_operator_cast(const Grammar& grammar, const Source& source, TSNode node, Declared& out) {
  std::uint32_t end = ts_node_end_byte(node);
  TSNode below = ts_node_child_by_field_id(node, grammar.declarator);
  while (!ts_node_is_null(below)) {  // through the pointers to the parameters
    if (grammar.kinds.of(below) == Kind::abstract_function_declarator) {
      out.parameters = ts_node_child_by_field_id(below, grammar.parameters);
      if (!ts_node_is_null(out.parameters)) end = ts_node_start_byte(out.parameters);
      break;
    }
    below = inner_declarator(grammar, below);
  }
  out.name = operator_text(source.text(ts_node_start_byte(node), end));
  out.is_operator = out.is_function = true;
}

}  // namespace

void read_name(const Grammar& grammar, const Source& source, TSNode name, Declared& out) {
  while (!ts_node_is_null(name)) {
    out.name_node = name;
    switch (grammar.kinds.of(name)) {
      case Kind::qualified_identifier: {
        TSNode scope = ts_node_child_by_field_id(name, grammar.scope);
        if (!ts_node_is_null(scope)) {
          if (!out.scope.empty()) out.scope += "::";
          if (grammar.kinds.of(scope) == Kind::template_type) {
            TSNode bare = ts_node_child_by_field_id(scope, grammar.name);
            if (!ts_node_is_null(bare)) scope = bare;
          }
          out.scope += fold_space(text(source, scope));
        }
        name = ts_node_child_by_field_id(name, grammar.name);
        continue;
      }
      case Kind::template_function: case Kind::template_method: case Kind::template_type:
        name = ts_node_child_by_field_id(name, grammar.name);
        continue;
      case Kind::dependent_name: name = inner_declarator(grammar, name); continue;
      case Kind::operator_name:
        out.name = operator_text(text(source, name));
        out.is_operator = true;
        return;
      case Kind::operator_cast: read_operator_cast(grammar, source, name, out); return;
      case Kind::destructor_name:
        out.name = operator_text(text(source, name));
        out.is_destructor = true;
        return;
      case Kind::identifier: case Kind::field_identifier: case Kind::type_identifier: case Kind::namespace_identifier:
      case Kind::primitive_type:
        out.name = fold_space(text(source, name));
        return;
      default: return;
    }
  }
}

Declared read_declarator(const Grammar& grammar, const Source& source, TSNode node) {
  Declared out;
  while (!ts_node_is_null(node)) {
    switch (grammar.kinds.of(node)) {
      case Kind::function_declarator:
        out.is_function = true;
        out.is_pointer = false;
        out.parameters = ts_node_child_by_field_id(node, grammar.parameters);
        break;
      case Kind::pointer_declarator: case Kind::reference_declarator:
        out.is_function = false;  // a pointer to what was read so far
        out.is_pointer = true;
        break;
      case Kind::array_declarator: out.is_function = false; break;
      case Kind::parenthesized_declarator: case Kind::init_declarator: case Kind::variadic_declarator: break;
      case Kind::attributed_declarator:
        node = ts_node_named_child(node, 0);
        continue;
      default:
        read_name(grammar, source, node, out);
        return out;
    }
    node = inner_declarator(grammar, node);
  }
  return out;
}

}  // namespace ca::analysis::c_family
