#include "database/error.h"

#include "common/sqlstate.h"

namespace ca::workers {

Trouble trouble_of_sqlstate(std::string_view sqlstate) {
  switch (sql_failure(sqlstate)) {
    case SqlFailure::connection:
    case SqlFailure::busy: return Trouble::connection;
    case SqlFailure::conflict: return Trouble::conflict;
    case SqlFailure::cancelled:
    case SqlFailure::permission:
    case SqlFailure::statement: break;
  }
  return Trouble::statement;
}

}  // namespace ca::workers
