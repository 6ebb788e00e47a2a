// A client's prepared statements of the protocol: Parse, Bind, Describe and Close as they read on the server at hand.
#include <algorithm>

#include "driver/session/client_session.h"

namespace ca::driver {

using Kind = ReplyQueue::Kind;

void ClientSession::forward_parse(const wire::Slice& slice) {
  const auto parse = wire::read_parse(slice.body());
  if (!parse) return malformed();
  ++statements_seen_;
  const SqlTraits& traits = traits_of(slice);
  const bool may_be_skipped = state_.group_open();
  if (!opens_group(traits) || refuse_foreign_name(traits, parse->query)) return;
  std::string rewritten;
  const auto tail = traits.deallocates_one ? rewrite_deallocate(*parse, rewritten) : parse->tail;
  if (!parse->name.empty()) return forward_named_parse(parse->name, tail);
  std::shared_ptr<Redefinition> before;
  if (auto* known = statements_.find({}); known != nullptr && may_be_skipped) {
    const bool here = server_->knows(*known) == ServerConnection::Knows::yes;
    const Description description = server_->description(known->id);
    before = std::make_shared<Redefinition>(Redefinition{{}, std::move(*known), {}});
    if (here) before->here = description;
    // The answer to this Close tells a Parse that fails from one that is skipped.
    wire::append_target(server_->out().text(), 'C', {'P', no_portal});
    server_->replies().push(Kind::hidden_close);
  }
  const auto& statement = statements_.define({}, tail, traits, host_.next_statement());
  server_->note_statement(statement, true);
  server_->replies().push_parse(Kind::client_parse, statement.id, std::move(before));
  if (rewritten.empty()) return server_->out().add(slice.bytes);
  wire::append_parse(server_->out().text(), {}, tail);
}

// DEALLOCATE of a statement that has another name on the server: the text with that name, in `storage`. The statement is
// the client's no more.
std::string_view ClientSession::rewrite_deallocate(const wire::ParseMessage& parse, std::string& storage) {
  PreparedStatement* statement = statements_.find(traits_.name);
  if (statement == nullptr || statement->server_name.empty() || state_.transaction_status() == 'E') return parse.tail;
  prepare_here(*statement);
  storage = "DEALLOCATE " + statement->server_name + '\0';
  storage += parse.tail.substr(parse.query.size() + 1);
  server_->drop_statement(statement->id);
  host_.pool().retire(statement->id);
  statements_.erase(traits_.name);
  return storage;
}

void ClientSession::forward_named_parse(std::string_view name, std::string_view tail) {
  PreparedStatement* known = statements_.find(name);
  if (known == nullptr) {
    const auto& statement = statements_.define(name, tail, traits_, host_.next_statement());
    server_->note_statement(statement, true);
    wire::append_parse(server_->out().text(), statement.server_name, statement.tail);
    return server_->replies().push_parse(Kind::client_parse, statement.id);
  }
  // The server says that the name is taken, or it is not any more. Until then either statement may run.
  auto redefinition = std::make_shared<Redefinition>(
      Redefinition{std::string(name), {known->id, known->server_name, std::string(tail), traits_}});
  prepare_here(*known);
  if (known->may_be_gone()) known->told = redefinition->statement.told = std::make_shared<Description>();
  redefinition->before = known->traits;
  known->traits.add(traits_);
  wire::append_parse(server_->out().text(), known->server_name, tail);
  server_->replies().push_parse(Kind::client_parse, 0, std::move(redefinition));
}

// ---- outcomes ----

void ClientSession::statements_may_be_gone() {
  statements_.set_drop_sent();
  outcomes_open_ = true;
}

void ClientSession::outcomes_are_known() {
  statements_.set_answered();
  statements_.clear_gone();
  outcomes_open_ = false;
}

void ClientSession::statement_closed(StatementId statement) {
  outcomes_open_ = true;
  statements_.forget(statement);
  host_.pool().retire(statement);
}

void ClientSession::close_skipped(StatementId statement) { statements_.close_skipped(statement); }

void ClientSession::statement_redefined(Redefinition& redefinition) {
  const StatementId id = redefinition.statement.id;
  host_.pool().retire(id);  // elsewhere it is what it was before
  statements_.put(redefinition.name, std::move(redefinition.statement));
  server_->note_prepared(id);
}

void ClientSession::statement_stays(const Redefinition& redefinition) {
  PreparedStatement* known = statements_.find(redefinition.name);
  if (known != nullptr && known->id == redefinition.statement.id) known->traits = redefinition.before;
}

void ClientSession::parse_failed(const ReplyQueue::Undone& parse) {
  const bool current = statements_.name_of(parse.statement).has_value();
  outcomes_open_ = true;
  statements_.forget(parse.statement);
  if (parse.redefinition && !parse.redefinition->name.empty()) statement_stays(*parse.redefinition);
  if (current && parse.skipped && parse.redefinition && parse.redefinition->name.empty()) {
    statements_.put({}, std::move(parse.redefinition->statement));
  }
}

// Makes the server at hand know the statement. REQUIRES: a group is open.
void ClientSession::prepare_here(PreparedStatement& statement) {
  using Knows = ServerConnection::Knows;
  const Knows knows = server_->knows(statement);
  if (statement.may_be_gone() || knows == Knows::yes) return;
  if (knows == Knows::unless_its_group_fails && !statement.server_name.empty()) {
    wire::append_target(server_->out().text(), 'C', {'S', statement.server_name});
    server_->replies().push(Kind::hidden_close);
  }
  server_->note_statement(statement, false);
  wire::append_parse(server_->out().text(), statement.server_name, statement.tail);
  server_->replies().push(Kind::hidden_parse, statement.id);
}

// A client that has no unnamed statement must not reach the one that another client has left on this connection, or that is
// left because a Parse was skipped.
void ClientSession::close_unnamed_of_others(std::string_view name) {
  if (!name.empty() || statements_.find(name) != nullptr) return;
  server_->drop_unnamed();
  wire::append_target(server_->out().text(), 'C', {'S', {}});
  server_->replies().push(Kind::hidden_close);
}

void ClientSession::forward_bind(const wire::Slice& slice) {
  const auto& names = names_of(slice);
  if (!names) return malformed();
  const SqlTraits& traits = traits_of(slice);
  if (!opens_group(traits)) return;
  group_binds_ = true;
  bind_to_listen(names->portal, takes_listen(traits) ? &traits.listens.commands.front().channel : nullptr);
  PreparedStatement* statement = statements_.find(names->statement);
  Portal& portal = names->portal.empty() ? unnamed_portal_ : named_portals_[std::string(names->portal)];
  portal = {};
  portal.may_copy = traits.may_copy;
  if (statement != nullptr) {
    prepare_here(*statement);
    if (compare(*statement) == Comparison::differs) {
      return refuse_at_server({"ERROR", "0A000", "cached plan must not change result type", {}, {}, "RevalidateCachedQuery"});
    }
    if (!statement->told) statement->told = std::make_shared<Description>();
    portal.told = statement->told;
    portal.statement = statement->id;
  }
  if (!takes_listen(traits)) take_effect(traits);  // a DISCARD ALL drops the statement once it is executed, not before
  close_unnamed_of_others(names->statement);
  rest_ = Rest::forward;
  std::string storage;
  const auto name = statement != nullptr ? std::string_view(statement->server_name) : foreign_name(names->statement, storage);
  if (name == names->statement) return server_->out().add(slice.bytes);
  const std::uint64_t heads = 5 + names->portal.size() + 1 + names->statement.size() + 1;
  wire::append_bind_start(server_->out().text(), names->portal, name, slice.length - heads);
  server_->out().add(names->rest);
}

const ClientSession::Portal* ClientSession::find_portal(std::string_view name) const {
  if (name.empty()) return &unnamed_portal_;
  const auto place = named_portals_.find(name);
  return place == named_portals_.end() ? nullptr : &place->second;
}

// ---- descriptions. A client reads rows by what it was told when it prepared, whichever connection it was told on ----

ClientSession::Comparison ClientSession::compare(const PreparedStatement& statement) const {
  if (!statement.told || statement.may_be_gone()) return Comparison::agrees;
  const Description here = server_->description(statement.id);
  const auto differs = [](std::uint64_t told, std::uint64_t known) { return told != 0 && known != 0 && told != known; };
  const auto unknown = [](std::uint64_t told, std::uint64_t known) { return told != 0 && known == 0; };
  const Description& told = *statement.told;
  if (differs(told.parameters, here.parameters) || differs(told.row, here.row)) return Comparison::differs;
  static const std::uint64_t no_rows = hash_row({});
  const bool never_rows = statement.traits.text_decides_rows && told.row == no_rows;
  if (unknown(told.parameters, here.parameters) || (!never_rows && unknown(told.row, here.row))) return Comparison::unknown;
  return Comparison::agrees;
}

// A Bind of a statement that this server connection has not described: it is described first. True: the Bind is to wait.
bool ClientSession::must_compare_descriptions(const wire::Slice& slice) {
  if (slice.type != 'B' || (state_.group_open() && group_failed_)) return false;
  const auto& names = names_of(slice);
  PreparedStatement* statement = names ? statements_.find(names->statement) : nullptr;
  if (statement == nullptr || compare(*statement) != Comparison::unknown) return false;
  if (!state_.group_open() && state_.must_refuse(traits_of(slice))) return false;
  open_group();
  prepare_here(*statement);
  wire::append_target(server_->out().text(), 'D', {'S', statement->server_name});
  wire::append_flush(server_->out().text());
  server_->replies().push_describe(Kind::hidden_describe, statement->id, nullptr);
  wait_for_reply_ = true;
  return true;
}

// The client gets `error` in place of its message's answer. A Bind that fails makes the server drop the rest of the group,
// and fails the transaction, as the message itself would have done. REQUIRES: a group is open, or a Sync follows.
void ClientSession::refuse_at_server(const wire::ErrorText& error) {
  std::string bytes;
  wire::append_error(bytes, error);
  server_->replies().push_refused(std::move(bytes));
  wire::append_bind(server_->out().text(), {}, server_statement_name(0));
}

// EXECUTE and DEALLOCATE of a statement that the driver has prepared, for this client or another: clients know no such name.
bool ClientSession::refuse_foreign_name(const SqlTraits& traits, std::string_view sql) {
  if (!traits.names_statements) return false;
  const std::string& prefix = server_statement_prefix();
  const auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a + ('a' - 'A') == b); };
  const auto found = std::search(sql.begin(), sql.end(), prefix.begin(), prefix.end(), same);
  if (found == sql.end()) return false;
  auto end = found + static_cast<std::ptrdiff_t>(prefix.size());
  while (end != sql.end() && *end >= '0' && *end <= '9') ++end;
  refuse_at_server({"ERROR", "26000", "prepared statement \"" + std::string(found, end) + "\" does not exist"});
  return true;
}

// A name that is not the client's as it reads on the server: statements of others cannot be reached, those that the client
// has prepared by SQL can.
std::string_view ClientSession::foreign_name(std::string_view name, std::string& storage) const {
  if (!name.starts_with(server_statement_prefix())) return name;
  storage = std::string(name) + " of another client";
  return storage;
}

void ClientSession::forward_describe(const wire::Slice& slice) {
  const auto target = wire::read_target(slice.body());
  if (!target) return malformed();
  open_group();
  ReplyQueue& replies = server_->replies();
  if (target->kind == 'P') {
    const Portal* portal = find_portal(target->name);
    replies.push_describe(Kind::describe_portal, portal != nullptr ? portal->statement : 0,
                          portal != nullptr ? portal->told : nullptr);
    return server_->out().add(slice.bytes);
  }
  close_unnamed_of_others(target->name);
  PreparedStatement* statement = statements_.find(target->name);
  std::string storage;
  if (statement != nullptr) {
    prepare_here(*statement);
    if (!statement->told) statement->told = std::make_shared<Description>();
    replies.push_describe(Kind::describe, statement->id, statement->told);
  } else {
    replies.push_describe(Kind::describe, 0, nullptr);
  }
  const std::string_view name = statement != nullptr ? statement->server_name : foreign_name(target->name, storage);
  wire::append_target(server_->out().text(), 'D', {'S', name});
}

void ClientSession::forward_close(const wire::Slice& slice) {
  const auto target = wire::read_target(slice.body());
  if (!target) return malformed();
  open_group();
  PreparedStatement* statement = target->kind == 'S' ? statements_.find(target->name) : nullptr;
  server_->replies().push(Kind::client_close, statement != nullptr ? statement->id : 0);
  if (target->kind == 'P') {
    if (const auto portal = named_portals_.find(target->name); portal != named_portals_.end()) named_portals_.erase(portal);
    return server_->out().add(slice.bytes);
  }
  std::string storage;
  const std::string_view name = statement != nullptr ? statement->server_name : foreign_name(target->name, storage);
  wire::append_target(server_->out().text(), 'C', {'S', name});
  if (statement == nullptr) return;
  ++statement->closes_sent;
  outcomes_open_ = true;
}

}  // namespace ca::driver
