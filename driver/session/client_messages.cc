// A client's messages: which need a server connection and of what kind, and how they read there. Names of prepared
// statements are exchanged for those that the server knows; everything else passes as it came.
#include "driver/session/client_session.h"
#include "driver/wire/bytes.h"

namespace ca::driver {

namespace {

using Kind = ReplyQueue::Kind;

// Data of a COPY, its end, and what PostgreSQL ignores in it.
bool of_copy(char type) { return std::string_view("dcfHS").find(type) != std::string_view::npos; }

bool of_group(char type) { return type == 'P' || type == 'B' || type == 'D' || type == 'E' || type == 'C'; }

}  // namespace

// A malformed message costs its client only.
void ClientSession::malformed() { fatal("08P01", "invalid message format"); }

bool ClientSession::handle(const wire::Slice& slice) {
  if (slice.type == 'X') {
    leave();
    return true;
  }
  if (phase_ == Phase::console) {
    handle_console(slice);
    return true;
  }
  if (!refusal_.empty()) {
    drop_refused(slice);
    return true;
  }
  if (skipping_ && slice.type != 'S') return true;
  names_known_ = false;
  if (!of_copy(slice.type)) give_up_copy();
  if (must_wait_for_reply(slice)) return false;
  if (must_close_batch(slice)) return false;
  if (must_wait_for_all(slice)) return false;
  if (listen_by_query(slice)) return true;
  if (server_ == nullptr && handle_without_server(slice)) return true;
  if (server_ == nullptr) return ask_for_server(slice);
  if (must_let_others()) return false;
  if (must_compare_descriptions(slice)) return false;
  forward_message(slice);
  return true;
}

// What means nothing between two batches. True: done with.
bool ClientSession::handle_without_server(const wire::Slice& slice) {
  switch (slice.type) {
    case 'S':
      skipping_ = false;
      ready('I');
      return true;
    case 'H':            // nothing to flush
    case 'd':            // the rest of a COPY that failed
    case 'c':
    case 'f': return true;
    default: return false;
  }
}

// The connection that this message asked for was refused.
void ClientSession::drop_refused(const wire::Slice& slice) {
  out_.text() += refusal_;
  refusal_.clear();
  traits_known_ = false;
  if (of_group(slice.type)) {
    skipping_ = true;
  } else {
    ready('I');
  }
}

SqlTraits ClientSession::inspect(std::string_view sql) const {
  return host_.inspect(sql, options_.dialect ? *options_.dialect : host_.pool().dialect());
}

const std::optional<wire::BindNames>& ClientSession::names_of(const wire::Slice& bind) {
  if (!std::exchange(names_known_, true)) names_ = wire::read_bind_names(bind.body());
  return names_;
}

const SqlTraits& ClientSession::traits_of(const wire::Slice& slice) {
  if (traits_known_) return traits_;
  traits_known_ = true;
  traits_ = {};
  if (slice.type == 'Q' && !slice.last) {
    traits_.pins = pin::unproven;  // too long to be looked at
    traits_.only_reads = false;
    traits_.may_draw = traits_.writes = true;
  } else if (slice.type == 'Q') {
    if (const auto text = wire::read_query(slice.body())) traits_ = inspect(*text);
  } else if (slice.type == 'P') {
    if (const auto parse = wire::read_parse(slice.body())) traits_ = inspect(parse->query);
  } else if (slice.type == 'B') {
    const auto& names = names_of(slice);
    const auto* statement = names ? statements_.find(names->statement) : nullptr;
    if (statement != nullptr) traits_ = statement->traits;
  } else if (slice.type == 'F') {
    traits_.pins = pin::unproven;
  }
  return traits_;
}

// Preparing under a name does nothing yet, whatever the text: it must never wait for a transaction's connection, since
// clients with many connections in one thread prepare on one while they hold transactions on others.
bool ClientSession::ask_for_server(const wire::Slice& slice) {
  const bool only_prepares = slice.type == 'P' && slice.bytes.size() > 5 && slice.bytes[5] != '\0';
  const bool own = state_.owns_connection() || !options_.settings.empty() ||
                   (!only_prepares && !takes_listen(traits_of(slice)) && traits_of(slice).wants_own_connection());
  mode = own ? LeaseMode::exclusive : LeaseMode::shared;
  host_.pool().request(*this);
  return false;
}

// The client sends something else than data to a COPY that wants some. Either it has left the COPY open, or it knows that
// the COPY fails and the error is on its way to us. CopyFail is right in both cases: PostgreSQL ignores it behind an error.
void ClientSession::give_up_copy() {
  if (server_ == nullptr || !server_->replies().copying_in()) return;
  wire::append_copy_fail(server_->out().text(), "unexpected message during COPY from stdin");
  server_->replies().push(Kind::copy_end);
  copy_given_up_ = true;
}

void ClientSession::forward_message(const wire::Slice& slice) {
  switch (slice.type) {
    case 'Q': forward_query(slice); break;
    case 'P': forward_parse(slice); break;
    case 'B': forward_bind(slice); break;
    case 'D': forward_describe(slice); break;
    case 'C': forward_close(slice); break;
    case 'S': forward_sync(slice); break;
    case 'E': forward_execute(slice); break;
    case 'H': forward_flush(slice); break;
    case 'F':
      if (state_.group_open()) return refuse_within_batch();
      ++groups_in_lease_;
      take_effect(traits_of(slice));
      server_->replies().push(Kind::query);
      [[fallthrough]];
    case 'd':
      server_->out().add(slice.bytes);
      rest_ = Rest::forward;
      break;
    case 'c':
    case 'f':
      server_->replies().push(Kind::copy_end);
      server_->out().add(slice.bytes);
      break;
    default: malformed(); break;
  }
  traits_known_ = false;
  if (of_group(slice.type)) note_asked();
}

// PostgreSQL skips what comes behind an error.
void ClientSession::note_asked() {
  if (server_ != nullptr && state_.group_open() && !skipping_ && !group_failed_) server_->group_asked();
}

// The client wants answers before it goes on, whenever that is. Within a COPY the server ignores it.
void ClientSession::forward_flush(const wire::Slice& slice) {
  if (server_->replies().copying_in()) return;
  host_.pool().make_exclusive(*server_);
  server_->out().add(slice.bytes);
  server_->group_flushed();
}

void ClientSession::forward_execute(const wire::Slice& slice) {
  open_group();
  group_binds_ = group_executes_ = true;
  if (listen_by_execute(slice)) return;
  const auto name = wire::read_portal(slice.body());
  const Portal* portal = name ? find_portal(*name) : nullptr;
  if (portal != nullptr && portal->may_copy && !group_failed_) server_->replies().push(Kind::copy);
  server_->out().add(slice.bytes);
}

// A Sync behind a COPY is skipped by PostgreSQL or answered, as the COPY goes. So it waits until the COPY has begun or is
// over, and so does all behind it but the COPY's data.
bool ClientSession::must_wait_for_reply(const wire::Slice& slice) {
  const bool waited = std::exchange(wait_for_reply_, false);
  if (server_ == nullptr) return false;
  const ReplyQueue& replies = server_->replies();
  const bool data = slice.type == 'd' || slice.type == 'c' || slice.type == 'f' || slice.type == 'H';
  if (replies.proving() || replies.awaits_description()) wait_for_reply_ = true;
  else if (replies.awaits_copy()) wait_for_reply_ = !data;
  else if (replies.copy_in_doubt()) wait_for_reply_ = !data && slice.type != 'S';
  if (wait_for_reply_ && !waited && replies.awaits_copy() && state_.group_open()) wire::append_flush(server_->out().text());
  return wait_for_reply_;
}

// Messages whose meaning depends on what those before them lead to: whether the client is in a transaction, whether it has
// failed, which unnamed statement there is. They wait until all groups before theirs are answered.
bool ClientSession::must_wait_for_all(const wire::Slice& slice) {
  wait_for_all_ = server_ != nullptr && server_->replies().ready_count() > 0 && depends_on_answers(slice);
  return wait_for_all_;
}

bool ClientSession::depends_on_answers(const wire::Slice& slice) {
  switch (slice.type) {
    case 'Q': return traits_of(slice).listens.is_one_listen() || traits_of(slice).deallocates_one;
    case 'P': {
      const auto parse = wire::read_parse(slice.body());
      if (traits_of(slice).deallocates_one) return true;
      if (parse && parse->name.empty()) return state_.group_open() && is_unnamed_open();
      return parse && may_be_gone(parse->name);
    }
    case 'B':
      if (traits_of(slice).listens.is_one_listen()) return true;
      if (const auto& names = names_of(slice)) return is_open(names->statement);
      return false;
    case 'D':
      if (const auto target = wire::read_target(slice.body())) {
        return target->kind == 'S' && is_open(target->name);
      }
      return false;
    default: return false;
  }
}

bool ClientSession::may_be_gone(std::string_view name) {
  const auto* statement = statements_.find(name);
  return statement != nullptr && statement->may_be_gone();
}

// True: only the answers that are due tell which statement `name` is, or whether this server still has to prepare it.
bool ClientSession::is_open(std::string_view name) {
  if (name.empty() && is_unnamed_open()) return true;
  return may_be_gone(name) && server_->knows(*statements_.find(name)) != ServerConnection::Knows::yes;
}

bool ClientSession::is_unnamed_open() {
  const auto* statement = statements_.find({});
  return statement != nullptr && server_->knows(*statement) == ServerConnection::Knows::unless_its_group_fails;
}

void ClientSession::open_group() {
  if (!state_.group_open()) {
    ++groups_in_lease_;
    group_binds_ = group_executes_ = group_failed_ = false;
  }
  state_.open_group();
}

// A Query in the middle of a group, before its Sync, as asyncpg sends it behind Parse, Describe and Flush. PostgreSQL drops it
// where the group has failed, so the group is closed by a Sync of ours, and the Query waits for the answer. True: it is to wait.
bool ClientSession::must_close_batch(const wire::Slice& slice) {
  if (batch_end_ > 0) return true;
  if ((slice.type != 'Q' && slice.type != 'F') || server_ == nullptr || !state_.group_open() || server_->replies().copying_in()) return false;
  if (group_executes_ && !state_.in_transaction()) return false;  // refused: a Sync would commit it by itself
  close_batch();
  return true;
}

void ClientSession::close_batch() {
  wire::append_sync(server_->out().text());
  server_->replies().push(Kind::sync);
  batch_end_ = server_->answered() + server_->replies().ready_count();
  server_->group_closed();
  state_.close_group();
  close_listen_group();
}

void ClientSession::refuse_within_batch() {
  fatal("0A000", "a simple query between an Execute and its Sync is not supported", "Send Sync before it, or begin a transaction first.");
}

// False: `traits` is refused, and all up to Sync with it.
bool ClientSession::opens_group(const SqlTraits& traits) {
  const bool refused = refuse_history(traits);
  open_group();
  skipping_ = refused;
  return !refused;
}

void ClientSession::take_effect(const SqlTraits& traits) {
  state_.sent(traits);
  if (traits.writes && host_.reset_after_write()) state_.pin(pin::reset);
  note_unlistens(traits);
  if (traits.drops_statements) statements_may_be_gone();
  if (state_.group_open() && traits.begins_transaction) group_begins_ = true;
  if (traits.wants_own_connection()) host_.pool().make_exclusive(*server_);
}

// Answers a whole group, or a Query, with `bytes` and the server's own ReadyForQuery.
void ClientSession::answer_group(std::string bytes) {
  server_->replies().push_local(std::move(bytes));
  wire::append_sync(server_->out().text());
  server_->replies().push(Kind::sync);
}

bool ClientSession::refuse_history(const SqlTraits& traits) {
  if (state_.group_open() || !state_.must_refuse(traits)) return false;
  std::string bytes;
  wire::append_error(bytes, {"ERROR", "0A000", "currval and lastval need a transaction here",
                             "Outside a transaction each statement may run on another connection, whose sequences other "
                             "clients have used.",
                             "Use INSERT ... RETURNING, or BEGIN before the statement that draws the number."});
  if (traits.deallocates_one) return false;
  server_->replies().push_local(std::move(bytes));
  return true;
}

// A text that is passed on as it comes.
void ClientSession::forward_long_query(const wire::Slice& slice) {
  if (state_.group_open()) return refuse_within_batch();
  ++statements_seen_;
  ++groups_in_lease_;
  statements_.erase({});
  take_effect(traits_of(slice));
  server_->drop_unnamed();
  server_->out().add(slice.bytes);
  server_->replies().push(Kind::copy_query);  // what stands in the rest of it is not known
  rest_ = Rest::forward;
}

void ClientSession::forward_query(const wire::Slice& slice) {
  if (!slice.last) return forward_long_query(slice);
  const auto text = wire::read_query(slice.body());
  if (!text) return malformed();
  if (state_.group_open()) return refuse_within_batch();
  ++statements_seen_;
  ++groups_in_lease_;
  const SqlTraits& traits = traits_of(slice);
  if (refuse_history(traits) || refuse_foreign_name(traits, *text)) {
    wire::append_sync(server_->out().text());
    server_->replies().push(Kind::sync);
    return;
  }
  statements_.erase({});  // a simple query destroys the unnamed statement
  const bool deallocates = traits.deallocates_one && state_.transaction_status() != 'E';
  const auto* statement = deallocates ? statements_.find(traits.name) : nullptr;
  if (statement != nullptr) {
    host_.pool().retire(statement->id);
    statements_.erase(traits.name);
    std::string bytes;
    wire::append_command_complete(bytes, "DEALLOCATE");
    return answer_group(std::move(bytes));
  }
  take_effect(traits);
  server_->drop_unnamed();
  server_->out().add(slice.bytes);
  server_->replies().push(traits.may_copy ? Kind::copy_query : Kind::query);
}

void ClientSession::forward_sync(const wire::Slice& slice) {
  if (server_->replies().copying_in()) {  // the server skips it, unless the COPY has failed
    server_->replies().push(Kind::sync);
    return server_->out().add(slice.bytes);
  }
  skipping_ = false;
  server_->group_closed();
  state_.close_group();
  close_listen_group();
  server_->out().add(slice.bytes);
  server_->replies().push(Kind::sync);
}

// ---- the console: simple queries only ----

void ClientSession::handle_console(const wire::Slice& slice) {
  if (slice.type == 'S') {
    skipping_ = false;
    return ready('I');
  }
  if (skipping_ || slice.type == 'H' || slice.type == 'd' || slice.type == 'c' || slice.type == 'f') return;
  if (slice.type == 'Q') {
    const auto text = wire::read_query(slice.body());
    if (!text) return malformed();
    ++statements_seen_;
    host_.run_console(*text, out_.text());
    return ready('I');
  }
  error("0A000", "the console takes simple queries only");
  if (of_group(slice.type)) {
    skipping_ = true;
  } else {
    ready('I');
  }
}

}  // namespace ca::driver
