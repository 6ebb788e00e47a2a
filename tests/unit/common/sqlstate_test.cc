#include "common/sqlstate.h"

#include "tests/support/catch.h"

using namespace ca;

TEST_CASE("a SQLSTATE says what to do next, and an unknown one is the statement's own") {
  for (const char* state : {"08006", "08001", "08007", "57P01", "57P03", "57P05", "25006"}) {
    CHECK(sql_failure(state) == SqlFailure::connection);
  }
  CHECK(sql_failure("53300") == SqlFailure::busy);
  CHECK(sql_failure("57014") == SqlFailure::cancelled);
  for (const char* state : {"40001", "40P01"}) CHECK(sql_failure(state) == SqlFailure::conflict);
  for (const char* state : {"28000", "28P01", "42501"}) CHECK(sql_failure(state) == SqlFailure::permission);
  for (const char* state : {"", "0", "08", "42P01", "22021", "XX000", "99999", "080060"}) {
    CHECK(sql_failure(state) == SqlFailure::statement);
  }
}
