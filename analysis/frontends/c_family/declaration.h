// One declaration as a row of tokens: which of its words can only be macros.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "analysis/frontends/c_family/tokens.h"

namespace ca::analysis::c_family {

void blank_span(Prepared& prepared, Span span);  // each line end stays
// The name is blanked, and its arguments where there are any (an empty span says that there are none).
void blank_macro(Prepared& prepared, Span name, Span arguments);
// Blanks the macros among the first `count` tokens.
void blank_leading(Prepared& prepared, const std::vector<Token>& head, std::size_t count);

struct TypeHead {  // what stands before the brace of a type
  bool is_type = false, is_enumeration = false;
  std::size_t tag = 0, name_token = 0;  // indices in the head; name_token is `tag` where it has no name
  std::string_view name;                // the source's
};
void blank_in_template(Prepared& prepared, const std::vector<Token>& head);
TypeHead read_type_head(const Prepared& prepared, const std::vector<Token>& head, const Token& end);
void blank_type_head(Prepared& prepared, const std::vector<Token>& head, const TypeHead& type);

struct Place {
  bool is_cpp = false;
  int depth = 0;                // of parameters within parameters
  bool in_type = false;
  bool has_type = false;        // it goes on behind a type's body
  std::string_view type_name;   // of the type around it
};

// A declaration or the head of a function: from its first token to the one before `end`.
class Declaration {
 public:
  Declaration(Prepared& prepared, const std::vector<Token>& head, const Token& end, Place place)
      : prepared_(prepared), head_(head), end_(end), place_(place) {}
  void blank();
  // After blank(): whether the head of a function goes on, up to its body, with the types of its parameters: f(a) int a; {
  bool is_old_style() const;
  // What the grammar does not know of such a head. True: the whole of the types, which go on behind `end`.
  bool blank_old_style();

 private:
  struct Name {
    std::size_t token;          // its first one, and behind its last: `a::b<c>` is one name
    std::size_t end;
    std::size_t group = 0;      // the arguments, where it is a macro that has some; 0: none
    std::size_t segment = 0;    // how many stars stand before it
    bool macro_like = false;
    bool is_no_type = false;    // the type comes behind it
    bool blanked = false;
  };

  bool read();
  bool read_word(std::size_t& at);
  void read_tag(std::size_t& at);
  void read_name(std::size_t& at);
  void read_operator(std::size_t& at);
  bool takes_arguments(const Name& name, std::size_t group) const;
  bool is_declarator_group(std::size_t at) const;
  void unwrap_name();
  void unwrap_parameters();
  void blank_unnamed_bits();
  bool declares_parameters(std::size_t group) const;
  void blank_lone_macros();
  void settle();
  void settle_segment(std::size_t segment, std::size_t need);
  void remove(Name& name);
  void blank_in_declarator(Span group);
  void blank_in_parameters(Span group);
  void blank_braced_default(Tokens tokens);
  void blank_mark_of_type();
  bool blank_instantiation();
  void blank_trailing(std::size_t from);
  void blank_attribute_of_friend();
  bool has_old_style_parameters() const;
  std::size_t count(std::size_t segment) const;
  Token::Kind kind(std::size_t at) const { return at < head_.size() ? head_[at].kind : end_.kind; }
  Word word(std::size_t at) const { return at < head_.size() ? head_[at].word : Word::none; }
  std::string_view text(std::size_t at) const { return head_[at].span.in(prepared_.bytes); }

  Prepared& prepared_;
  const std::vector<Token>& head_;
  const Token& end_;
  Place place_;
  std::vector<Name> names_;
  std::size_t run_end_ = 0;      // the first token behind the type and the name
  mutable std::optional<bool> old_style_parameters_;  // once they were looked at
  std::size_t segments_ = 0;     // stars
  bool has_type_ = false;
  bool named_elsewhere_ = false; // in brackets: (*name)(int)
  bool needs_no_type_ = false;   // a constructor, a destructor, a conversion
};

}  // namespace ca::analysis::c_family
