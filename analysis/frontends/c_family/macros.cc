#include "analysis/frontends/c_family/macros.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/frontends/c_family/declaration.h"
#include "analysis/frontends/c_family/tokens.h"

namespace ca::analysis::c_family {
namespace {

using Kind = Token::Kind;

class Blanker {
 public:
  Blanker(Prepared& prepared, bool is_cpp) : prepared_(prepared), tokens_(prepared.bytes, is_cpp, &defined_), is_cpp_(is_cpp) {}

  void run(std::string_view original) {
    for (const Directive& directive : prepared_.directives) {
      if (directive.kind == Directive::Kind::define) defined_.try_emplace(directive.name.in(original), DefinedMacro{directive.span.start, directive.function_like});
    }
    while (step(tokens_.next())) {}
    std::sort(prepared_.macros.begin(), prepared_.macros.end(), [](const MacroUse& a, const MacroUse& b) { return a.span.start < b.span.start; });
  }

 private:
  struct Level {
    enum class Kind : std::uint8_t { names, type, enumeration } kind;  // names: a namespace, extern "C"
    std::string_view name;                                             // of a type
  };
  static constexpr std::size_t max_head = 4000;

  // Takes one more token into the declaration that is being read; false at the end.
  bool step(const Token& token) {
    switch (token.kind) {
      case Kind::end: finish(token); return false;
      case Kind::semicolon: finish(token); break;
      case Kind::close: close(token); break;
      case Kind::open: return open(token);
      case Kind::equals:
        if (!head_.empty() && (head_.back().word == Word::operator_ || (head_.size() > 1 && head_[head_.size() - 2].word == Word::operator_))) {
          keep(token);  // operator=, operator+=
          break;
        }
        finish(token);
        tokens_.skip_initializer();
        after_type_ = true;  // what follows a comma is one more name
        break;
      case Kind::colon:
        if (is_label()) {
          label(token);
        } else {
          keep(token);
        }
        break;
      default: keep(token); break;
    }
    return true;
  }

  void keep(const Token& token) {
    if (head_.size() < max_head) head_.push_back(token);
  }

  void finish(const Token& end) {
    if (!head_.empty()) {
      const bool in_type = !levels_.empty() && levels_.back().kind == Level::Kind::type;
      Place place;
      place.is_cpp = is_cpp_;
      place.in_type = in_type;
      place.has_type = after_type_;
      if (in_type) place.type_name = levels_.back().name;
      Declaration declaration(prepared_, head_, end, place);
      declaration.blank();
      if (declaration.is_old_style() && leads_to_body() && declaration.blank_old_style()) blank_up_to_body(end.span.end);
    }
    head_.clear();
    after_type_ = false;
  }

  // Nothing but declarations stands before a brace.
  bool leads_to_body() const {
    Tokens ahead = tokens_;
    Token last;
    last.kind = Kind::semicolon;
    for (std::size_t count = 0; count < 200; ++count) {
      const Token token = ahead.next();
      if (token.kind == Kind::open) return last.kind == Kind::semicolon;
      const bool declares = token.kind == Kind::word || token.kind == Kind::star || token.kind == Kind::comma || token.kind == Kind::square ||
                            token.kind == Kind::group || token.kind == Kind::semicolon;
      if (!declares || token.word == Word::statement) return false;
      last = token;
    }
    return false;
  }

  void blank_up_to_body(std::uint32_t start) {
    Tokens ahead = tokens_;
    Token token = ahead.next();
    while (token.kind != Kind::open) token = ahead.next();
    for (std::uint32_t i = start; i < token.span.start; ++i) {
      if (prepared_.bytes[i] != '\n' && prepared_.bytes[i] != '\r') prepared_.bytes[i] = ' ';
    }
  }

  void close(const Token& token) {
    finish(token);
    if (levels_.empty()) return;
    after_type_ = levels_.back().kind == Level::Kind::type;
    levels_.pop_back();
  }

  // `public:`, `signals:`, `public Q_SLOTS:`
  bool is_label() const {
    if (levels_.empty() || levels_.back().kind != Level::Kind::type || head_.empty()) return false;
    bool has_access = false;
    for (std::size_t i = 0; i < head_.size(); ++i) {
      has_access = has_access || head_[i].word == Word::access;
      const bool arguments = i > 0 && head_[i].kind == Kind::group && head_[i - 1].macro_like;
      if (head_[i].word != Word::access && head_[i].word != Word::plain && !arguments) return false;
    }
    return has_access || (head_.size() == 1 && (head_[0].macro_like || head_[0].span.in(prepared_.bytes) == "signals"));
  }

  void label(const Token& colon) {
    bool has_access = false;
    for (std::size_t i = 0; i < head_.size(); ++i) {
      has_access = has_access || head_[i].word == Word::access;
      const bool called = i + 1 < head_.size() && head_[i + 1].kind == Kind::group;
      if (head_[i].word == Word::plain) blank_macro(prepared_, head_[i].span, called ? head_[i + 1].span : Span{});
    }
    if (!has_access) prepared_.bytes[colon.span.start] = ' ';
    head_.clear();
  }

  bool in_initializers() const {  // `A(int x) : a{x}, b{x} {`: the brace is a value behind a name, a body behind anything else
    bool after_group = false;
    for (std::size_t i = 1; i < head_.size(); ++i) {
      after_group = after_group || head_[i - 1].kind == Kind::group;
      if (after_group && head_[i].kind == Kind::colon) {
        const Token& last = head_.back();
        return (last.word == Word::plain || last.kind == Kind::angle) && i + 1 < head_.size();
      }
    }
    return false;
  }

  bool open(const Token& token) {
    const bool value = in_initializers();
    const bool requirement = !head_.empty() && is_requirement();
    if (value || requirement) {
      if (!tokens_.skip_braces()) return false;
      Token group = token;
      group.kind = Kind::other;
      keep(group);
      return true;
    }
    const TypeHead type = read_type_head(prepared_, head_, token);
    if (type.is_enumeration) {
      blank_type_head(prepared_, head_, type);
      head_.clear();
      return enumerators();
    }
    if (type.is_type) {
      blank_type_head(prepared_, head_, type);
      levels_.push_back({Level::Kind::type, type.name});
    } else if (is_namespace()) {
      levels_.push_back({Level::Kind::names, {}});
    } else {
      finish(token);
      return tokens_.skip_body([this](Span name, Span arguments) { blank_macro(prepared_, name, arguments); });
    }
    head_.clear();
    after_type_ = false;
    return true;
  }

  bool is_requirement() const {  // requires { ... }, requires (T t) { ... }
    const std::size_t back = head_.back().kind == Kind::group ? 2 : 1;
    return head_.size() >= back && head_[head_.size() - back].word == Word::statement &&
           head_[head_.size() - back].span.in(prepared_.bytes) == "requires";
  }

  // namespace a::b VISIBLE {, extern "C" {
  bool is_namespace() {
    if (head_.size() >= 2 && head_.back().kind == Kind::text && head_[head_.size() - 2].word == Word::specifier) {
      blank_leading(prepared_, head_, head_.size() - 2);
      return true;
    }
    for (std::size_t i = 0; i < head_.size(); ++i) {
      if (head_[i].word != Word::opener || head_[i].span.in(prepared_.bytes) != "namespace") continue;
      blank_leading(prepared_, head_, i);
      std::size_t names = 0;
      for (std::size_t j = i + 1; j < head_.size(); ++j) {
        if (head_[j].word != Word::plain) continue;
        const bool qualified = head_[j - 1].kind == Kind::scope || head_[j - 1].word == Word::specifier;
        const bool has_group = j + 1 < head_.size() && head_[j + 1].kind == Kind::group;
        if ((names > 0 && !qualified) || has_group) {
          blank_macro(prepared_, head_[j].span, has_group ? head_[j + 1].span : Span{});
        } else {
          ++names;
        }
      }
      return true;
    }
    return false;
  }

  // NAME DEPRECATED("x") = 1, NAME
  bool enumerators() {
    bool named = false;
    for (Token token = tokens_.next(); token.kind != Kind::end;) {
      Token ahead = tokens_.next();
      if (token.kind == Kind::close) {
        after_type_ = true;
        return step(ahead);
      }
      if (token.kind == Kind::comma) named = false;
      if (token.kind == Kind::equals && ahead.kind != Kind::end) {
        tokens_.skip_initializer();
        ahead = tokens_.next();
      }
      if (token.word == Word::plain) {
        const bool has_group = ahead.kind == Kind::group;
        if (named || has_group) blank_macro(prepared_, token.span, has_group ? ahead.span : Span{});
        if (has_group && !named) {  // what it stands for is not known; its comma goes with it
          ahead = tokens_.next();
          if (ahead.kind == Kind::comma) prepared_.bytes[ahead.span.start] = ' ';
        }
        named = !has_group || named;
      }
      token = ahead;
    }
    return false;
  }

  Prepared& prepared_;
  DefinedMacros defined_;
  Tokens tokens_;
  bool is_cpp_;
  bool after_type_ = false;  // the declaration goes on behind a type's body, or behind a first name's value
  std::vector<Token> head_;
  std::vector<Level> levels_;
};

}  // namespace

void blank_macros(Prepared& prepared, std::string_view original, bool is_cpp) { Blanker(prepared, is_cpp).run(original); }

}  // namespace ca::analysis::c_family
