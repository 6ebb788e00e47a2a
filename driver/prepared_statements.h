// The prepared statements of one client (protocol-level Parse), kept so that they can be prepared again on whichever
// server connection the client gets next. On servers each has a name of its own (`ca_17`), so that clients never meet.
// The unnamed statement is kept too, under the empty name; on servers it is unnamed as well.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "driver/sql_traits.h"

namespace ca::driver {

using StatementId = std::uint64_t;  // unique in a driver, never 0

struct PreparedStatement {
  StatementId id = 0;
  std::string server_name;  // empty for the unnamed statement
  std::string tail;         // of Parse: the query text and the parameter types
  SqlTraits traits;
};

class PreparedStatements {
 public:
  // The statement under `name`, replaced where there was one. The pointer is good until it is erased.
  PreparedStatement& define(std::string_view name, std::string_view tail, SqlTraits traits, StatementId id);
  PreparedStatement* find(std::string_view name) noexcept;
  void erase(std::string_view name);
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

}  // namespace ca::driver
