#include "workers/database/error.h"

namespace ca::workers {

Trouble trouble_of_sqlstate(std::string_view sqlstate) {
  if (sqlstate.substr(0, 2) == "08" || sqlstate == "53300" || sqlstate == "57P01" || sqlstate == "57P02" ||
      sqlstate == "57P03" || sqlstate == "57P05" || sqlstate == "25006") {
    return Trouble::connection;
  }
  if (sqlstate == "40001" || sqlstate == "40P01") return Trouble::conflict;
  return Trouble::statement;
}

}  // namespace ca::workers
