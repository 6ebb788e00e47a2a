#include "analysis/analyse.h"

#include <algorithm>

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

}  // namespace

Facts analyse(Language language, std::string_view path, std::string_view bytes, const Limits& limits) {
  Source source(bytes);
  Collector out(source, limits);
  check_bytes(source, out);
  check_length(source, limits, out);
  front_end(language).collect(path, source, out);
  Facts facts = out.take();
  drop_suppressed(source.parse_bytes(), facts.issues);
  std::stable_sort(facts.issues.begin(), facts.issues.end(),
                   [](const Issue& a, const Issue& b) { return a.range.start_line < b.range.start_line; });
  return facts;
}

}  // namespace ca::analysis
