#include "analysis/frontends/common/file_comment.h"

#include <algorithm>
#include <vector>

namespace ca::analysis {
namespace {

struct Piece {  // a block comment or one line
  std::size_t start, end;
  bool is_block;
};

std::vector<Piece> pieces_of(std::string_view head, CommentStyle style) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < head.size();) {
    const std::string_view rest = head.substr(at);
    const bool is_block = style == CommentStyle::slashes && rest.starts_with("/*");
    const bool is_line = rest.starts_with("#") || (style == CommentStyle::slashes && rest.starts_with("//"));
    if (!is_block && !is_line) {
      ++at;
      continue;
    }
    std::size_t end = is_block ? std::min(head.find("*/", at + 2), head.size() - 2) + 2 : std::min(head.find('\n', at), head.size());
    pieces.push_back({at, end, is_block});
    at = end;
  }
  return pieces;
}

// A comment that speaks to a tool rather than to a reader.
bool is_directive(std::string_view text) {
  if (text.starts_with("#!") || text.starts_with("///")) return true;
  text.remove_prefix(std::min(text.find_first_not_of("/*#! \t\r\n"), text.size()));
  for (std::string_view word : {"eslint", "jshint", "jslint", "global ", "globals ", "@ts-", "@flow", "@jsx", "prettier-", "istanbul ",
                                "tslint:", "shellcheck ", "-*-", "vim:", "code-analysis:", "sourceMappingURL"}) {
    if (text.starts_with(word)) return true;
  }
  return false;
}

bool says_it_is_the_files(std::string_view text) {
  for (std::string_view tag : {"@file", "@overview", "@module", "@packageDocumentation", "@license"}) {
    if (text.find(tag) != std::string_view::npos) return true;
  }
  return false;
}

// No blank line between two places.
bool touches(std::string_view between) { return std::count(between.begin(), between.end(), '\n') <= 1; }

}  // namespace

std::string file_comment(std::string_view head, bool before_definition, CommentStyle style) {
  const std::vector<Piece> pieces = pieces_of(head, style);
  auto directive = [&](const Piece& piece) { return is_directive(head.substr(piece.start, piece.end - piece.start)); };
  auto first = std::find_if_not(pieces.begin(), pieces.end(), directive);
  if (first == pieces.end()) return {};
  auto last = first;
  for (auto next = last + 1; next != pieces.end() && !last->is_block && !next->is_block; ++next) {
    if (!touches(head.substr(last->end, next->start - last->end)) || directive(*next)) break;
    last = next;
  }
  const std::string_view text = head.substr(first->start, last->end - first->start);
  const bool documents = style == CommentStyle::hash || text.starts_with("/**");
  const bool is_nearest = std::all_of(last + 1, pieces.end(), directive);
  if (before_definition && documents && is_nearest && touches(head.substr(last->end)) && !says_it_is_the_files(text)) return {};
  return clean_comment(text);
}

}  // namespace ca::analysis
