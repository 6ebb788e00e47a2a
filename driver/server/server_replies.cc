// What a server connection receives: which messages its holder sees, and what they change.
#include "driver/server/server_connection.h"
#include "driver/wire/messages.h"

namespace ca::driver {

namespace {

constexpr std::uint64_t most_drained = 1 << 20;  // bytes that are thrown away before the connection is given up

}  // namespace

void ServerConnection::deliver(const char* from, const char* to) {
  if (holder_ == nullptr || from == to || own_work_) return;
  holder_->deliver({from, static_cast<std::size_t>(to - from)});
}

// Runs of messages that the holder sees are handed over as one piece.
void ServerConnection::consume(std::string_view& input) {
  LeaseHolder* const holder = holder_;
  const char* run = input.data();
  while (phase_ != Phase::closed) {
    const auto slice = splitter_.next(input);
    if (!slice) break;
    const char* begin = slice->bytes.data();
    if (phase_ == Phase::draining) drained_ += slice->bytes.size();
    Fate fate = hide_rest_ ? Fate::hide : Fate::show;
    if (slice->first) {
      fate = on_message(*slice);
      if (group_asked_ > 0 && fate != Fate::hide) note_group_reply(slice->type);
    }
    else if (describes_) collect_description(*slice);
    hide_rest_ = fate == Fate::hide && !slice->last;
    if (fate == Fate::show) continue;
    if (fate == Fate::ready) {
      on_ready(*slice, run);
    } else {
      deliver(run, begin);
      if (fate == Fate::listen && holder_ != nullptr) holder_->listen_executed();
      if (fate == Fate::refused) tell_refused();
    }
    run = input.data();
  }
  deliver(run, input.data());
  if (phase_ != Phase::closed && !splitter_.error().empty()) {
    fail("PostgreSQL sent what is not its protocol: " + std::string(splitter_.error()));
  }
  if (phase_ == Phase::draining && drained_ > most_drained) fail("its client is gone and the result is large");
  if (holder != nullptr) holder->flush_replies();
}

ServerConnection::Fate ServerConnection::hide_unless(std::optional<bool> shown) {
  if (!shown) {
    fail("PostgreSQL answered what was not asked");
    return Fate::hide;
  }
  return *shown ? Fate::show : Fate::hide;
}

ServerConnection::Fate ServerConnection::on_message(const wire::Slice& slice) {
  const Fate seen = own_work_ || holder_ == nullptr ? Fate::hide : Fate::show;
  switch (slice.type) {
    case '1': return on_parsed();
    case '3': return on_close_complete();
    case 'A': return seen == Fate::show ? on_notification(slice) : seen;
    case 'C': on_complete(slice); return seen;
    case 'E': return on_error(slice);
    case 'G': return on_copy_in(seen);
    case 'S': on_parameter(slice); return seen;
    case 't': case 'T': case 'n': return on_description(slice, seen);
    case 'Z': return Fate::ready;
    case 'R': case 'K': case 'v': case 'W': return hide_unless(std::nullopt);
    default: return seen;
  }
}

ServerConnection::Fate ServerConnection::on_close_complete() {
  if (replies_.proving()) return replies_.proof_close() ? Fate::hide : hide_unless(std::nullopt);
  return replies_.listen_complete() ? Fate::listen : on_closed();
}

ServerConnection::Fate ServerConnection::on_copy_in(Fate seen) {
  if (!replies_.copy_in()) return hide_unless(std::nullopt);
  if (holder_ == nullptr) fail("its client is gone in the middle of a COPY");
  else holder_->copy_started();
  return seen;
}

// Replies that come while a ReadyForQuery is due belong to a group before.
void ServerConnection::note_group_reply(char type) noexcept {
  if (replies_.ready_count() > 0) return;
  constexpr std::string_view last_replies = "123TnCIs";  // of one message each
  if (type == 'E') return group_closed();
  if (last_replies.find(type) == std::string_view::npos) return;
  if (group_due_ > 0) --group_due_;
  if (--group_asked_ == 0 && replies_.no_copy_came() && holder_ != nullptr) holder_->copy_ended();
}

ServerConnection::Fate ServerConnection::on_notification(const wire::Slice& slice) {
  const auto channel = wire::read_notified_channel(slice.body());
  return !channel || holder_->shows_notification(*channel) ? Fate::show : Fate::hide;
}

ServerConnection::Fate ServerConnection::on_error(const wire::Slice& slice) {
  const auto fields = wire::read_error(slice.body());
  // The server's last words. What they mean for the client depends on what the client was waiting for.
  if (fields.severity == "FATAL" || fields.severity == "PANIC" || phase_ == Phase::idle) {
    if (slice.last) last_words_ = slice.bytes;
    loss_ = std::string(fields.message) + " (SQLSTATE " + std::string(fields.sqlstate) + ")";
    return Fate::hide;
  }
  if (own_work_) own_error_ = std::string(fields.sqlstate) + ": " + std::string(fields.message);
  const bool refused = replies_.next() == ReplyQueue::Kind::refused;
  if (refused) refusal_ = replies_.take_refused();
  replies_.error(failed_);
  if (!own_work_ && holder_ != nullptr) holder_->undone(true);
  if (replies_.needs_proof()) prove_copy_failed();
  if (own_work_ || holder_ == nullptr) return Fate::hide;
  if (!refused && names_statement(slice)) {
    refusal_.clear();
    wire::append_message(refusal_, 'E', holder_->with_own_names(slice.body()));
    return Fate::refused;
  }
  return refused ? Fate::refused : Fate::show;
}

// An error that does not fit into one read is longer than any that PostgreSQL writes about a statement's name.
bool ServerConnection::names_statement(const wire::Slice& error) {
  return error.last && error.body().find(server_statement_prefix()) != std::string_view::npos;
}

void ServerConnection::tell_refused() {
  if (holder_ == nullptr) return;
  holder_->deliver(refusal_);
  holder_->flush_replies();
}

// Descriptions that belong to a simple query, or that a FunctionCall or a portal without an entry gives, are not kept.
ServerConnection::Fate ServerConnection::on_description(const wire::Slice& slice, Fate seen) {
  using Kind = ReplyQueue::Kind;
  const auto next = replies_.next();
  describes_ = next == Kind::describe || next == Kind::hidden_describe || next == Kind::describe_portal;
  if (!describes_) return seen;
  if (slice.type != 't' && replies_.described_again(description(replies_.next_statement()))) {
    describes_ = false;
    return seen;
  }
  description_text_.clear();
  collect_description(slice);
  return next == Kind::hidden_describe ? Fate::hide : seen;
}

void ServerConnection::collect_description(const wire::Slice& slice) {
  description_text_ += slice.first ? slice.body() : slice.bytes;
  if (!slice.last) return;
  describes_ = false;
  if (slice.type == 't') {
    described_.parameters = hash_parameters(description_text_);
    return;
  }
  described_.row = hash_row(description_text_);
  keep_description();
}

void ServerConnection::keep_description() {
  const bool hidden = replies_.next() == ReplyQueue::Kind::hidden_describe;
  const Description description = std::exchange(described_, {});
  const StatementId statement = replies_.described(description);
  if (Prepared* here = prepared(statement); here != nullptr) {
    if (description.parameters != 0) here->description.parameters = description.parameters;
    here->description.row = description.row;
  }
  if (hidden && holder_ != nullptr) holder_->described();
}

void ServerConnection::prove_copy_failed() {
  if (holder_ == nullptr) return fail("its client is gone in the middle of a COPY");
  replies_.begin_proof();
  proof_due_ = holder_->inside_message();
  if (!proof_due_) send_proof();
}

void ServerConnection::send_proof() {
  wire::append_sync(out_.text());
  wire::append_target(out_.text(), 'C', {'P', no_portal});
  wire::append_sync(out_.text());
  flush();
}

void ServerConnection::message_complete() {
  if (std::exchange(proof_due_, false)) send_proof();
}

void ServerConnection::on_complete(const wire::Slice& slice) {
  if (replies_.awaits_copy() || replies_.in_copy()) {
    const auto tag = wire::read_command_tag(slice.body());
    if (tag && tag->starts_with("COPY ")) {
      replies_.copy_complete();
      if (holder_ != nullptr) holder_->copy_ended();
    }
  }
  constexpr std::size_t rollback_length = 14, discard_length = 17, deallocate_length = 20;  // of the messages with these tags
  if (slice.length != rollback_length && slice.length != discard_length && slice.length != deallocate_length) return;
  const auto tag = wire::read_command_tag(slice.body());
  if (own_work_ && tag) own_tag_ = *tag;
  if (tag == "ROLLBACK" && !own_work_ && holder_ != nullptr) holder_->undone(false);
  if (!tag || (*tag != "DISCARD ALL" && *tag != "DEALLOCATE ALL")) return;
  reset_done_ = *tag == "DISCARD ALL";
  std::erase_if(prepared_, [this](const auto& known) { return !replies_.has_parse_of(known.first); });
  retired_.clear();
  if (holder_ != nullptr && !own_work_) holder_->statements_dropped(reset_done_);
}

void ServerConnection::on_parameter(const wire::Slice& slice) {
  const auto parameter = wire::read_parameter_status(slice.body());
  if (!parameter) return;
  const std::string name(parameter->name);
  if (phase_ == Phase::idle || !base_parameters_.contains(name)) {  // a reload of PostgreSQL's configuration
    base_parameters_[name] = parameter->value;
    owner_.parameters_changed(*this);
  } else if (phase_ == Phase::leased && own_work_) {
    session_parameters_[name] = parameter->value;
  } else if (this->parameter(name.c_str()) == parameter->value) {
    changed_parameters_.erase(name);
  } else {
    changed_parameters_[name] = parameter->value;
  }
}

void ServerConnection::on_ready(const wire::Slice& slice, const char* run) {
  status_ = slice.bytes.size() > 5 ? slice.bytes[5] : 'I';
  if (replies_.proving()) {
    deliver(run, slice.bytes.data());
    return on_proof_ready();
  }
  const auto ready = replies_.ready(failed_);
  ++answered_;
  forget_failed();
  expects_ = !replies_.empty() || group_due_ > 0;
  if (!ready.awaited) return fail("PostgreSQL answered what was not asked");
  if (own_work_) return own_work_done(status_);
  if (holder_ != nullptr) {
    bool shown = true;
    if (!ready.local.empty() || holder_->adds_before_ready(status_)) {
      deliver(run, slice.bytes.data());
      holder_->deliver(ready.local);
      holder_->flush_replies();
      if (holder_ == nullptr) return;  // it could not be written to
      shown = holder_->before_ready(status_);
      run = slice.bytes.data();
    }
    if (shown) deliver(run, slice.bytes.data() + slice.bytes.size());
    holder_->server_ready(status_);
  } else if (phase_ == Phase::draining) {
    if (replies_.ready_count() == 0) return clean();
    owner_.drains_on(*this);
  }
}

void ServerConnection::on_proof_ready() {
  const auto proof = replies_.proof_ready(status_);
  if (holder_ == nullptr) return fail("its client is gone after a COPY that failed");
  if (proof.shown) {
    std::string ready;
    wire::append_ready(ready, *proof.shown);
    holder_->deliver(ready);
    holder_->flush_replies();
  }
  if (!proof.over || holder_ == nullptr) return;
  ++answered_;
  holder_->copy_proved(proof.answered);
  holder_->server_ready(status_);
}

}  // namespace ca::driver
