#include "cli/code_mapper/columns.h"
#include "tests/support/catch.h"

using ca::code_mapper::Columns;

TEST_CASE("a column in bytes is one in UTF-16 code units") {
  const Columns columns("ab\n\xC3\xA9z\xE4\xB8\xAD \xF0\x9F\x98\x80!\n");
  CHECK(columns.utf16(1, 0) == 1u);
  CHECK(columns.utf16(1, 2) == 3u);
  CHECK(columns.utf16(2, 2) == 2u);   // behind é
  CHECK(columns.utf16(2, 6) == 4u);   // behind 中
  CHECK(columns.utf16(2, 11) == 7u);  // behind a pair of surrogates
  CHECK(columns.utf16(3, 0) == 1u);
}

TEST_CASE("a place that the file does not have has no column") {
  const Columns columns("ab\nc");
  CHECK_FALSE(columns.utf16(0, 0));
  CHECK_FALSE(columns.utf16(2, 2));
  CHECK_FALSE(columns.utf16(3, 0));
  CHECK(columns.utf16(1, 3) == 4u);  // the line's end is a place
}

TEST_CASE("bytes that are no text count one each") {
  const Columns columns("a\xFF\xFEz\n");
  CHECK(columns.utf16(1, 3) == 4u);
}
