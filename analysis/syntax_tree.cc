#include "analysis/syntax_tree.h"

#include "analysis/budget.h"

namespace ca::analysis {
namespace {

thread_local std::int64_t parse_ns = 0;

// Sets parse_ns when a parse ends, by an exception too.
struct ParseTime {
  const std::int64_t start_ns = processor_time_ns();
  ~ParseTime() { parse_ns = processor_time_ns() - start_ns; }
};

bool is_spent(TSParseState*) { return Budget::is_time_spent(); }

const char* read_rest(void* payload, std::uint32_t offset, TSPoint, std::uint32_t* length) {
  const auto& bytes = *static_cast<const std::string_view*>(payload);
  *length = offset < bytes.size() ? static_cast<std::uint32_t>(bytes.size() - offset) : 0;
  return *length > 0 ? bytes.data() + offset : "";
}

}  // namespace

SyntaxTree::SyntaxTree(const TSLanguage* language, std::string_view bytes) {
  // An exception from the allocator leaves the parser in the middle of a step: then it must not be touched any more. The budget
  // frees its memory.
  const ParseTime time;
  TSParser* parser = ts_parser_new();
  ts_parser_set_language(parser, language);
  const TSInput input{&bytes, read_rest, TSInputEncodingUTF8, nullptr};
  tree_ = ts_parser_parse_with_options(parser, nullptr, input, {nullptr, is_spent});
  ts_parser_delete(parser);
  if (tree_ == nullptr) throw OverBudget{OverBudget::What::time};
}

std::int64_t last_parse_ns() { return parse_ns; }

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
