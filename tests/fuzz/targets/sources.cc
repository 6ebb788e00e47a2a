// Source files: the first byte picks the language, the rest is the file.
#include <string>

#include "analysis/analyse.h"
#include "supervisor/config/source_file.h"
#include "tests/fuzz/target.h"

namespace {

using namespace ca::analysis;

constexpr Language languages[] = {Language::python,     Language::c,          Language::cpp, Language::java,
                                  Language::go,         Language::rust,       Language::javascript,
                                  Language::typescript, Language::tsx,        Language::bash};
constexpr std::uint32_t one_past_end = 1;  // a range may end on the empty line behind the last newline

void check_text(const std::string& text) {
  CA_CHECK(ca::config::is_utf8(text));
  CA_CHECK(text.find('\0') == std::string::npos);
}

void check_line(const std::string& text) {
  check_text(text);
  CA_CHECK(text.find('\n') == std::string::npos);
}

void check_range(const Range& range, const Facts& facts) {
  CA_CHECK(range.start_line >= 1 && range.start_line <= range.end_line);
  CA_CHECK(range.end_line <= facts.line_count + one_past_end);
  CA_CHECK(range.start_line < range.end_line || range.start_column <= range.end_column);
}

void check_symbols(const Facts& facts) {
  for (std::size_t i = 0; i < facts.symbols.size(); ++i) {
    const Symbol& symbol = facts.symbols[i];
    CA_CHECK(symbol.parent == no_parent || (symbol.parent >= 0 && static_cast<std::size_t>(symbol.parent) < i));
    check_range(symbol.range, facts);
    check_line(symbol.name);
    check_text(symbol.qualified_name);
    check_line(symbol.signature);
    check_text(symbol.docstring);
  }
}

}  // namespace

CA_FUZZ_TARGET(sources) {
  if (input.empty() || input.size() > (16 << 10)) return;
  ca::fuzz::Input parts(input);
  const Language language = languages[parts.byte() % std::size(languages)];
  detect_language("a.h", parts.rest());
  detect_language("script", parts.rest());
  const Facts facts = analyse(language, "pkg/a.x", parts.rest(), Limits{20, 5, 2, 2, 3});
  check_symbols(facts);
  for (const Import& import : facts.imports) {
    check_text(import.target);
    check_text(import.name);
    CA_CHECK(import.line >= 1 && import.line <= facts.line_count + one_past_end);
  }
  for (const Reference& reference : facts.references) {
    check_text(reference.name);
    CA_CHECK(reference.line >= 1 && reference.line <= facts.line_count + one_past_end);
    CA_CHECK(reference.enclosing >= no_parent && reference.enclosing < static_cast<std::int32_t>(facts.symbols.size()));
  }
  for (const Issue& issue : facts.issues) {
    check_range(issue.range, facts);
    check_line(issue.message);
  }
  check_text(facts.docstring);
}
