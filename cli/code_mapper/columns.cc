#include "cli/code_mapper/columns.h"

namespace ca::code_mapper {

Columns::Columns(std::string_view bytes) : source_(bytes) {
  const std::string_view text = source_.parse_bytes();
  line_starts_.push_back(0);
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1)) line_starts_.push_back(end + 1);
}

std::optional<std::uint32_t> Columns::utf16(std::uint32_t line, std::uint32_t byte_column) const {
  if (line == 0 || line > line_starts_.size()) return std::nullopt;
  const std::string_view text = source_.parse_bytes();
  const std::size_t start = line_starts_[line - 1], end = line < line_starts_.size() ? line_starts_[line] : text.size();
  if (start + byte_column > end) return std::nullopt;
  std::uint32_t units = 1;
  for (std::size_t i = start; i < start + byte_column; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0u) == 0x80u) continue;  // goes on
    units += byte >= 0xF0u ? 2 : 1;         // beyond U+FFFF: a pair of surrogates
  }
  return units;
}

}  // namespace ca::code_mapper
