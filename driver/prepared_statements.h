// The prepared statements of one client (protocol-level Parse), kept so that they can be prepared again on whichever
// server connection the client gets next. On servers each has a name of its own, which begins with a random text that
// is new in each process, so that no client can name another's.
// The unnamed statement is kept too, under the empty name; on servers it is unnamed as well.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "driver/sql_traits.h"

namespace ca::driver {

using StatementId = std::uint64_t;  // unique in a driver, never 0

// Hashes of what PostgreSQL says of a statement; 0: it was not asked.
struct Description {
  std::uint64_t parameters = 0;  // the types of the parameters
  std::uint64_t row = 0;         // names, types and type modifiers of the columns
};

// From the bodies of ParameterDescription and of RowDescription (empty for NoData).
std::uint64_t hash_parameters(std::string_view body);
std::uint64_t hash_row(std::string_view body);

struct PreparedStatement {
  StatementId id = 0;
  std::string server_name;  // empty for the unnamed statement
  std::string tail;         // of Parse: the query text and the parameter types
  SqlTraits traits;
  std::shared_ptr<Description> told = {};  // what the client was told of it; nullptr: nothing
};

class PreparedStatements {
 public:
  // The statement under `name`, replaced where there was one. The pointer is good until it is erased.
  PreparedStatement& define(std::string_view name, std::string_view tail, SqlTraits traits, StatementId id);
  PreparedStatement* find(std::string_view name) noexcept;
  void erase(std::string_view name);
  // Returns `text` with the client's own names in place of those that its statements have on servers.
  std::string with_own_names(std::string_view text) const;
  void forget(StatementId id);  // its Parse failed; no-op where it was replaced meanwhile
  void clear() { statements_.clear(); }
  bool empty() const noexcept { return statements_.empty(); }

  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [name, statement] : statements_) visit(statement);
  }

 private:
  std::map<std::string, PreparedStatement, std::less<>> statements_;
};

// The name of statement `id` on servers.
std::string server_statement_name(StatementId id);
// The beginning of all these names.
const std::string& server_statement_prefix();

}  // namespace ca::driver
