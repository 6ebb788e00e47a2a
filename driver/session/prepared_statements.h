// The prepared statements of one client (protocol-level Parse), kept so that they can be prepared again on whichever
// server connection the client gets next. On servers each has a name of its own, which begins with a random text that
// is new in each process, so that no client can name another's.
// The unnamed statement is kept too, under the empty name; on servers it is unnamed as well.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "driver/sql/sql_traits.h"

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
  int closes_sent = 0;      // and not answered yet
  bool drop_sent = false;   // a DISCARD ALL or DEALLOCATE ALL was sent, and not answered yet

  bool may_be_gone() const noexcept { return closes_sent > 0 || drop_sent; }
};

// A Parse whose outcome decides which of two statements the client has.
struct Redefinition {
  std::string name;             // of a statement that PostgreSQL knows, or not any more
  PreparedStatement statement;  // `name` is not empty: what it is if the Parse succeeds; else what it is if that is skipped
  std::optional<Description> here = {};  // of the latter, if the server has it
  SqlTraits before = {};                 // `name` is not empty: of the statement as it was
};

class PreparedStatements {
 public:
  // The statement under `name`, replaced where there was one. The pointer is good until it is erased.
  PreparedStatement& define(std::string_view name, std::string_view tail, SqlTraits traits, StatementId id);
  PreparedStatement* find(std::string_view name) noexcept;
  // Puts `statement` under `name`, whatever was there.
  PreparedStatement& put(std::string_view name, PreparedStatement statement);
  void erase(std::string_view name);
  // Returns `text` with the client's own names in place of those that its statements have on servers.
  std::string with_own_names(std::string_view text) const;
  // Its Parse failed, or it is closed. No-op if it was replaced. Errors may still name it until clear_gone().
  void forget(StatementId id);
  void clear_gone() { gone_.clear(); }
  void clear() { statements_.clear(); }
  // The name of statement `id`; nullopt if there is none.
  std::optional<std::string_view> name_of(StatementId id) const;
  bool empty() const noexcept { return statements_.empty(); }

  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [name, statement] : statements_) visit(statement);
  }
  // A DISCARD ALL or DEALLOCATE ALL was sent. Neither concerns the unnamed statement.
  void set_drop_sent();
  // All that was sent is answered.
  void set_answered();
  // A Close of it was skipped behind an error. No-op if it was replaced.
  void close_skipped(StatementId id);

 private:
  std::map<std::string, PreparedStatement, std::less<>> statements_;
  std::vector<std::pair<StatementId, std::string>> gone_;
};

// The name of statement `id` on servers.
std::string server_statement_name(StatementId id);
// The beginning of all these names.
const std::string& server_statement_prefix();

}  // namespace ca::driver
