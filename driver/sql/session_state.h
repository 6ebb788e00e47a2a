// The session-state record of a client: what is known of its transaction and of the state that it has left on its server
// connection. It decides when the connection must stay with this client.
#pragma once

#include "driver/sql/sql_traits.h"

namespace ca::driver {

class SessionState {
 public:
  // ---- facts ----
  void sent(const SqlTraits& traits) noexcept;  // statements that may take effect now
  void pin(Pins pins) noexcept { pins_ |= pins; }
  void open_group() noexcept { group_open_ = true; }    // a message of the extended protocol went before its Sync
  void close_group() noexcept { group_open_ = false; }  // its Sync
  void ready(char transaction_status) noexcept { transaction_ = transaction_status; }
  void discarded_all() noexcept;    // a DISCARD ALL has succeeded
  void all_answered() noexcept;     // what was sent so far, a DISCARD ALL that has failed too
  void released() noexcept;         // the server connection was given back, to be reset where pins() say so
  void lost_connection() noexcept;  // the server connection is gone, and the state with it

  // ---- answers ----
  // 'I' idle, 'T' in a transaction, 'E' in a failed one: as of the last ReadyForQuery.
  char transaction_status() const noexcept { return transaction_; }
  bool in_transaction() const noexcept { return transaction_ != 'I'; }
  bool group_open() const noexcept { return group_open_; }
  Pins pins() const noexcept { return pins_ | doomed_; }
  // Nothing that was sent and is not answered changes anything.
  bool only_reads() const noexcept { return only_reads_; }

  // The connection is this client's alone from here on, and its loss cannot be hidden from the client.
  bool owns_connection() const noexcept { return in_transaction() || ties() != 0; }
  // Of what makes it so, only the settings given at start-up, which can be set again on any connection.
  bool only_settings() const noexcept { return ties() == pin::startup && !in_transaction(); }
  // Of what makes it so, besides these settings, only what may have left nothing: session_check.h tells.
  bool only_unproven() const noexcept { return (ties() & ~pin::startup) == pin::unproven && !in_transaction(); }
  // Nothing ties the client to its connection once all replies have come.
  bool may_release() const noexcept { return !owns_connection() && !group_open_; }
  // What a text in this state needs: one of its own (traits), or it stays where it is.
  bool wants_own_connection(const SqlTraits& traits) const noexcept {
    return owns_connection() || traits.wants_own_connection();
  }
  // The text asks for what the session drew from a sequence before, and on this connection it has drawn nothing.
  bool must_refuse(const SqlTraits& traits) const noexcept {
    return traits.needs_history && !(owns_connection() && has_drawn_);
  }

 private:
  Pins ties() const noexcept { return pins() & ~pin::reset; }

  Pins pins_ = 0;
  Pins doomed_ = 0;      // of what was sent before a DISCARD ALL that is not answered
  int discards_ = 0;     // sent, and not known to have succeeded
  bool has_drawn_ = false;
  char transaction_ = 'I';
  bool group_open_ = false;
  bool only_reads_ = true;
};

}  // namespace ca::driver
