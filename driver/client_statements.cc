// A client's prepared statements of the protocol: Parse, Bind, Describe and Close as they read on the server at hand.
#include "driver/client_session.h"

namespace ca::driver {

using Kind = ReplyQueue::Kind;

void ClientSession::forward_parse(const wire::Slice& slice) {
  const auto parse = wire::read_parse(slice.body());
  if (!parse) return malformed();
  ++statements_seen_;
  const SqlTraits& traits = traits_of(slice);
  if (!opens_group(traits)) return;
  std::string rewritten;
  const auto tail = traits.deallocates_one ? rewrite_deallocate(*parse, rewritten) : parse->tail;
  if (!parse->name.empty()) return forward_named_parse(parse->name, tail);
  const auto& statement = statements_.define({}, tail, traits, host_.next_statement());
  server_->unnamed_statement = statement.id;
  server_->replies().push(Kind::client_parse, statement.id);
  if (rewritten.empty()) return server_->out().add(slice.bytes);
  wire::append_parse(server_->out().text(), {}, tail);
}

// DEALLOCATE of a statement that has another name on the server: the text with that name, in `storage`. The statement is
// the client's no more.
std::string_view ClientSession::rewrite_deallocate(const wire::ParseMessage& parse, std::string& storage) {
  PreparedStatement* statement = statements_.find(traits_.name);
  if (statement == nullptr || statement->server_name.empty()) return parse.tail;
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
  if (known != nullptr) {
    prepare_here(*known);  // so that the server itself says that the name is taken
    wire::append_parse(server_->out().text(), known->server_name, tail);
    server_->replies().push(Kind::client_parse);
    return;
  }
  const auto& statement = statements_.define(name, tail, traits_, host_.next_statement());
  server_->note_statement(statement.id);
  wire::append_parse(server_->out().text(), statement.server_name, statement.tail);
  server_->replies().push(Kind::client_parse, statement.id);
}

// Makes the server at hand know the statement. REQUIRES: a group is open.
void ClientSession::prepare_here(PreparedStatement& statement) {
  if (statement.server_name.empty()) {
    if (server_->unnamed_statement == statement.id) return;
    server_->unnamed_statement = statement.id;
  } else {
    if (server_->has_statement(statement.id)) return;
    server_->note_statement(statement.id);
  }
  wire::append_parse(server_->out().text(), statement.server_name, statement.tail);
  server_->replies().push(Kind::hidden_parse, statement.id);
}

void ClientSession::forward_bind(const wire::Slice& slice) {
  const auto names = wire::read_bind_names(slice.body());
  if (!names) return malformed();
  const SqlTraits& traits = traits_of(slice);
  if (!opens_group(traits)) return;
  group_binds_ = true;
  bind_to_listen(names->portal, takes_listen(traits) ? &traits.listens.commands.front().channel : nullptr);
  if (!takes_listen(traits)) take_effect(traits);
  if (traits.may_copy) copy_portals_.emplace(names->portal);
  else if (!copy_portals_.empty()) copy_portals_.erase(std::string(names->portal));
  rest_ = Rest::forward;
  PreparedStatement* statement = statements_.find(names->statement);
  if (statement == nullptr) return server_->out().add(slice.bytes);  // prepared by SQL, or unknown: the server says so
  prepare_here(*statement);
  if (statement->server_name.empty()) return server_->out().add(slice.bytes);
  const std::uint64_t heads = 5 + names->portal.size() + 1 + names->statement.size() + 1;
  wire::append_bind_start(server_->out().text(), names->portal, statement->server_name, slice.length - heads);
  server_->out().add(names->rest);
}

void ClientSession::forward_describe(const wire::Slice& slice) {
  const auto target = wire::read_target(slice.body());
  if (!target) return malformed();
  open_group();
  PreparedStatement* statement = target->kind == 'S' ? statements_.find(target->name) : nullptr;
  if (statement == nullptr) return server_->out().add(slice.bytes);
  prepare_here(*statement);
  wire::append_target(server_->out().text(), 'D', {'S', statement->server_name});
}

void ClientSession::forward_close(const wire::Slice& slice) {
  const auto target = wire::read_target(slice.body());
  if (!target) return malformed();
  open_group();
  server_->replies().push(Kind::client_close);
  PreparedStatement* statement = target->kind == 'S' ? statements_.find(target->name) : nullptr;
  if (statement == nullptr) return server_->out().add(slice.bytes);
  wire::append_target(server_->out().text(), 'C', {'S', statement->server_name});
  server_->drop_statement(statement->id);
  if (statement->server_name.empty()) server_->unnamed_statement = 0;
  host_.pool().retire(statement->id);
  statements_.erase(target->name);
}

}  // namespace ca::driver
