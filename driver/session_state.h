// The session-state record of a client: what is known of its transaction and of the state that it has left on its server
// connection. It decides when the connection must stay with this client.
#pragma once

#include "driver/sql_traits.h"

namespace ca::driver {

class SessionState {
 public:
  // ---- facts ----
  void sent(const SqlTraits& traits) noexcept {  // statements that may take effect now
    pins_ |= traits.pins;
    only_reads_ = only_reads_ && traits.only_reads;
  }
  void rest() noexcept { only_reads_ = true; }  // all that was sent is answered
  void pin(Pins pins) noexcept { pins_ |= pins; }
  void open_group() noexcept { group_open_ = true; }    // a message of the extended protocol went before its Sync
  void close_group() noexcept { group_open_ = false; }  // its Sync
  void ready(char transaction_status) noexcept { transaction_ = transaction_status; }
  void discarded_all() noexcept { pins_ &= pin::startup; }
  void lost_connection() noexcept;  // the server connection is gone, and the state with it

  // ---- answers ----
  // 'I' idle, 'T' in a transaction, 'E' in a failed one: as of the last ReadyForQuery.
  char transaction_status() const noexcept { return transaction_; }
  bool in_transaction() const noexcept { return transaction_ != 'I'; }
  bool group_open() const noexcept { return group_open_; }
  Pins pins() const noexcept { return pins_; }
  // Nothing that was sent and is not answered changes anything.
  bool only_reads() const noexcept { return only_reads_; }

  // The connection is this client's alone from here on, and its loss cannot be hidden from the client.
  bool owns_connection() const noexcept { return in_transaction() || pins_ != 0; }
  // Of what makes it so, only the settings given at start-up, which can be set again on any connection.
  bool only_settings() const noexcept { return pins_ == pin::startup && !in_transaction(); }
  // Nothing ties the client to its connection once all replies have come.
  bool may_release() const noexcept { return !owns_connection() && !group_open_; }
  // What a text in this state needs: one of its own (traits), or it stays where it is.
  bool wants_own_connection(const SqlTraits& traits) const noexcept {
    return owns_connection() || traits.wants_own_connection();
  }
  // The text asks for what the session did before, which is unknown on a connection that was shared meanwhile.
  bool must_refuse(const SqlTraits& traits) const noexcept {
    return traits.needs_history && !owns_connection() && !traits.wants_own_connection();
  }

 private:
  Pins pins_ = 0;
  char transaction_ = 'I';
  bool group_open_ = false;
  bool only_reads_ = true;
};

}  // namespace ca::driver
