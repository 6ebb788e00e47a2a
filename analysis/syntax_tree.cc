#include "analysis/syntax_tree.h"

#include <ctime>

#include "analysis/collector.h"

namespace ca::analysis {
namespace {

constexpr std::int64_t base_budget_ns = 2'000'000'000, budget_ns_per_mib = 4'000'000'000;

// Of this thread only: a busy machine makes no file too complex.
std::int64_t processor_time_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

bool is_spent(TSParseState* state) { return processor_time_ns() > *static_cast<const std::int64_t*>(state->payload); }

const char* read_rest(void* payload, std::uint32_t offset, TSPoint, std::uint32_t* length) {
  const auto& bytes = *static_cast<const std::string_view*>(payload);
  *length = offset < bytes.size() ? static_cast<std::uint32_t>(bytes.size() - offset) : 0;
  return *length > 0 ? bytes.data() + offset : "";
}

}  // namespace

SyntaxTree::SyntaxTree(const TSLanguage* language, std::string_view bytes, Collector& out) {
  struct DeleteParser {
    void operator()(TSParser* parser) const { ts_parser_delete(parser); }
  };
  std::unique_ptr<TSParser, DeleteParser> parser(ts_parser_new());
  ts_parser_set_language(parser.get(), language);
  std::int64_t deadline_ns = processor_time_ns() + base_budget_ns + budget_ns_per_mib * static_cast<std::int64_t>(bytes.size()) / (1 << 20);
  const TSInput input{&bytes, read_rest, TSInputEncodingUTF8, nullptr};
  tree_.reset(ts_parser_parse_with_options(parser.get(), nullptr, input, {&deadline_ns, is_spent}));
  if (tree_) return;
  out.add_issue("too-complex-to-parse", Severity::error, "the parser takes too long over this file; its definitions are not known",
                {1, 1, 0, 0});
  ts_parser_reset(parser.get());
  tree_.reset(ts_parser_parse_string(parser.get(), nullptr, "", 0));
}

Range range_of(TSNode node) {
  TSPoint start = ts_node_start_point(node), end = ts_node_end_point(node);
  Range range{start.row + 1, end.row + 1, start.column, end.column};
  if (end.column == 0 && end.row > start.row) {
    range.end_line = end.row;
    range.end_column = end_of_line;
  }
  return range;
}

}  // namespace ca::analysis
