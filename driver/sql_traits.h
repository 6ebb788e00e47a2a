// What a text of SQL statements does to the session that runs it: the question that decides whether it may run on a
// connection that other clients use next.
//
// The answer errs to one side: a statement that is not understood is taken to leave session state behind. What cannot be
// seen in the text (a function that calls set_config inside) is not found here; docs/driver.md says so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "driver/listen_text.h"

namespace ca::driver {

// Why a session needs a server connection of its own beyond its transaction: bits of a set.
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
inline constexpr Pins block = 256;        // DO, CALL, fast-path functions: may do any of these
inline constexpr Pins startup = 512;      // options given at start-up that the driver does not know
inline constexpr Pins unknown = 1024;     // text that was not understood
inline constexpr Pins parameter = 2048;   // the server reported a setting that differs from its default
}  // namespace pin

// The names of the bits, joined by commas; empty for none.
std::string pins_text(Pins pins);

struct SqlTraits {
  Pins pins = 0;
  bool begins_transaction = false;   // BEGIN, START TRANSACTION
  // Each statement is a SELECT, VALUES or TABLE that calls well-known functions only: to end it early loses nothing.
  bool only_reads = true;
  bool needs_history = false;        // currval, lastval: depends on what this session did before
  // The text is one DEALLOCATE of one name (`name`, folded as PostgreSQL does) and nothing else.
  bool deallocates_one = false;
  std::string name;
  bool names_statements = false;     // has the word EXECUTE or DEALLOCATE
  bool may_copy = false;             // a statement in it begins with COPY: the client's data may follow
  ListenText listens;                // the LISTEN and UNLISTEN in it

  // Must not begin on a connection that is shared.
  bool wants_own_connection() const noexcept { return pins != 0 || begins_transaction; }
};

SqlTraits inspect_sql(std::string_view sql);

}  // namespace ca::driver
