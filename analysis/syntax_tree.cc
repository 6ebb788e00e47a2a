#include "analysis/syntax_tree.h"

namespace ca::analysis {

SyntaxTree::SyntaxTree(const TSLanguage* language, std::string_view bytes) {
  struct DeleteParser {
    void operator()(TSParser* parser) const { ts_parser_delete(parser); }
  };
  std::unique_ptr<TSParser, DeleteParser> parser(ts_parser_new());
  ts_parser_set_language(parser.get(), language);
  tree_.reset(ts_parser_parse_string(parser.get(), nullptr, bytes.data(), static_cast<std::uint32_t>(bytes.size())));
}

Range range_of(TSNode node) {
  TSPoint start = ts_node_start_point(node), end = ts_node_end_point(node);
  Range range{start.row + 1, end.row + 1, start.column, end.column};
  // A node that takes its line's end with it ends on that line.
  if (end.column == 0 && end.row > start.row) range.end_line = end.row;
  return range;
}

}  // namespace ca::analysis
