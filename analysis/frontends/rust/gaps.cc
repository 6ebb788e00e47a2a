#include "analysis/frontends/rust/gaps.h"

#include <algorithm>

#include "analysis/text.h"

namespace ca::analysis::rust {
namespace {

constexpr std::string_view spaces = " \t\r\n";

// `word` begins at `at`, as a word of its own. Behind it and the space after it: where to go on; npos: it does not.
std::size_t behind_word(std::string_view in, std::size_t at, std::string_view word) {
  if (in.substr(at, word.size()) != word || (at > 0 && is_word_character(in[at - 1]))) return std::string_view::npos;
  const std::size_t next = in.find_first_not_of(spaces, at + word.size());
  return next == at + word.size() ? std::string_view::npos : next;
}

// `unsafe` before the `extern "C" {` of a block.
bool is_unsafe_block(std::string_view in, std::size_t at) {
  at = behind_word(in, at, "unsafe");
  if (at != std::string_view::npos) at = behind_word(in, at, "extern");
  if (at == std::string_view::npos) return false;
  if (in[at] == '"') {
    at = in.substr(0, at + 40).find('"', at + 1);  // "C-unwind" and the like
    if (at != std::string_view::npos) at = in.find_first_not_of(spaces, at + 1);
  }
  return at != std::string_view::npos && in[at] == '{';
}

bool is_safe_item(std::string_view in, std::size_t at) {
  const std::size_t next = behind_word(in, at, "safe");
  return next != std::string_view::npos &&
         (behind_word(in, next, "fn") != std::string_view::npos || behind_word(in, next, "static") != std::string_view::npos);
}

}  // namespace

std::string fill_gaps(std::string_view bytes) {
  std::string out;
  const auto blank = [&](std::size_t at, std::size_t length) {
    if (out.empty()) out = bytes;
    std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(at), length, ' ');
  };
  for (std::size_t at = bytes.find("safe"); at != std::string_view::npos; at = bytes.find("safe", at + 4)) {
    if (at >= 2 && is_unsafe_block(bytes, at - 2)) blank(at - 2, 6);
    if (is_safe_item(bytes, at)) blank(at, 4);
  }
  return out;
}

}  // namespace ca::analysis::rust
