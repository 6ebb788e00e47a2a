// Columns as SARIF counts them by default: in UTF-16 code units from 1. The analyser counts bytes from 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "analysis/source.h"

namespace ca::code_mapper {

class Columns {
 public:
  // `bytes`, a whole file, must outlive it.
  explicit Columns(std::string_view bytes);
  // Nullopt: the file has no such line, or the line is shorter.
  std::optional<std::uint32_t> utf16(std::uint32_t line, std::uint32_t byte_column) const;

 private:
  analysis::Source source_;
  std::vector<std::size_t> line_starts_;
};

}  // namespace ca::code_mapper
