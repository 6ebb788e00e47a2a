// PostgreSQL's keywords, and where it takes them for names.
#pragma once

#include <cstdint>
#include <string_view>

namespace ca::driver {

// As in pg_get_keywords(). A word that only PostgreSQL 16 or later knows counts as unreserved.
enum class Keyword : std::uint8_t {
  none,              // a plain name
  unreserved,        // may name anything
  column_name,       // may name anything but a function or a type: `coalesce (` is a construct of the grammar
  type_or_function,  // may name a function or a type only
  reserved,
};

// REQUIRES: `word` is in lower case.
Keyword keyword(std::string_view word) noexcept;

}  // namespace ca::driver
