#include "cli/code_mapper/rules.h"

#include <algorithm>

namespace ca::code_mapper {

const std::vector<Rule>& all_rules() {
  using enum analysis::Severity;
  static const std::vector<Rule> rules = {
      {"any-type", info, "A type annotation that allows anything checks nothing."},
      {"catch-all-exception-handler", warning, "A handler catches every error and does not raise it again."},
      {"circular-import", warning, "Files import each other in a circle."},
      {"complexity", warning, "A function has too many paths through it."},
      {"empty-exception-handler", warning, "A handler of errors does nothing."},
      {"file-too-long", warning, "A file has too many lines."},
      {"function-too-long", warning, "A function has too many lines."},
      {"import-not-at-top", info, "An import stands inside of a definition or after other code."},
      {"invalid-utf8", warning, "The file holds bytes that are no valid text."},
      {"missing-doc-comment", info, "A file, type or function for users has no doc comment."},
      {"missing-docstring", info, "A module, class or function for users has no docstring."},
      {"nesting-too-deep", warning, "Blocks within blocks are nested too deep."},
      {"nul-byte", warning, "The file holds NUL bytes."},
      {"parse-error", error, "The file does not follow its language's grammar."},
      {"too-complex-to-parse", error, "The parser would take too long over the file."},
      {"too-many-parameters", warning, "A function takes too many parameters."},
      {"unfinished-body", warning, "A body only says that it is not written yet."},
      {"unresolved-import", warning, "An import of the project's own leads to no file."},
  };
  return rules;
}

const Rule* find_rule(std::string_view id) {
  const auto found = std::find_if(all_rules().begin(), all_rules().end(), [&](const Rule& rule) { return rule.id == id; });
  return found == all_rules().end() ? nullptr : &*found;
}

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = word.size() > 200 ? 0 : std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = word.size() > 200 ? 1 : edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

}  // namespace ca::code_mapper
