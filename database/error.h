// What can go wrong with the database, as a value that says what to do about it.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace ca::workers {

enum class Trouble {
  connection,  // the server is away, going or full: connect again
  conflict,    // a serialisation failure or deadlock: the same transaction again
  statement,   // the server refused the statement or its data: again is no use
  stopping,    // this process was told to stop
};

struct DbError {
  std::string message;
  std::string sqlstate;  // "" where the server sent none
  Trouble trouble = Trouble::statement;
};

template <class T>
using DbResult = tl::expected<T, DbError>;
using DbStatus = DbResult<void>;

// Class 08, 57P01 to 57P03, 57P05, 53300 and the driver's own states of that kind are connection; 40001, 40P01
// conflict.
Trouble trouble_of_sqlstate(std::string_view sqlstate);

}  // namespace ca::workers
