// Which words of a declaration that was read are macros.
#include "analysis/frontends/c_family/declaration.h"

#include <algorithm>

namespace ca::analysis::c_family {
namespace {

using Kind = Token::Kind;

constexpr std::size_t most_names = 200;  // of a declaration before it is taken for none

std::string_view without_space(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n\\");
  return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

}  // namespace

// `void PREFIX(name)(int a)`: the brackets stay, as they may around a name.
void Declaration::unwrap_name() {
  if (run_end_ + 1 >= head_.size() || kind(run_end_) != Kind::group || kind(run_end_ + 1) != Kind::group || names_.empty()) return;
  const Name& last = names_.back();
  if (!last.macro_like || last.end != run_end_ || names_.size() + (has_type_ ? 1 : 0) < 2) return;
  Tokens tokens(std::string_view(prepared_.bytes).substr(0, head_[run_end_].span.end - 1), place_.is_cpp, nullptr, head_[run_end_].span.start + 1);
  if (tokens.next().word != Word::plain || tokens.next().kind != Kind::end) return;
  blank_macro(prepared_, head_[last.token].span, {});
  names_.pop_back();
  named_elsewhere_ = true;
}

// `f OF((int a))`: the macro and its own brackets.
void Declaration::unwrap_parameters() {
  if (run_end_ >= head_.size() || kind(run_end_) != Kind::group || names_.size() + (has_type_ ? 1 : 0) < 2) return;
  const Name& last = names_.back();
  if (place_.depth > 0 || !last.macro_like || last.end != run_end_ || names_.size() < 2 || names_[names_.size() - 2].end != last.token) return;
  const Span group = head_[run_end_].span;
  const std::string_view inside = text(run_end_).substr(1, group.end - group.start - 2);
  const std::size_t close = inside.find_last_not_of(" \t\r\n");
  if (!without_space(inside).starts_with("(") || inside[close] != ')') return;
  blank_macro(prepared_, head_[last.token].span, {});
  prepared_.bytes[group.start] = prepared_.bytes[group.end - 1] = ' ';
  names_.pop_back();
}

// `int : 3;`, `int a : 1, : 2;`: the grammar wants a name before the colon.
void Declaration::blank_unnamed_bits() {
  for (std::size_t colon = 0; colon < head_.size(); ++colon) {
    if (kind(colon) != Kind::colon) continue;
    const bool first = colon == run_end_ && names_.size() + (has_type_ ? 1 : 0) == 1 && !needs_no_type_, later = colon > 0 && kind(colon - 1) == Kind::comma;
    if (!first && !later) continue;
    std::size_t end = colon;
    while (end < head_.size() && kind(end) != Kind::comma) {
      if (word(end) == Word::plain) blank_macro(prepared_, head_[end].span, {});
      ++end;
    }
    const bool goes_on = end < head_.size();
    blank_span(prepared_, {head_[later ? colon - 1 : colon].span.start, goes_on && first ? head_[end].span.end : head_[end - 1].span.end});
  }
}

// (int), (T *a), (A a)
bool Declaration::declares_parameters(std::size_t group) const {
  Tokens tokens(std::string_view(prepared_.bytes).substr(0, head_[group].span.end - 1), place_.is_cpp, nullptr, head_[group].span.start + 1);
  Word last = Word::none;
  for (Token token = tokens.next(); token.kind != Kind::end; token = tokens.next()) {
    const bool type = token.word == Word::primitive || token.word == Word::tag || token.kind == Kind::star;
    if (type || (token.word == Word::plain && last == Word::plain)) return true;
    last = token.word;
  }
  return false;
}

// Q_OBJECT before a brace that closes, DISALLOW(x); among members, DECLARE(x) DECLARE(y);
void Declaration::blank_lone_macros() {
  if (has_type_ || segments_ > 0 || place_.depth > 0) return;
  for (const Name& name : names_) {
    if (!name.macro_like) return;
  }
  const bool ends = end_.kind == Kind::close || end_.kind == Kind::end;
  const bool called = run_end_ + 1 == head_.size() && kind(run_end_) == Kind::group;
  const bool whole = run_end_ == head_.size() || called;
  if (!whole || (!ends && !called)) return;
  if (!ends && names_.size() == 2 && names_[0].group > 0 && declares_parameters(run_end_)) return;  // API(int) NAME(int a);
  for (Name& name : names_) {
    const bool last = &name == &names_.back();
    const bool known = head_[name.token].is_defined || (place_.in_type && text(name.token) != place_.type_name);
    if (!last && name.group > 0) remove(name);
    if (last && (ends || (called && known && end_.kind == Kind::semicolon))) remove(name);
  }
}

std::size_t Declaration::count(std::size_t segment) const {
  return static_cast<std::size_t>(std::count_if(names_.begin(), names_.end(), [&](const Name& name) {
    return name.segment == segment && !name.blanked && name.group == 0;
  }));
}

// A type and a name: what is more than that is a macro.
void Declaration::settle() {
  const std::size_t type = has_type_ || needs_no_type_ ? 0 : 1, name = named_elsewhere_ ? 0 : 1;
  if (segments_ == 0) {
    settle_segment(0, type + name);
    return;
  }
  settle_segment(0, type);
  for (std::size_t segment = 1; segment < segments_; ++segment) settle_segment(segment, 0);
  settle_segment(segments_, name);
}

void Declaration::settle_segment(std::size_t segment, std::size_t need) {
  std::size_t have = count(segment), missing = have < need ? need - have : 0;
  for (auto name = names_.rbegin(); name != names_.rend(); ++name) {
    if (name->segment != segment || name->blanked || name->group == 0) continue;
    if (missing > 0) {  // STACK_OF(X) *f(): it is the type
      --missing;
      name->blanked = true;
      blank_span(prepared_, head_[name->group].span);
    } else {
      remove(*name);
    }
  }
  if (have > most_names) return;
  for (; have > need; --have) {
    Name* first = nullptr;
    Name* macro = nullptr;
    Name* last = nullptr;
    for (Name& name : names_) {
      if (name.segment != segment || name.blanked || name.group > 0) continue;
      if (!first) first = &name;
      if (last && last->macro_like && !macro) macro = last;
      last = &name;
    }
    Name* chosen = first->is_no_type && first != last ? first : macro ? macro : last->macro_like ? last : first;
    if (!chosen->macro_like && end_.kind == Kind::end) return;
    remove(*chosen);
  }
}

void Declaration::remove(Name& name) {
  if (name.blanked) return;
  name.blanked = true;
  Span arguments{};
  if (name.group > 0) {
    arguments = head_[name.group].span;
  } else if (name.end == run_end_ && run_end_ < head_.size() && kind(run_end_) == Kind::group && !named_elsewhere_) {
    arguments = head_[run_end_++].span;  // int x GUARDED_BY(m);
  }
  blank_macro(prepared_, {head_[name.token].span.start, head_[name.end - 1].span.end}, arguments);
}

// struct A { ... } PACKED;
void Declaration::blank_mark_of_type() {
  if (!place_.has_type || names_.size() != 1 || head_.size() != 1 || names_[0].blanked || !names_[0].macro_like) return;
  for (std::string_view mark : {"DEPRECATED", "PACKED", "ATTR", "ALIGN"}) {
    if (text(0).find(mark) != std::string_view::npos) return remove(names_[0]);
  }
}

// (APIENTRY *name)
void Declaration::blank_in_declarator(Span group) {
  Tokens tokens(std::string_view(prepared_.bytes).substr(0, group.end), place_.is_cpp, nullptr, group.start + 1);
  Token token = tokens.next();
  for (Token ahead = tokens.next(); token.word == Word::plain && token.macro_like; token = ahead, ahead = tokens.next()) {
    if (ahead.kind != Kind::star && ahead.word != Word::plain) return;
    blank_macro(prepared_, token.span, {});
  }
}

// `A<B> a = {x}`: the grammar takes it for an assignment and no parameter. A number stands for the braces.
void Declaration::blank_braced_default(Tokens tokens) {
  const Token open = tokens.next();
  Tokens after = tokens;
  if (open.kind != Kind::open || !after.skip_braces()) return;
  Token token = tokens.next();
  while (token.span.end < after.at()) {
    const Token ahead = tokens.next();
    if (token.word == Word::plain) blank_macro(prepared_, token.span, ahead.kind == Kind::group ? ahead.span : Span{});
    token = ahead;
  }
  blank_span(prepared_, {open.span.start, after.at()});
  prepared_.bytes[open.span.start] = '0';
}

// Each parameter is a declaration of its own.
void Declaration::blank_in_parameters(Span group) {
  if (place_.depth >= 2 || group.end - group.start < 8) return;
  Tokens tokens(std::string_view(prepared_.bytes).substr(0, group.end - 1), place_.is_cpp, nullptr, group.start + 1);
  std::vector<Token> parameter;
  for (bool more = true; more;) {
    const Token token = tokens.next();
    more = token.kind != Kind::end;
    if (token.kind == Kind::equals) {
      blank_braced_default(tokens);
      tokens.skip_initializer();
    }
    if (more && token.kind != Kind::comma && token.kind != Kind::equals) {
      parameter.push_back(token);
      continue;
    }
    Token end = token;
    end.kind = Kind::comma;
    Place place;
    place.is_cpp = place_.is_cpp;
    place.depth = place_.depth + 1;
    Declaration(prepared_, parameter, end, place).blank();
    parameter.clear();
  }
}

// `template class A<int>;` defines nothing, and the grammar knows it not behind `extern`. The names in it are used.
bool Declaration::blank_instantiation() {
  std::size_t at = 0;
  while (word(at) == Word::specifier) ++at;
  if (word(at) != Word::opener || text(at) != "template" || kind(at + 1) == Kind::angle || end_.kind != Kind::semicolon) return false;
  const Span whole{head_[0].span.start, end_.span.end};
  Tokens tokens(std::string_view(prepared_.bytes).substr(0, whole.end), false, nullptr, whole.start);
  for (Token token = tokens.next(); token.kind != Kind::end; token = tokens.next()) {
    if (token.word == Word::plain) blank_macro(prepared_, token.span, {});
  }
  blank_span(prepared_, whole);
  return true;
}

// void f(int) NONNULL(1) THROW;
void Declaration::blank_trailing(std::size_t from) {
  for (std::size_t at = from; at < head_.size(); ++at) {
    const Token& token = head_[at];
    if (token.kind == Kind::group || token.kind == Kind::square || token.kind == Kind::star || token.word == Word::specifier ||
        token.word == Word::with_group) {
      continue;
    }
    if (token.word != Word::plain) return;
    const bool has_group = at + 1 < head_.size() && kind(at + 1) == Kind::group;
    const std::size_t next = at + (has_group ? 2 : 1);
    if (!token.macro_like && (end_.kind == Kind::colon || (next < head_.size() && has_old_style_parameters()))) return;
    if (next < head_.size() && kind(next) == Kind::star) return;
    if (next < head_.size() && word(next) == Word::plain && !head_[next].macro_like && has_old_style_parameters()) return;
    blank_macro(prepared_, token.span, has_group ? head_[at + 1].span : Span{});
  }
}

// The grammar lets no attribute stand before `friend`.
void Declaration::blank_attribute_of_friend() {
  if (head_.empty() || kind(0) != Kind::square || !text(0).starts_with("[[")) return;
  for (std::size_t at = 1; at < head_.size() && (word(at) == Word::specifier || kind(at) == Kind::square); ++at) {
    if (text(at) == "friend") blank_span(prepared_, head_[0].span);
  }
}

// (a, b): names only
bool Declaration::has_old_style_parameters() const {
  if (old_style_parameters_) return *old_style_parameters_;
  old_style_parameters_ = false;
  if (run_end_ >= head_.size() || kind(run_end_) != Kind::group || named_elsewhere_) return false;
  Tokens tokens(std::string_view(prepared_.bytes).substr(0, head_[run_end_].span.end - 1), false, nullptr, head_[run_end_].span.start + 1);
  bool names = false;
  for (Token token = tokens.next(), last; token.kind != Kind::end; last = token, token = tokens.next()) {
    if (token.kind != Kind::comma && (token.word != Word::plain || last.word == Word::plain)) return false;
    names = true;
  }
  old_style_parameters_ = names;
  return names;
}

// f(a) char *a; {: the grammar knows such functions only where they return a type that is written out and no pointer.
bool Declaration::is_old_style() const {
  if (place_.is_cpp || end_.kind != Kind::semicolon || run_end_ + 2 >= head_.size() || !has_old_style_parameters()) return false;
  const Token& next = head_[run_end_ + 1];
  return next.word == Word::primitive || next.word == Word::tag || next.word == Word::plain || next.word == Word::specifier;
}

bool Declaration::blank_old_style() {
  for (std::size_t at = 0; at < run_end_; ++at) {
    if (kind(at) == Kind::star) blank_span(prepared_, head_[at].span);
  }
  if (has_type_ || names_.size() != 1) return false;
  blank_span(prepared_, {head_[run_end_ + 1].span.start, end_.span.end});
  return true;
}

}  // namespace ca::analysis::c_family
