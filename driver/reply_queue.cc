#include "driver/reply_queue.h"

#include <utility>

namespace ca::driver {

void ReplyQueue::push(Kind kind, StatementId statement) {
  if (kind == Kind::query || kind == Kind::sync) ++ready_count_;
  if (kind == Kind::copy_end) {
    if (copying_in_) {  // the server is known to be in the COPY already: nothing to mark
      copying_in_ = false;
      return;
    }
    if (empty()) return;
  }
  entries_.push_back({kind, statement, {}});
}

void ReplyQueue::push_local(std::string bytes) { entries_.push_back({Kind::local, 0, std::move(bytes)}); }

void ReplyQueue::pop() noexcept {
  const Kind kind = entries_[head_].kind;
  if (kind == Kind::query || kind == Kind::sync) --ready_count_;
  ++head_;
  if (head_ == entries_.size()) {
    entries_.clear();
    head_ = 0;
  } else if (head_ >= 256 && head_ * 2 >= entries_.size()) {  // a client that never lets the queue run empty
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void ReplyQueue::skip_marks() noexcept {
  while (!empty() && entries_[head_].kind == Kind::copy_end) pop();
}

std::optional<bool> ReplyQueue::complete(Kind of_client, Kind hidden) {
  skip_marks();
  if (empty()) return std::nullopt;
  const Kind kind = entries_[head_].kind;
  if (kind != of_client && kind != hidden) return std::nullopt;
  pop();
  return kind == of_client;
}

std::optional<bool> ReplyQueue::parse_complete() { return complete(Kind::client_parse, Kind::hidden_parse); }

std::optional<bool> ReplyQueue::close_complete() { return complete(Kind::client_close, Kind::hidden_close); }

bool ReplyQueue::listen_complete() {
  skip_marks();
  if (empty() || entries_[head_].kind != Kind::listen) return false;
  pop();
  return true;
}

void ReplyQueue::note_failure(std::vector<FailedParse>& failed) const {
  const Entry& entry = entries_[head_];
  const bool of_client = entry.kind == Kind::client_parse;
  if (of_client || entry.kind == Kind::hidden_parse) failed.push_back({entry.statement, of_client});
}

void ReplyQueue::error(std::vector<FailedParse>& failed) {
  copying_in_ = false;
  while (!empty() && entries_[head_].kind != Kind::query && entries_[head_].kind != Kind::sync) {
    note_failure(failed);
    pop();
  }
}

ReplyQueue::Ready ReplyQueue::ready(std::vector<FailedParse>& failed) {
  Ready result;
  copying_in_ = false;
  while (!empty()) {
    Entry& entry = entries_[head_];
    const Kind kind = entry.kind;
    if (kind == Kind::local) result.local = std::move(entry.bytes);
    note_failure(failed);
    pop();
    if (kind == Kind::query || kind == Kind::sync) {
      result.awaited = true;
      break;
    }
  }
  return result;
}

bool ReplyQueue::copy_in() {
  copying_in_ = true;
  bool reopened = false;
  const bool simple = !empty() && entries_[head_].kind == Kind::query;
  std::size_t at = head_ + (simple ? 1 : 0);
  while (at < entries_.size()) {
    const Kind kind = entries_[at].kind;
    if (kind != Kind::sync && kind != Kind::copy_end) {
      ++at;
      continue;
    }
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
    if (kind == Kind::copy_end) {
      copying_in_ = false;
      break;
    }
    --ready_count_;
    reopened = true;
  }
  return reopened && copying_in_;
}

void ReplyQueue::clear() noexcept {
  entries_.clear();
  head_ = 0;
  ready_count_ = 0;
  copying_in_ = false;
}

}  // namespace ca::driver
