#include "analysis/frontends/javascript/gaps.h"

#include <algorithm>
#include <array>

#include "analysis/text.h"

namespace ca::analysis::js {
namespace {

constexpr std::size_t max_look = 2000;  // bytes looked ahead, so that no input makes the time grow with its square

constexpr std::array<std::string_view, 37> reserved = {
    "break", "case",  "catch",  "class", "const",  "continue",   "debugger", "delete", "do",   "else",  "enum",   "export", "extends",
    "false", "finally", "for",  "function", "if",  "import",     "in",       "instanceof", "new", "null", "return", "super", "switch",
    "this",  "throw", "true",   "try",   "typeof", "var",        "void",     "while",  "with", "yield", "await"};

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Filler {
 public:
  explicit Filler(std::string_view in) : in_(in) {}

  std::string run(Script script) {
    for (std::size_t at = in_.find("export"); at != std::string_view::npos; at = in_.find("export", at)) at = exported_names(at + 6);
    if (script == Script::declarations) unnamed_functions();
    if (script != Script::javascript) {
      for (std::size_t at = in_.find_first_of("<,"); at != std::string_view::npos; at = in_.find_first_of("<,", at + 1)) {
        variance(at);
        if (in_[at] == '<') generic_signature(at);
      }
    }
    return std::move(out_);
  }

 private:
  std::size_t skip_space(std::size_t at) const {
    while (at < in_.size() && is_space(in_[at])) ++at;
    return at;
  }
  std::size_t skip_word(std::size_t at) const {
    while (at < in_.size() && is_word_character(in_[at])) ++at;
    return at;
  }
  char at(std::size_t index) const { return index < in_.size() ? in_[index] : '\0'; }
  std::string& out() {
    if (out_.empty()) out_ = in_;
    return out_;
  }

  // `export { a as null }`. Returns where to go on.
  std::size_t exported_names(std::size_t from) {
    std::size_t word = skip_space(from);
    if (at(word) != '{') return from;
    const std::size_t end = std::min(in_.find('}', word), in_.size());
    for (++word; word < end; word = skip_word(word + 1)) {
      word = in_.substr(0, end).find("as", word);
      if (word == std::string_view::npos) break;
      const std::size_t name = skip_space(word + 2), name_end = skip_word(name);
      if (!is_space(in_[word - 1]) || name == word + 2) continue;
      if (std::find(reserved.begin(), reserved.end(), in_.substr(name, name_end - name)) == reserved.end()) continue;
      std::fill(out().begin() + static_cast<std::ptrdiff_t>(name), out().begin() + static_cast<std::ptrdiff_t>(name_end), '_');
    }
    return end;
  }

  // `export default function (): void;`: the grammar wants a name where there is no body.
  void unnamed_functions() {
    static constexpr std::string_view head = "default function";
    for (std::size_t at = in_.find(head); at != std::string_view::npos; at = in_.find(head, at + head.size())) {
      if (this->at(skip_space(at + head.size())) == '(') out().replace(at, head.size(), std::string("function ").append(unnamed));
    }
  }

  // `interface A<in T, out U>`
  void variance(std::size_t before) {
    std::size_t start = skip_space(before + 1);
    while (in_.substr(start, 2) == "/*") {
      const std::size_t close = in_.substr(start, max_look).find("*/");
      if (close == std::string_view::npos) return;
      start = skip_space(start + close + 2);
    }
    std::size_t end = start;
    for (std::string_view word : {"in", "out"}) {
      const std::size_t behind = end + word.size();
      if (in_.substr(end, word.size()) == word && is_space(at(behind))) end = skip_space(behind);
    }
    if (end == start || !is_word_character(at(end))) return;
    const std::size_t name_end = skip_word(end), next = skip_space(name_end);
    const bool goes_on = at(next) == ',' || at(next) == '>' || at(next) == '=' || (in_.substr(next, 7) == "extends" && next > name_end);
    if (!goes_on || in_.substr(end, name_end - end) == "extends") return;
    for (std::size_t i = start; i < end; ++i) {
      if (!is_space(in_[i])) out()[i] = ' ';
    }
  }

  // Members of a type that only line ends part, of which the next one begins with `<T>(`.
  void generic_signature(std::size_t open) {
    std::size_t last = open;
    while (last > 0 && (in_[last - 1] == ' ' || in_[last - 1] == '\t')) --last;
    if (last == open || last == 0 || in_[last - 1] != '\n') return;
    std::size_t code = last;
    while (code > 0 && is_space(in_[code - 1])) --code;
    if (code == 0 || (!is_word_character(in_[code - 1]) && std::string_view(">)]}").find(in_[code - 1]) == std::string_view::npos)) return;
    const std::size_t name_end = skip_word(open + 1), next = skip_space(name_end);
    if (name_end == open + 1 || (at(next) != ',' && at(next) != '>' && at(next) != '=' && in_.substr(next, 8) != "extends ")) return;
    std::size_t depth = 0;
    for (std::size_t i = open; i < std::min(in_.size(), open + max_look); ++i) {
      if (in_[i] == ';' || in_[i] == '{' || in_[i] == '}') return;
      if (in_[i] == '<') ++depth;
      if (in_[i] != '>' || in_[i - 1] == '=' || --depth > 0) continue;
      if (at(skip_space(i + 1)) == '(') out()[open - 1] = ';';
      return;
    }
  }

  std::string_view in_;
  std::string out_;
};

}  // namespace

std::string fill_gaps(std::string_view bytes, Script script) { return Filler(bytes).run(script); }

}  // namespace ca::analysis::js
