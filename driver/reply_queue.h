// What a server connection still has to answer, in order: which replies the client waits for and which belong to messages
// that the driver put in between (a Parse before a Bind, a Close of a statement whose client is gone).
//
// Only the messages whose replies must be told apart stand here: Parse, Close, and those that end in ReadyForQuery.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "driver/prepared_statements.h"

namespace ca::driver {

class ReplyQueue {
 public:
  enum class Kind : std::uint8_t {
    client_parse,
    hidden_parse,
    client_close,
    hidden_close,
    listen,     // a message of ours that is answered by CloseComplete, in place of an Execute of LISTEN
    local,      // bytes that the driver answers itself, just before the ReadyForQuery of its group
    copy_end,   // CopyDone or CopyFail: has no reply; marks where Syncs count again
    query,      // Query or FunctionCall
    sync,
  };

  void push(Kind kind, StatementId statement = 0);
  void push_local(std::string bytes);

  bool empty() const noexcept { return head_ == entries_.size(); }
  std::size_t ready_count() const noexcept { return ready_count_; }  // ReadyForQuery messages still to come
  bool copying_in() const noexcept { return copying_in_; }           // the server reads COPY data and ignores Sync

  // ---- what came from the server ----
  // ParseComplete, CloseComplete: whether the client is to see it; nullopt: nothing of the kind was asked for.
  std::optional<bool> parse_complete();
  std::optional<bool> close_complete();
  bool listen_complete();  // CloseComplete is the answer to Kind::listen; else nothing is done
  // ErrorResponse: everything up to the next Query or Sync will not be answered. Statements whose Parse is among it are
  // appended to `failed`. In a simple query nothing is dropped.
  struct FailedParse {
    StatementId statement;
    bool of_client;      // else the driver's own: the client's statement stands, it is only not known to this server
  };
  void error(std::vector<FailedParse>& failed);
  // ReadyForQuery. The client sees `local` before it. Not awaited: no message that ends so was sent.
  struct Ready {
    bool awaited = false;
    std::string local;
  };
  Ready ready(std::vector<FailedParse>& failed);
  // CopyInResponse: the server skips each Sync up to the end of the COPY. True: one was waiting and now has no reply,
  // so that the client's group of messages is open again.
  bool copy_in();

  void clear() noexcept;

 private:
  struct Entry {
    Kind kind;
    StatementId statement;
    std::string bytes;
  };
  void pop() noexcept;
  void skip_marks() noexcept;
  void note_failure(std::vector<FailedParse>& failed) const;
  std::optional<bool> complete(Kind of_client, Kind hidden);

  std::vector<Entry> entries_;  // live from head_ on
  std::size_t head_ = 0;
  std::size_t ready_count_ = 0;
  bool copying_in_ = false;
};

}  // namespace ca::driver
