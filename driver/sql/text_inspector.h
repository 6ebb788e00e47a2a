// Inspects the texts that clients send, and remembers what it found for those that come again: programs send the same few
// texts over and over, with parameters.
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

  // As inspect_sql().
  SqlTraits inspect(std::string_view sql, SqlDialect dialect);

 private:
  // A text gets its place when it comes for the second time in a row at this place, so that texts which never come again
  // cost no copy. Memory: at most `places` texts of `longest` bytes.
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
