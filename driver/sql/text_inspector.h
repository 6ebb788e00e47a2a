// Inspects SQL texts and keeps the results for texts that repeat. Programs send the same few texts again and again, with
// different parameters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "driver/sql/harmless_functions.h"
#include "driver/sql/sql_scanner.h"
#include "driver/sql/sql_traits.h"

namespace ca::driver {

class TextInspector {
 public:
  explicit TextInspector(const std::vector<std::string>& harmless_functions);

  // Returns what inspect_sql() returns.
  SqlTraits inspect(std::string_view sql, SqlDialect dialect);

 private:
  // A hash selects the place. The place stores a text when the same hash selects it twice in a row, so texts that do not repeat
  // are not copied. Memory: at most `places` texts of `longest` bytes.
  struct Place {
    std::size_t last_hash = 0;
    std::string text;  // empty: none yet
    SqlDialect dialect;
    SqlTraits traits;
  };
  static constexpr std::size_t places = 256;
  static constexpr std::size_t longest = 2048;

  HarmlessFunctions functions_;
  std::vector<Place> places_;
};

}  // namespace ca::driver
