// What a server connection still has to answer, in order: which replies the client waits for and which belong to messages
// that the driver put in between (a Parse before a Bind, a Close of a statement whose client is gone).
//
// Only the messages whose replies must be told apart stand here: Parse, Close, those that end in ReadyForQuery, and those
// that may begin a COPY from the client.
//
// COPY. PostgreSQL skips each Sync that it reads within a COPY, and answers each that it reads after the COPY has failed.
// If a COPY fails whose Syncs were sent before CopyDone, nobody but PostgreSQL knows how many of them it will answer. So:
// - While a COPY may begin (awaits_copy()), the holder sends nothing but data. Then each Sync is known to have been sent
//   within a COPY, or outside.
// - If such a COPY fails, a proof is sent: Sync, Close of a portal that does not exist, Sync. Each ReadyForQuery is held
//   back until the next message shows whose it is: the last one before CloseComplete answers the proof's first Sync.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "driver/session/prepared_statements.h"

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
    describe,         // of a statement: ParameterDescription, then RowDescription or NoData
    hidden_describe,  // the same
    describe_portal,  // RowDescription or NoData
    refused,    // a message of ours that fails; the client sees our error in place of PostgreSQL's
    copy,       // Execute of a COPY
    copy_end,   // CopyDone or CopyFail: has no reply
    query,      // Query or FunctionCall
    copy_query, // a Query with a COPY in it
    sync,
  };

  void push(Kind kind, StatementId statement = 0);
  void push_parse(Kind kind, StatementId statement, std::shared_ptr<Redefinition> redefinition = nullptr);
  void push_local(std::string bytes);
  // `told` (may be nullptr) is filled in once the description has come.
  void push_describe(Kind kind, StatementId statement, std::shared_ptr<Description> told);
  void push_refused(std::string error);

  bool empty() const noexcept { return none() && !in_copy_ && !proving_; }
  std::size_t ready_count() const noexcept { return ready_count_; }  // ReadyForQuery messages still to come
  bool copying_in() const noexcept { return copying_in_; }           // the server wants more COPY data, as far as is known
  // The last message may begin a COPY, or is in doubt because of one: nothing may follow but its data, CopyDone, CopyFail.
  bool awaits_copy() const noexcept {
    if (none() || copying_in_) return false;
    const Entry& last = entries_.back();  // a Query may have several COPYs, so a CopyDone does not end its doubt
    return last.kind == Kind::copy_query || (last.kind == Kind::copy && last.copy_ends == 0);
  }
  bool in_copy() const noexcept { return in_copy_; }
  // In a COPY, and a Sync was sent within: nothing may follow but Syncs.
  bool copy_in_doubt() const noexcept { return in_copy_ && inner_syncs_ > 0 && !copying_in_; }
  bool proving() const noexcept { return proving_; }
  bool awaits_description() const noexcept { return !none() && entries_.back().kind == Kind::hidden_describe; }

  // ---- what came from the server ----
  // ParseComplete, CloseComplete: nullopt: nothing of the kind was asked for.
  struct Completed {
    bool of_client;  // who is to see it
    StatementId statement;
    std::shared_ptr<Redefinition> redefinition;
  };
  std::optional<Completed> parse_complete();
  std::optional<Completed> close_complete();
  // Whether a Parse of the statement is among what is not answered.
  bool has_parse_of(StatementId statement) const;
  bool listen_complete();  // CloseComplete is the answer to Kind::listen; else nothing is done
  // The kind of the entry that is answered next.
  std::optional<Kind> next() const noexcept { return none() ? std::nullopt : std::optional(entries_[head_].kind); }
  StatementId next_statement() const noexcept { return none() ? 0 : entries_[head_].statement; }
  StatementId described(const Description& description);  // REQUIRES: next() is a description
  // The description of a portal, whose statement the client was told about, and which reads `here` on this server: nothing
  // new can come. False: next() is something else.
  bool described_again(const Description& here);
  std::string take_refused();                             // our error. REQUIRES: next() is `refused`
  // CommandComplete of COPY: PostgreSQL has skipped the Syncs within.
  void copy_complete();
  // All that was sent is answered. True: the next entry was an Execute that might have begun a COPY, and has not.
  bool no_copy_came();
  // ErrorResponse: everything up to the next Query or Sync will not be answered. Each Parse and each Close of the client's
  // among it is appended to `failed`. In a simple query nothing is dropped.
  struct Undone {
    StatementId statement;
    bool of_client;      // else the driver's own: the client's statement stands, it is only not known to this server
    bool skipped = false;  // it did not fail by itself
    bool is_close = false;  // of a Close of the client's, in place of a Parse
    std::shared_ptr<Redefinition> redefinition = {};
  };
  void error(std::vector<Undone>& failed);
  // ReadyForQuery. The client sees `local` before it. Not awaited: no message that ends so was sent.
  struct Ready {
    bool awaited = false;
    std::string local;
  };
  Ready ready(std::vector<Undone>& failed);
  // CopyInResponse. False: no message that may begin a COPY is the last one.
  bool copy_in();

  // ---- after error(), if a Sync was sent within the COPY that failed ----
  bool needs_proof() const noexcept { return needs_proof_; }
  void begin_proof();              // its messages are sent now; replaces all entries
  struct Proof {
    std::optional<char> shown;     // the status of a ReadyForQuery that is now known to be the client's
    bool over = false;             // nothing is left to come
    bool answered = false;         // over: the client has seen a ReadyForQuery since the error, so its group is closed
  };
  // While proving: ReadyForQuery, CloseComplete. False: the proof's first Sync was not answered before.
  Proof proof_ready(char status);
  bool proof_close();

  void clear() noexcept;

 private:
  struct Entry {
    Kind kind;
    StatementId statement;
    std::string bytes;
    std::shared_ptr<Description> told = {};
    std::shared_ptr<Redefinition> redefinition = {};
    std::size_t copy_ends = 0;  // of copy, copy_query: CopyDone and CopyFail sent before CopyInResponse came
  };
  bool none() const noexcept { return head_ == entries_.size(); }
  static bool is_ready(Kind kind) noexcept {
    return kind == Kind::query || kind == Kind::copy_query || kind == Kind::sync;
  }
  void end_copy() noexcept;
  void pop() noexcept;
  void note_failure(std::vector<Undone>& failed, bool skipped) const;
  std::optional<Completed> complete(Kind of_client, Kind hidden);

  std::vector<Entry> entries_;  // live from head_ on
  std::size_t head_ = 0;
  std::size_t ready_count_ = 0;
  std::size_t inner_syncs_ = 0;   // sent within the COPY at hand
  std::optional<char> held_;      // the status of the ReadyForQuery that is held back
  bool copying_in_ = false;
  bool in_copy_ = false;          // CopyInResponse has come, and no answer after it
  bool needs_proof_ = false;
  bool proving_ = false;
  bool proof_closed_ = false;
  bool proof_answered_ = false;
};

}  // namespace ca::driver
