#include "analysis/analyse.h"

#include <algorithm>

#include "analysis/budget.h"
#include "analysis/collector.h"
#include "analysis/front_end.h"
#include "analysis/source.h"
#include "analysis/suppressions.h"

namespace ca::analysis {
namespace {

Range line_range(std::uint32_t line) { return {line, line, 0, 0}; }

void check_bytes(const Source& source, Collector& out) {
  if (source.invalid_bytes() > 0) {
    out.add_issue("invalid-utf8", Severity::warning,
                  std::to_string(source.invalid_bytes()) + " bytes are not valid UTF-8", line_range(source.line_of(source.first_invalid())));
  }
  if (source.nul_bytes() > 0) {
    out.add_issue("nul-byte", Severity::warning, std::to_string(source.nul_bytes()) + " NUL bytes in the text",
                  line_range(source.line_of(source.first_nul())));
  }
}

void check_length(const Source& source, const Limits& limits, Collector& out) {
  if (source.line_count() <= limits.max_file_lines) return;
  out.add_issue("file-too-long", Severity::warning,
                "file has lines: " + std::to_string(source.line_count()) + ", more than " + std::to_string(limits.max_file_lines),
                {1, source.line_count(), 0, 0});
}

struct Result {
  Facts facts;
  std::string failure;  // not empty: there are no facts
};

Result collect(Language language, std::string_view path, const Source& source, const Limits& limits) {
  const Budget budget(source.parse_bytes().size());
  try {
    Collector out(source, limits);
    check_bytes(source, out);
    check_length(source, limits, out);
    front_end(language).collect(path, source, out);
    return {out.take(), {}};
  } catch (const OverBudget& over) {
    if (over.what == OverBudget::What::time) return {{}, "the parser takes too long over this file; its definitions are not known"};
    const std::string limit = std::to_string(budget.memory_limit() >> 20);
    return {{}, "the parser needs more than " + limit + " MiB for this file; its definitions are not known"};
  }
}

}  // namespace

Facts without_definitions(std::string_view bytes, std::string reason) {
  const Source source(bytes);
  const Limits limits;
  Collector out(source, limits);
  check_bytes(source, out);
  out.add_issue("too-complex-to-parse", Severity::error, std::move(reason), line_range(1));
  return out.take();
}

Facts analyse(Language language, std::string_view path, std::string_view bytes, const Limits& limits) {
  const Source source(bytes);
  Result result = collect(language, path, source, limits);
  Facts facts = result.failure.empty() ? std::move(result.facts) : without_definitions(bytes, std::move(result.failure));
  drop_suppressed(source.parse_bytes(), facts.issues);
  std::stable_sort(facts.issues.begin(), facts.issues.end(),
                   [](const Issue& a, const Issue& b) { return a.range.start_line < b.range.start_line; });
  return facts;
}

}  // namespace ca::analysis
