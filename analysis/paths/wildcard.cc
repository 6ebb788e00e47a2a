#include "analysis/paths/wildcard.h"

#include <cctype>
#include <cstddef>

namespace ca::analysis::paths {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

bool in_posix_class(std::string_view name, unsigned char c) {
  if (name == "alnum") return std::isalnum(c);
  if (name == "alpha") return std::isalpha(c);
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return std::iscntrl(c);
  if (name == "digit") return std::isdigit(c);
  if (name == "graph") return std::isgraph(c);
  if (name == "lower") return std::islower(c);
  if (name == "print") return std::isprint(c);
  if (name == "punct") return std::ispunct(c);
  if (name == "space") return std::isspace(c);
  if (name == "upper") return std::isupper(c);
  if (name == "xdigit") return std::isxdigit(c);
  return false;
}

// One character of a set, a backslash before it taken off. REQUIRES: i < pattern.size(); moves i behind it.
unsigned char set_member(std::string_view pattern, std::size_t& i) {
  if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
  return static_cast<unsigned char>(pattern[i++]);
}

// The set at pattern[at] == '['. Returns the position after its ']', or none where it is not closed.
std::size_t match_set(std::string_view pattern, std::size_t at, unsigned char c, bool& matched) {
  std::size_t i = at + 1;
  bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false, first = true;
  for (; i < pattern.size() && (first || pattern[i] != ']'); first = false) {
    if (pattern.substr(i).starts_with("[:")) {
      std::size_t end = pattern.find(":]", i + 2);
      if (end != std::string_view::npos) {
        found = found || in_posix_class(pattern.substr(i + 2, end - i - 2), c);
        i = end + 2;
        continue;
      }
    }
    const unsigned char low = set_member(pattern, i);
    unsigned char high = low;
    if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
      ++i;
      high = set_member(pattern, i);
    }
    found = found || (low <= c && c <= high);
  }
  if (i >= pattern.size()) return none;
  matched = found != negated && c != '/';
  return i + 1;
}

// Where the pattern goes on after its element at `at` matched `c`; none where it does not match.
std::size_t match_one(std::string_view pattern, std::size_t at, char c) {
  switch (pattern[at]) {
    case '?': return c != '/' ? at + 1 : none;
    case '[': {
      bool matched = false;
      std::size_t next = match_set(pattern, at, static_cast<unsigned char>(c), matched);
      return matched ? next : none;
    }
    case '\\':
      if (at + 1 < pattern.size()) return pattern[at + 1] == c ? at + 2 : none;
      return none;
    default: return pattern[at] == c ? at + 1 : none;
  }
}

struct Stars {
  std::size_t after = none;  // where the pattern goes on after the stars
  std::size_t length = 0;
  bool crosses = false;      // a whole "**" between slashes
};

// The run of stars at pattern[at].
Stars read_stars(std::string_view pattern, std::size_t at) {
  std::size_t end = at;
  while (end < pattern.size() && pattern[end] == '*') ++end;
  bool starts = at == 0 || pattern[at - 1] == '/';
  bool ends = end == pattern.size() || pattern[end] == '/';
  return {end, end - at, end - at >= 2 && starts && ends};
}

}  // namespace

// Two points to come back to: the last `*` and the last `**`. An earlier one never has to be tried again: whatever a longer
// match of it could reach, a longer match of the last one reaches too.
bool wildcard_match(std::string_view pattern, std::string_view path) {
  std::size_t p = 0, t = 0;
  std::size_t star_p = none, star_t = 0;    // a `*`: pattern after it, text that it has not eaten yet
  std::size_t deep_p = none, deep_t = 0;    // a `**/`: pattern after its slash, start of the folder not eaten yet
  while (true) {
    if (p < pattern.size() && pattern[p] == '*') {
      Stars stars = read_stars(pattern, p);
      if (stars.crosses) {
        if (stars.after == pattern.size()) return t < path.size();
        p = deep_p = stars.after + 1;
        deep_t = t;
        star_p = none;
      } else {
        p = star_p = stars.after;
        star_t = t;
      }
      continue;
    }
    if (t == path.size() && p == pattern.size()) return true;
    if (t < path.size() && p < pattern.size()) {
      std::size_t next = match_one(pattern, p, path[t]);
      if (next != none) {
        p = next;
        ++t;
        continue;
      }
    }
    if (star_p != none && star_t < path.size() && path[star_t] != '/') {
      p = star_p;
      t = ++star_t;
      continue;
    }
    star_p = none;
    std::size_t slash = deep_p == none ? std::string_view::npos : path.find('/', deep_t);
    if (slash == std::string_view::npos) return false;
    p = deep_p;
    t = deep_t = slash + 1;
  }
}

}  // namespace ca::analysis::paths
