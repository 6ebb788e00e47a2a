// Reads a declaration: which words are its type and its name.
#include "analysis/frontends/c_family/declaration.h"

#include <algorithm>

namespace ca::analysis::c_family {
namespace {

using Kind = Token::Kind;

bool is_any_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view without_space(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n\\");
  return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

}  // namespace

void Declaration::blank() {
  for (std::size_t i = 0; i < head_.size(); ++i) {
    if (head_[i].word != Word::opener && head_[i].word != Word::tag) continue;
    blank_leading(prepared_, head_, i);
    break;
  }
  if (place_.is_cpp && blank_instantiation()) return;
  if (place_.is_cpp) blank_in_template(prepared_, head_);
  blank_attribute_of_friend();
  has_type_ = place_.has_type;
  if (!read()) return;
  if (place_.in_type) blank_unnamed_bits();
  if (names_.empty() && !named_elsewhere_) return;
  unwrap_name();
  unwrap_parameters();
  blank_lone_macros();
  settle();
  blank_mark_of_type();
  if (is_old_style()) return;
  const bool has_parameters = kind(run_end_) == Kind::group || kind(run_end_) == Kind::square;
  if (named_elsewhere_) blank_in_declarator(head_[run_end_].span);
  if (has_parameters) blank_trailing(run_end_ + 1);
  if (has_parameters && !named_elsewhere_ && kind(run_end_) == Kind::group) blank_in_parameters(head_[run_end_].span);
}

// The type and the name, as far as the parameters, a bound or a value. False: this is no declaration.
bool Declaration::read() {
  std::size_t at = 0;
  for (bool more = true; more && at < head_.size();) {
    switch (head_[at].kind) {
      case Kind::word:
        if (word(at) == Word::operator_) {
          read_name(at);
          more = false;
        } else if (!read_word(at)) {
          return false;
        }
        break;
      case Kind::tilde: case Kind::scope: {
        const std::size_t before = at;
        read_name(at);
        more = at > before;
        break;
      }
      case Kind::star:
        if (names_.empty() && !has_type_) return false;
        ++segments_;
        ++at;
        break;
      case Kind::square:
        more = text(at).starts_with("[[");
        if (more) ++at;
        break;
      case Kind::group:
        named_elsewhere_ = is_declarator_group(at);
        more = false;
        break;
      default: more = false; break;
    }
  }
  run_end_ = at;
  return true;
}

bool Declaration::read_word(std::size_t& at) {
  const auto rule_out_type = [this] {  // what stands before the type is none
    for (Name& name : names_) name.is_no_type = name.is_no_type || name.segment == segments_;
  };
  switch (word(at)) {
    case Word::specifier:
      ++at;
      if (kind(at) == Kind::text && at < head_.size()) ++at;  // extern "C"
      return true;
    case Word::with_group: case Word::typeof_:
      if (word(at) == Word::typeof_) {
        has_type_ = true;
        rule_out_type();
      }
      ++at;
      if (at < head_.size() && kind(at) == Kind::group) ++at;
      return true;
    case Word::primitive:
      // A concept before auto, as in `Integral auto f()`, is part of the type.
      if (text(at) == "auto" && !names_.empty() && names_.back().end == at && !names_.back().macro_like) names_.pop_back();
      has_type_ = true;
      rule_out_type();
      ++at;
      return true;
    case Word::opener:
      if (text(at) == "using" && end_.kind == Kind::equals) blank_trailing(at + 2);  // using name MACRO = type
      if (text(at) != "template") return false;
      ++at;
      if (kind(at) == Kind::angle && at < head_.size()) ++at;
      return true;
    case Word::tag:
      rule_out_type();
      read_tag(at);
      return true;
    case Word::plain: read_name(at); return true;
    default: return false;
  }
}

// struct A, enum class B
void Declaration::read_tag(std::size_t& at) {
  const bool is_class = text(at) == "class";
  has_type_ = true;
  ++at;
  while (word(at) == Word::tag || word(at) == Word::with_group || (at < head_.size() && kind(at) == Kind::group)) ++at;
  const bool has_group = at + 1 < head_.size() && kind(at + 1) == Kind::group;
  const std::size_t behind = at + (has_group ? 2 : 1);
  if (word(at) == Word::plain && head_[at].macro_like && word(behind) == Word::plain && (is_class || has_group) && end_.kind == Kind::semicolon) {
    blank_macro(prepared_, head_[at].span, has_group ? head_[at + 1].span : Span{});
    at = behind;
  }
  if (word(at) != Word::plain) return;
  read_name(at);
  if (!names_.empty()) names_.pop_back();
}

void Declaration::read_name(std::size_t& at) {
  Name name{at, at};
  name.segment = segments_;
  std::string_view last, before_last;
  while (at < head_.size()) {
    if (kind(at) == Kind::scope) ++at;
    if (kind(at) == Kind::tilde) {
      needs_no_type_ = true;
      ++at;
    }
    if (word(at) == Word::operator_) {
      read_operator(at);
      break;
    }
    if (word(at) == Word::opener && text(at) == "template") ++at;
    if (word(at) != Word::plain) break;
    before_last = last;
    last = text(at);
    ++at;
    if (at < head_.size() && kind(at) == Kind::angle) ++at;
    if (at >= head_.size() || kind(at) != Kind::scope) break;
  }
  if (at == name.token) return;
  name.end = at;
  name.macro_like = word(name.token) == Word::plain && head_[name.token].macro_like && name.end == name.token + 1;
  const bool is_constructor = !last.empty() && (last == before_last || (place_.in_type && last == place_.type_name && kind(at) == Kind::group));
  needs_no_type_ = needs_no_type_ || is_constructor;
  if (at < head_.size() && kind(at) == Kind::group && !is_constructor && takes_arguments(name, at)) name.group = at++;
  names_.push_back(name);
}

void Declaration::read_operator(std::size_t& at) {
  const std::size_t start = ++at;
  if (at >= head_.size()) return;
  const bool word_follows = head_[at].kind == Kind::word && !is_any_of(text(at), {"new", "delete", "co_await"});
  if (word_follows || kind(at) == Kind::scope) needs_no_type_ = true;  // a conversion
  while (at < head_.size() && kind(at) != Kind::group) ++at;
  if (at == start && kind(at + 1) == Kind::group && at + 1 < head_.size()) ++at;  // operator()(int)
}

// Whether the brackets behind a name are a macro's arguments, and not the parameters of what is declared.
bool Declaration::takes_arguments(const Name& name, std::size_t group) const {
  const std::size_t next = group + 1;
  if (!name.macro_like) return next + 1 == head_.size() && word(next) == Word::plain && text(0) == "typedef" && names_.empty() && !has_type_;
  if (next >= head_.size()) return false;
  const bool first = !has_type_ && std::all_of(names_.begin(), names_.end(), [](const Name& before) { return before.group > 0; });
  switch (kind(next)) {
    case Kind::star: return next + 1 < head_.size();
    case Kind::tilde: case Kind::scope: return true;
    case Kind::square: return first && text(next).starts_with("[[");
    case Kind::word: break;
    default: return false;
  }
  switch (word(next)) {
    case Word::plain: return first || !head_[next].macro_like;
    case Word::primitive: case Word::tag: case Word::typeof_: return first || place_.is_cpp;
    case Word::opener: case Word::operator_: return true;
    case Word::specifier: return first || !is_any_of(text(next), {"const", "volatile", "override", "final", "register"});
    case Word::with_group: return first;
    default: return false;
  }
}

// (*name)(int), (CALLBACK *name)[3]
bool Declaration::is_declarator_group(std::size_t at) const {
  const std::string_view inside = without_space(text(at).substr(1));
  if (at + 1 >= head_.size()) return false;
  const bool called = kind(at + 1) == Kind::group || kind(at + 1) == Kind::square;
  if (!called && !head_[at + 1].macro_like) return false;
  if (inside.starts_with("*") || inside.starts_with("&") || inside.starts_with("^")) return true;
  if (!called) return false;
  Tokens tokens(inside, place_.is_cpp);
  const Token first = tokens.next(), second = tokens.next();
  if (first.word == Word::plain && second.kind == Kind::group && has_type_) return false;
  const bool alone = second.kind == Kind::other || inside.find(')') == static_cast<std::size_t>(first.span.end);
  if (first.word == Word::plain && alone && has_type_) return true;  // API void (name)(int)
  return first.word == Word::plain && first.macro_like && (second.kind == Kind::star || second.word == Word::plain);
}

}  // namespace ca::analysis::c_family
