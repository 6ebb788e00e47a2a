// What a server connection knows of prepared statements. A Parse has an effect once it is answered. Until then its group may
// fail, while later groups that rely on it are on their way.
#include "driver/server/server_connection.h"

namespace ca::driver {

ServerConnection::Prepared* ServerConnection::prepared(StatementId statement) {
  if (statement == 0) return nullptr;
  if (unnamed_.first == statement) return &unnamed_.second;
  const auto place = prepared_.find(statement);
  return place == prepared_.end() ? nullptr : &place->second;
}

Description ServerConnection::description(StatementId statement) const {
  const Prepared* known = const_cast<ServerConnection*>(this)->prepared(statement);
  return known == nullptr ? Description{} : known->description;
}

// A name that the client itself prepares in a group that may fail is not prepared again for it: it would not be without
// the driver. But the unnamed statement might then be another client's.
ServerConnection::Knows ServerConnection::knows(const PreparedStatement& statement) const {
  const Prepared* known = const_cast<ServerConnection*>(this)->prepared(statement.id);
  if (known == nullptr) return Knows::no;
  const bool named = !statement.server_name.empty();
  return known->confirmed || known->group == group_at_hand() || (known->of_client && named) ? Knows::yes
                                                                                            : Knows::unless_its_group_fails;
}

void ServerConnection::note_statement(const PreparedStatement& statement, bool of_client) {
  const Prepared noted{{}, group_at_hand(), of_client, false};
  if (statement.server_name.empty()) unnamed_ = {statement.id, noted};
  else prepared_.insert_or_assign(statement.id, noted);
}

ServerConnection::Fate ServerConnection::on_parsed() {
  const auto parse = replies_.parse_complete();
  if (!parse) return hide_unless(std::nullopt);
  if (Prepared* known = prepared(parse->statement); known != nullptr) known->confirmed = true;
  if (holder_ != nullptr && parse->redefinition && !parse->redefinition->name.empty()) {
    holder_->statement_redefined(*parse->redefinition);
  }
  return hide_unless(parse->of_client);
}

ServerConnection::Fate ServerConnection::on_closed() {
  const auto close = replies_.close_complete();
  if (!close) return hide_unless(std::nullopt);
  if (close->of_client && close->statement != 0) {
    prepared_.erase(close->statement);
    if (unnamed_.first == close->statement) drop_unnamed();
    if (holder_ != nullptr) holder_->statement_closed(close->statement);
  }
  return hide_unless(close->of_client);
}

// The last one first: of several that were skipped, what was there before the first one is there again.
void ServerConnection::forget_failed() {
  for (auto failed = failed_.rbegin(); failed != failed_.rend(); ++failed) {
    if (failed->is_close) {
      if (holder_ != nullptr) holder_->close_skipped(failed->statement);
      continue;
    }
    const Prepared* known = prepared(failed->statement);
    if (known != nullptr && known->group == answered_) {
      if (unnamed_.first == failed->statement) {
        drop_unnamed();
        const auto& before = failed->redefinition;
        if (failed->skipped && before && before->here) {
          unnamed_ = {before->statement.id, Prepared{*before->here, answered_, true, true}};
        }
      }
      prepared_.erase(failed->statement);
    }
    if (failed->of_client && holder_ != nullptr) holder_->parse_failed(*failed);
  }
  failed_.clear();
}

void ServerConnection::retire(StatementId statement) {
  if (prepared_.erase(statement) > 0) retired_.push_back(statement);
}

}  // namespace ca::driver
