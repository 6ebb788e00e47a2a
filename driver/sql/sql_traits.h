// What a text of SQL statements does to the session that runs it: the question that decides whether it may run on a
// connection that other clients use next.
//
// Only what is known to be harmless is: queries that query_reader.h proves, and the statements that sql_traits.cc lists, each
// with the reason. Everything else gets a pin. What cannot be seen in the text is in docs/driver.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "driver/sql/harmless_functions.h"
#include "driver/sql/listen_text.h"
#include "driver/sql/sql_scanner.h"

namespace ca::driver {

// Why a session needs a server connection of its own beyond its transaction, or leaves one that must be reset: bits of a set.
using Pins = std::uint32_t;
namespace pin {
inline constexpr Pins setting = 1;        // SET, set_config, setseed
inline constexpr Pins listen = 2;         // LISTEN
inline constexpr Pins prepared = 4;       // PREPARE as a statement
inline constexpr Pins cursor = 8;         // DECLARE ... WITH HOLD
inline constexpr Pins temporary = 16;     // temporary tables, pg_temp
inline constexpr Pins lock = 32;          // advisory locks of the session
inline constexpr Pins role = 64;          // SET ROLE, SET SESSION AUTHORIZATION
inline constexpr Pins library = 128;      // LOAD: cannot be undone, the connection is closed afterwards
inline constexpr Pins unproven = 256;     // DO, CALL, a function that is not known, ...: may do any of these. session_check.h tells
inline constexpr Pins startup = 512;      // options given at start-up that the driver does not know
inline constexpr Pins unknown = 1024;     // text that was not understood
inline constexpr Pins found = 4096;       // the check of an unproven session found something
// Does not keep the connection: it is only reset before another client gets it.
inline constexpr Pins reset = 8192;
}  // namespace pin

// The names of the bits, joined by commas; empty for none. `reset` has no name: it is no state of the session.
std::string pins_text(Pins pins);

struct SqlTraits {
  Pins pins = 0;
  bool begins_transaction = false;   // BEGIN, START TRANSACTION
  // Each statement is a query that writes nothing and calls only functions which are known to write nothing: to end it early
  // loses nothing.
  bool only_reads = true;
  bool needs_history = false;        // currval, lastval: depends on what an earlier text of this session drew
  bool may_draw = false;             // may draw a number from a sequence
  bool discards_all = false;         // DISCARD ALL is in it
  bool writes = false;               // INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY FROM
  // The text is one DEALLOCATE of one name (`name`, folded as PostgreSQL does) and nothing else.
  bool deallocates_one = false;
  std::string name;
  bool drops_statements = false;     // has a DISCARD ALL or a DEALLOCATE ALL
  bool names_statements = false;     // has the word EXECUTE or DEALLOCATE
  bool may_copy = false;             // a statement in it begins with COPY: the client's data may follow
  // INSERT, UPDATE, DELETE, MERGE, BEGIN, COMMIT, ...: its text alone decides whether it gives rows. Not so CALL, FETCH or EXECUTE.
  bool text_decides_rows = false;
  ListenText listens;                // the LISTEN and UNLISTEN in it

  // Adds what `other` does: one of both runs.
  void add(const SqlTraits& other) {
    pins |= other.pins;
    if (!listens.commands.empty() || !other.listens.commands.empty()) pins |= pin::listen;
    listens = {};
    begins_transaction = begins_transaction || other.begins_transaction;
    only_reads = only_reads && other.only_reads;
    needs_history = needs_history || other.needs_history;
    may_draw = may_draw || other.may_draw;
    discards_all = discards_all || other.discards_all;
    writes = writes || other.writes;
    deallocates_one = false;
    drops_statements = drops_statements || other.drops_statements;
    names_statements = names_statements || other.names_statements;
    may_copy = may_copy || other.may_copy;
    text_decides_rows = text_decides_rows && other.text_decides_rows;
  }

  // Must not begin on a connection that is shared.
  bool wants_own_connection() const noexcept { return pins != 0 || begins_transaction; }
};

// inspect_sql() itself sees to this function by its name: it has a pin of its own, or needs history.
bool sees_to_function(std::string_view lower_name) noexcept;

SqlTraits inspect_sql(std::string_view sql, const HarmlessFunctions& functions, SqlDialect dialect = {});

}  // namespace ca::driver
