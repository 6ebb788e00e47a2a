// What stands before the brace of a type.
#include "analysis/frontends/c_family/declaration.h"

#include <algorithm>

namespace ca::analysis::c_family {

using Kind = Token::Kind;

void blank_span(Prepared& prepared, Span span) {
  for (std::uint32_t i = span.start; i < span.end; ++i) {
    char& c = prepared.bytes[i];
    if (c != '\n' && c != '\r') c = ' ';
  }
}

void blank_macro(Prepared& prepared, Span name, Span arguments) {
  if (prepared.bytes[name.start] == ' ') return;  // it is already
  prepared.macros.push_back({name, arguments});
  blank_span(prepared, name);
  blank_span(prepared, arguments);
}

void blank_leading(Prepared& prepared, const std::vector<Token>& head, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (head[i].word != Word::plain || !head[i].macro_like) continue;
    const bool has_group = i + 1 < count && head[i + 1].kind == Kind::group;
    blank_macro(prepared, head[i].span, has_group ? head[i + 1].span : Span{});
  }
}

// `template <class T, class P = T*>`: the grammar takes no star at the end of a default.
void blank_in_template(Prepared& prepared, const std::vector<Token>& head) {
  for (std::size_t i = 1; i < head.size(); ++i) {
    if (head[i].kind != Kind::angle || head[i - 1].word != Word::opener) continue;
    std::size_t depth = 0;
    bool defaulted = false;
    std::uint32_t stars = 0;  // at the end of what was read so far
    for (std::uint32_t at = head[i].span.start; at < head[i].span.end; ++at) {
      const char c = prepared.bytes[at];
      if (depth == 1 && defaulted && stars > 0 && (c == ',' || c == '>')) blank_span(prepared, {stars, at});
      if (c == '<' || c == '(') ++depth;
      if ((c == '>' || c == ')') && depth > 0) --depth;
      if (depth == 1 && c == ',') defaulted = false;
      if (depth == 1 && c == '=') defaulted = true;
      if ((c == '*' || c == '&') && stars == 0) {
        stars = at;
      } else if (c != ' ' && c != '*' && c != '&') {
        stars = 0;
      }
    }
  }
}

TypeHead read_type_head(const Prepared& prepared, const std::vector<Token>& head, const Token& end) {
  TypeHead type;
  std::size_t at = 0;
  while (at < head.size() && head[at].word != Word::tag) {
    if (head[at].word == Word::operator_ || head[at].kind == Kind::star) return type;
    ++at;
  }
  if (at == head.size() || end.kind != Kind::open) return type;
  type.tag = type.name_token = at;
  bool settled = false, is_function = false, goes_on = false;
  for (++at; at < head.size(); ++at) {
    const Token& token = head[at];
    if (token.kind == Kind::colon || token.word == Word::statement) break;
    if (token.kind == Kind::star || token.word == Word::operator_ || token.kind == Kind::other) return type;
    if (token.word == Word::primitive || token.word == Word::tag || token.word != Word::plain) {
      goes_on = token.kind == Kind::scope;
      continue;
    }
    const bool has_group = at + 1 < head.size() && head[at + 1].kind == Kind::group;
    const bool is_macro = token.macro_like && !goes_on;
    if (has_group && !is_macro) is_function = true;
    if (!settled || goes_on) {
      type.name_token = at;
      type.name = token.span.in(prepared.bytes);
      settled = !is_macro && !has_group;
    }
    goes_on = false;
  }
  type.is_type = !is_function;
  type.is_enumeration = type.is_type && head[type.tag].span.in(prepared.bytes) == "enum";
  return type;
}

void blank_type_head(Prepared& prepared, const std::vector<Token>& head, const TypeHead& type) {
  blank_leading(prepared, head, type.tag);
  blank_in_template(prepared, head);
  for (std::size_t at = type.tag + 1; at < head.size() && head[at].kind != Kind::colon; ++at) {
    if (head[at].word != Word::plain || !head[at].macro_like || at == type.name_token) continue;
    if (head[at - 1].kind == Kind::scope || (at + 1 < head.size() && head[at + 1].kind == Kind::scope)) continue;
    const bool has_group = at + 1 < head.size() && head[at + 1].kind == Kind::group;
    blank_macro(prepared, head[at].span, has_group ? head[at + 1].span : Span{});
  }
}

}  // namespace ca::analysis::c_family
