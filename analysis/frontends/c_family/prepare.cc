#include "analysis/frontends/c_family/prepare.h"

#include <algorithm>
#include <cctype>

#include "analysis/frontends/c_family/declaration.h"
#include "analysis/frontends/c_family/gaps.h"
#include "analysis/frontends/c_family/macros.h"
#include "analysis/frontends/c_family/tokens.h"
#include "analysis/text.h"

namespace ca::analysis::c_family {
namespace {

struct Branch {
  Span span;
  bool complete = true;   // whole statements or declarations, or nothing
  bool empty = true;
  bool is_zero = false;   // #if 0
  bool is_foreign = false;  // another language
  int delta = 0;          // brackets opened and not closed
};

struct Group {            // one #if ... #endif
  std::vector<Branch> branches;
  int base = 0;           // bracket depth where it began
  int lowest = 0;
  char last = '\0';       // last character of code in the open branch
};

class Preparer {
 public:
  Preparer(std::string_view bytes, bool is_cpp) : in_(bytes), is_cpp_(is_cpp), gaps_(bytes, out_, is_cpp) { out_.bytes = bytes; }

  Prepared run() {
    while (at_ < in_.size()) step();
    while (!groups_.empty()) end_group();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = in_[at_];
    if (c == '\n') {
      ++line_;
      ++at_;
      line_start_ = at_;
      line_has_code_ = false;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
      ++at_;
    } else if (c == '#' && !line_has_code_) {
      directive();
    } else if (c == '/' && at_ + 1 < in_.size() && (in_[at_ + 1] == '/' || in_[at_ + 1] == '*')) {
      comment();
    } else {
      code(c);
    }
  }

  void code(char c) {
    line_has_code_ = true;
    if (c == '"') {
      string('"');
      c = '"';
    } else if (c == '\'') {
      string('\'');
    } else if (is_word_character(c)) {
      word();
    } else {
      after_if_ = false;
      if (c == '=' || c == '*' || c == '&') gaps_.sign(at_, code_end_);
      ++at_;
      if (c == '{' || c == '(' || c == '[') ++depth_;
      if (c == '}' || c == ')' || c == ']') {
        --depth_;
        if (!groups_.empty()) groups_.back().lowest = std::min(groups_.back().lowest, depth_);
      }
    }
    if (!groups_.empty()) {
      groups_.back().last = c;
      groups_.back().branches.back().empty = false;
    }
    code_end_ = at_;
  }

  void word() {
    std::size_t start = at_;
    bool number = std::isdigit(static_cast<unsigned char>(in_[at_]));
    while (at_ < in_.size()) {
      bool separator = number && in_[at_] == '\'' && at_ + 1 < in_.size() && is_word_character(in_[at_ + 1]);
      if (!is_word_character(in_[at_]) && !separator) break;
      ++at_;
    }
    std::string_view text = in_.substr(start, at_ - start);
    bool raw = text == "R" || text == "u8R" || text == "uR" || text == "UR" || text == "LR";
    if (is_cpp_ && raw && at_ < in_.size() && in_[at_] == '"') raw_string();
    if (text.starts_with("__attribute")) attribute(start);
    if (!number) gaps_.word({pos(start), pos(at_)}, code_end_, line_);
    if (after_if_ && is_macro_like(text)) blank_macro(out_, {pos(start), pos(at_)}, {});  // if CONSTEXPR (...)
    if (code_end_ > 0 && code_end_ < start && in_[code_end_ - 1] == '"') format_macro(start);
    after_if_ = is_cpp_ && text == "if";
  }

  // "%" PRIu64 "\n"
  void format_macro(std::size_t start) {
    const std::size_t next = in_.find_first_not_of(" \t\r\n\\", at_);
    if (next == std::string_view::npos || std::string_view("\"),;").find(in_[next]) == std::string_view::npos) return;
    if (std::isupper(static_cast<unsigned char>(in_[start]))) blank_macro(out_, {pos(start), pos(at_)}, {});
  }

  // __attribute__((x)): the grammar takes it in some of the places where it may stand.
  void attribute(std::size_t start) {
    std::size_t open = at_, depth = 0;
    while (open < in_.size() && (in_[open] == ' ' || in_[open] == '\t' || in_[open] == '\n' || in_[open] == '\r')) ++open;
    for (std::size_t i = open; i < std::min(in_.size(), open + 2000); ++i) {
      if (in_[i] == '(') ++depth;
      if (in_[i] == ')' && depth > 0) --depth;
      if (in_[i] == ';' || in_[i] == '{' || in_[i] == '#') return;
      if (depth > 0) continue;
      if (i > open) blank_macro(out_, {pos(start), pos(at_)}, {pos(open), pos(i + 1)});
      return;
    }
  }

  void string(char quote) {
    for (++at_; at_ < in_.size() && in_[at_] != '\n'; ++at_) {
      if (in_[at_] == '\\' && at_ + 1 < in_.size()) {
        ++at_;
        if (in_[at_] == '\r' && at_ + 1 < in_.size() && in_[at_ + 1] == '\n') ++at_;
        if (in_[at_] == '\n') ++line_;
      } else if (in_[at_] == quote) {
        ++at_;
        return;
      }
    }
  }

  void raw_string() {
    std::size_t open = in_.find('(', at_);
    if (open == std::string_view::npos || open - at_ > 18) return;
    std::string close(1, ')');
    close.append(in_.substr(at_ + 1, open - at_ - 1)).push_back('"');
    std::size_t end = in_.find(close, open);
    end = end == std::string_view::npos ? in_.size() : end + close.size();
    line_ += static_cast<std::uint32_t>(std::count(in_.begin() + at_, in_.begin() + end, '\n'));
    at_ = end;
  }

  void comment() {
    Comment found;
    found.line = line_;
    found.own_line = !line_has_code_;
    std::size_t end;
    if (in_[at_ + 1] == '/') {
      end = at_;
      do {  // a backslash at the end continues it
        end = std::min(in_.find('\n', end + 1), in_.size());
      } while (end < in_.size() && (in_[end - 1] == '\\' || (in_[end - 1] == '\r' && in_[end - 2] == '\\')));
      if (end > at_ && in_[end - 1] == '\r') --end;
    } else {
      end = in_.find("*/", at_ + 2);
      end = end == std::string_view::npos ? in_.size() : end + 2;
    }
    found.span = {pos(at_), pos(end)};
    line_ += static_cast<std::uint32_t>(std::count(in_.begin() + at_, in_.begin() + end, '\n'));
    found.end_line = line_;
    out_.comments.push_back(found);
    at_ = end;
  }

  // The end of the directive's last line: lines that a backslash continues and comments over several lines belong to it.
  std::size_t directive_end() const {
    for (std::size_t i = at_; i < in_.size(); ++i) {
      if (in_[i] == '\n') {
        std::size_t before = i > 0 && in_[i - 1] == '\r' ? i - 1 : i;
        if (before == 0 || in_[before - 1] != '\\') return i;
      } else if (in_[i] == '"' || in_[i] == '\'') {
        std::size_t close = i + 1;
        while (close < in_.size() && in_[close] != in_[i] && in_[close] != '\n') close += in_[close] == '\\' ? 2 : 1;
        if (close < in_.size() && in_[close] == in_[i]) i = close;
      } else if (in_.substr(i, 2) == "//") {
        std::size_t end = std::min(in_.find('\n', i), in_.size());
        i = end - 1;
      } else if (in_.substr(i, 2) == "/*") {
        std::size_t end = in_.find("*/", i + 2);
        if (end == std::string_view::npos) return in_.size();
        i = end + 1;
      }
    }
    return in_.size();
  }

  void directive() {
    const std::size_t start = at_, end = directive_end();
    std::size_t name_start = start + 1;
    while (name_start < end && (in_[name_start] == ' ' || in_[name_start] == '\t')) ++name_start;
    std::size_t name_end = name_start;
    while (name_end < end && is_word_character(in_[name_end])) ++name_end;
    const std::string_view name = in_.substr(name_start, name_end - name_start);
    const std::string_view rest = in_.substr(name_end, end - name_end);
    const std::uint32_t first_line = line_;
    line_ += static_cast<std::uint32_t>(std::count(in_.begin() + start, in_.begin() + end, '\n'));
    if (name == "if" || name == "ifdef" || name == "ifndef") {
      begin_group(name == "if" && trim(rest) == "0", end);
      groups_.back().branches.back().is_foreign = name == "ifdef" && trim(rest) == "__OBJC__";
    } else if (name == "else" || name == "elif" || name == "elifdef" || name == "elifndef") {
      next_branch(start, end);
    } else if (name == "endif") {
      if (!groups_.empty()) {
        end_branch(start);
        end_group();
      }
    } else if (name == "define") {
      define(start, name_end, end, first_line);
    } else if (name == "include" || name == "include_next" || name == "import") {
      include(start, name_end, end, first_line);
    }
    blank({pos(start), pos(end)});
    at_ = end;
  }

  void define(std::size_t start, std::size_t from, std::size_t end, std::uint32_t first_line) {
    while (from < end && (in_[from] == ' ' || in_[from] == '\t')) ++from;
    std::size_t name_end = from;
    while (name_end < end && is_word_character(in_[name_end])) ++name_end;
    if (name_end == from) return;
    Directive found{};
    found.kind = Directive::Kind::define;
    found.span = {pos(start), pos(end)};
    found.line = first_line;
    found.end_line = line_;
    found.column = pos(start - line_start_);
    found.name = {pos(from), pos(name_end)};
    found.body = {pos(name_end), pos(end)};
    found.function_like = name_end < end && in_[name_end] == '(';
    out_.directives.push_back(found);
  }

  void include(std::size_t start, std::size_t from, std::size_t end, std::uint32_t first_line) {
    while (from < end && (in_[from] == ' ' || in_[from] == '\t')) ++from;
    if (from >= end || (in_[from] != '<' && in_[from] != '"')) return;
    std::size_t close = in_.find(in_[from] == '<' ? '>' : '"', from + 1);
    if (close == std::string_view::npos || close >= end) return;
    Directive found{};
    found.kind = Directive::Kind::include;
    found.span = {pos(start), pos(end)};
    found.line = first_line;
    found.end_line = line_;
    found.name = {pos(from + 1), pos(close)};
    found.is_system = in_[from] == '<';
    out_.directives.push_back(found);
  }

  void begin_group(bool is_zero, std::size_t content) {
    Group group;
    group.base = group.lowest = depth_;
    Branch branch;
    branch.span.start = pos(content);
    branch.is_zero = is_zero;
    group.branches.push_back(branch);
    groups_.push_back(std::move(group));
  }

  void next_branch(std::size_t end, std::size_t content) {
    if (groups_.empty()) return;
    end_branch(end);
    Branch branch;
    branch.span.start = pos(content);
    groups_.back().branches.push_back(branch);
  }

  void end_branch(std::size_t end) {
    Group& group = groups_.back();
    Branch& branch = group.branches.back();
    branch.span.end = pos(end);
    branch.delta = depth_ - group.base;
    bool whole = group.last == ';' || group.last == '}' || group.last == ',' || group.last == ':';
    branch.complete = branch.empty || (branch.delta == 0 && group.lowest >= group.base && whole);
    depth_ = group.lowest = group.base;
    group.last = '\0';
  }

  void end_group() {
    Group group = std::move(groups_.back());
    groups_.pop_back();
    Branch& last = group.branches.back();
    if (last.span.end == 0) last.span.end = pos(in_.size());  // never closed
    std::vector<Branch*> kept = choose(group);
    for (Branch& branch : group.branches) {
      if (std::find(kept.begin(), kept.end(), &branch) == kept.end()) blank(branch.span);
    }
    for (Branch* branch : kept) depth_ += branch->delta;
    if (groups_.empty()) return;
    Group& outer = groups_.back();
    outer.lowest = std::min(outer.lowest, depth_);
    for (Branch* branch : kept) {
      if (branch->empty) continue;
      outer.branches.back().empty = false;
      outer.last = branch->complete ? ';' : 'x';
    }
  }

  static std::vector<Branch*> choose(Group& group) {
    std::vector<Branch*> all, complete;
    for (Branch& branch : group.branches) {
      if (branch.is_foreign) continue;
      all.push_back(&branch);
      if (branch.complete && !branch.empty) complete.push_back(&branch);
    }
    if (all.size() <= 1 && all.size() == group.branches.size()) return all[0]->is_zero && !all[0]->complete ? std::vector<Branch*>{} : all;
    if (!complete.empty()) return complete;
    for (Branch* branch : all) {
      if (!branch->empty && !branch->is_zero) return {branch};
    }
    return {};
  }

  void blank(Span span) {
    for (std::uint32_t i = span.start; i < span.end; ++i) {
      char& c = out_.bytes[i];
      if (c != '\n' && c != '\r') c = ' ';
    }
  }

  static std::uint32_t pos(std::size_t offset) { return static_cast<std::uint32_t>(offset); }

  std::string_view in_;
  bool is_cpp_;
  Prepared out_;
  Gaps gaps_;
  std::size_t at_ = 0, line_start_ = 0;
  std::size_t code_end_ = 0;  // behind the last character that was code
  std::uint32_t line_ = 1;
  bool line_has_code_ = false;
  bool after_if_ = false;
  int depth_ = 0;
  std::vector<Group> groups_;
};

}  // namespace

Prepared prepare(std::string_view bytes, bool is_cpp) {
  Prepared prepared = Preparer(bytes, is_cpp).run();
  blank_macros(prepared, bytes, is_cpp);
  return prepared;
}

}  // namespace ca::analysis::c_family
