#include "driver/session/reply_queue.h"

#include <algorithm>
#include <utility>

namespace ca::driver {

void ReplyQueue::push(Kind kind, StatementId statement) {
  if (kind == Kind::copy_end) {
    if (copying_in_) copying_in_ = false;
    else if (!none()) ++entries_.back().copy_ends;
    return;
  }
  if (kind == Kind::sync && copying_in_) {
    ++inner_syncs_;
    return;
  }
  if (is_ready(kind)) ++ready_count_;
  entries_.push_back({kind, statement, {}});
}

void ReplyQueue::push_local(std::string bytes) { entries_.push_back({Kind::local, 0, std::move(bytes)}); }

void ReplyQueue::push_parse(Kind kind, StatementId statement, std::shared_ptr<Redefinition> redefinition) {
  push(kind, statement);
  entries_.back().redefinition = std::move(redefinition);
}

void ReplyQueue::push_refused(std::string error) { entries_.push_back({Kind::refused, 0, std::move(error)}); }

void ReplyQueue::push_describe(Kind kind, StatementId statement, std::shared_ptr<Description> told) {
  entries_.push_back({kind, statement, {}, std::move(told)});
}

StatementId ReplyQueue::described(const Description& description) {
  Entry& entry = entries_[head_];
  const StatementId statement = entry.statement;
  if (entry.told) {
    if (description.parameters != 0) entry.told->parameters = description.parameters;
    entry.told->row = description.row;
  }
  pop();
  return statement;
}

bool ReplyQueue::described_again(const Description& here) {
  const Entry& entry = entries_[head_];
  if (entry.kind != Kind::describe_portal || !entry.told || here.row == 0 || entry.told->row != here.row) return false;
  pop();
  return true;
}

std::string ReplyQueue::take_refused() { return std::move(entries_[head_].bytes); }

void ReplyQueue::pop() noexcept {
  const Kind kind = entries_[head_].kind;
  if (is_ready(kind)) --ready_count_;
  ++head_;
  if (head_ == entries_.size()) {
    entries_.clear();
    head_ = 0;
  } else if (head_ >= 256 && head_ * 2 >= entries_.size()) {  // a client that never lets the queue run empty
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

std::optional<ReplyQueue::Completed> ReplyQueue::complete(Kind of_client, Kind hidden) {
  if (none()) return std::nullopt;
  Entry& entry = entries_[head_];
  if (entry.kind != of_client && entry.kind != hidden) return std::nullopt;
  Completed completed{entry.kind == of_client, entry.statement, std::move(entry.redefinition)};
  pop();
  return completed;
}

bool ReplyQueue::has_parse_of(StatementId statement) const {
  return std::any_of(entries_.begin() + static_cast<std::ptrdiff_t>(head_), entries_.end(), [&](const Entry& entry) {
    return entry.statement == statement && (entry.kind == Kind::client_parse || entry.kind == Kind::hidden_parse);
  });
}

std::optional<ReplyQueue::Completed> ReplyQueue::parse_complete() { return complete(Kind::client_parse, Kind::hidden_parse); }

std::optional<ReplyQueue::Completed> ReplyQueue::close_complete() { return complete(Kind::client_close, Kind::hidden_close); }

bool ReplyQueue::listen_complete() {
  if (none() || entries_[head_].kind != Kind::listen) return false;
  pop();
  return true;
}

void ReplyQueue::note_failure(std::vector<Undone>& failed, bool skipped) const {
  const Entry& entry = entries_[head_];
  if (entry.kind == Kind::client_close && entry.statement != 0) failed.push_back({entry.statement, true, skipped, true});
  const bool of_client = entry.kind == Kind::client_parse;
  if (of_client || entry.kind == Kind::hidden_parse) {
    failed.push_back({entry.statement, of_client, skipped, false, entry.redefinition});
  }
}

void ReplyQueue::error(std::vector<Undone>& failed) {
  needs_proof_ = in_copy_ && inner_syncs_ > 0;
  end_copy();
  for (bool skipped = false; !none() && !is_ready(entries_[head_].kind); skipped = true) {
    note_failure(failed, skipped);
    pop();
  }
}

ReplyQueue::Ready ReplyQueue::ready(std::vector<Undone>& failed) {
  Ready result;
  end_copy();
  while (!none()) {
    Entry& entry = entries_[head_];
    const Kind kind = entry.kind;
    if (kind == Kind::local) result.local = std::move(entry.bytes);
    note_failure(failed, true);
    pop();
    if (is_ready(kind)) {
      result.awaited = true;
      break;
    }
  }
  return result;
}

void ReplyQueue::end_copy() noexcept {
  copying_in_ = in_copy_ = false;
  inner_syncs_ = 0;
}

bool ReplyQueue::copy_in() {
  if (none() || in_copy_) return false;
  Entry& entry = entries_[head_];
  if (entry.kind != Kind::copy && entry.kind != Kind::copy_query) return false;
  in_copy_ = true;
  copying_in_ = entry.copy_ends == 0;
  if (!copying_in_) --entry.copy_ends;
  if (entry.kind == Kind::copy) pop();
  return true;
}

void ReplyQueue::copy_complete() {
  if (in_copy_) return end_copy();
  if (!none() && entries_[head_].kind == Kind::copy) pop();  // COPY to the client, or from a file
}

bool ReplyQueue::no_copy_came() {
  if (none() || entries_[head_].kind != Kind::copy) return false;
  pop();
  return true;
}

void ReplyQueue::begin_proof() {
  clear();
  proving_ = true;
  ready_count_ = 2;
}

ReplyQueue::Proof ReplyQueue::proof_ready(char status) {
  if (proof_closed_) {
    const bool answered = proof_answered_;
    clear();
    return {std::nullopt, true, answered};
  }
  const auto before = std::exchange(held_, status);
  proof_answered_ = proof_answered_ || before.has_value();
  return {before};
}

bool ReplyQueue::proof_close() {
  proof_closed_ = held_.has_value();
  return proof_closed_;
}

void ReplyQueue::clear() noexcept {
  entries_.clear();
  head_ = 0;
  ready_count_ = 0;
  end_copy();
  held_.reset();
  needs_proof_ = proving_ = proof_closed_ = proof_answered_ = false;
}

}  // namespace ca::driver
