#include "driver/prepared_statements.h"

#include <utility>

namespace ca::driver {

std::string server_statement_name(StatementId id) { return "ca_" + std::to_string(id); }

PreparedStatement& PreparedStatements::define(std::string_view name, std::string_view tail, SqlTraits traits,
                                              StatementId id) {
  auto place = statements_.find(name);
  if (place == statements_.end()) place = statements_.emplace(std::string(name), PreparedStatement{}).first;
  PreparedStatement& statement = place->second;
  statement.id = id;
  if (!name.empty()) statement.server_name = server_statement_name(id);
  statement.tail.assign(tail);
  statement.traits = std::move(traits);
  return statement;
}

PreparedStatement* PreparedStatements::find(std::string_view name) noexcept {
  const auto place = statements_.find(name);
  return place == statements_.end() ? nullptr : &place->second;
}

void PreparedStatements::erase(std::string_view name) {
  const auto place = statements_.find(name);
  if (place != statements_.end()) statements_.erase(place);
}

void PreparedStatements::forget(StatementId id) {
  for (auto place = statements_.begin(); place != statements_.end(); ++place) {
    if (place->second.id == id) {
      statements_.erase(place);
      return;
    }
  }
}

}  // namespace ca::driver
