#include "driver/session/prepared_statements.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <utility>

#include "driver/wire/bytes.h"

namespace ca::driver {

namespace {

std::string random_prefix() {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz234567";  // SQL does not fold them
  std::array<unsigned char, 26> bytes{};                                    // of which five bits each: 130
  while (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
  }
  std::string prefix = "ca_";
  for (const unsigned char byte : bytes) prefix += letters[byte % letters.size()];
  return prefix + '_';
}

std::uint64_t nonzero_hash(std::string_view text) { return std::hash<std::string_view>{}(text) | 1; }

}  // namespace

const std::string& server_statement_prefix() {
  static const std::string prefix = random_prefix();
  return prefix;
}

std::string server_statement_name(StatementId id) { return server_statement_prefix() + std::to_string(id); }

std::uint64_t hash_parameters(std::string_view body) { return nonzero_hash(body); }

// The table that a column comes from and the format are left out: a table that was made anew gives the same rows.
std::uint64_t hash_row(std::string_view body) {
  std::uint64_t hash = 0;
  const auto mix = [&hash](std::uint64_t part) {
    hash = (hash ^ part) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
  };
  wire::Reader reader(body);
  for (std::size_t left = body.empty() ? 0 : reader.u16(); left > 0 && reader.ok(); --left) {
    mix(std::hash<std::string_view>{}(reader.text()));
    reader.u32();  // table
    reader.u16();  // column of the table
    mix(reader.u32());
    reader.u16();  // size of the type
    mix(reader.u32());
    reader.u16();  // format
  }
  return hash | 1;
}

PreparedStatement& PreparedStatements::define(std::string_view name, std::string_view tail, SqlTraits traits,
                                              StatementId id) {
  auto place = statements_.find(name);
  if (place == statements_.end()) place = statements_.emplace(std::string(name), PreparedStatement{}).first;
  PreparedStatement& statement = place->second;
  statement.id = id;
  if (!name.empty()) statement.server_name = server_statement_name(id);
  statement.tail.assign(tail);
  statement.traits = std::move(traits);
  statement.told.reset();
  statement.closes_sent = 0;
  statement.drop_sent = false;
  return statement;
}

PreparedStatement& PreparedStatements::put(std::string_view name, PreparedStatement statement) {
  return statements_.insert_or_assign(std::string(name), std::move(statement)).first->second;
}

std::optional<std::string_view> PreparedStatements::name_of(StatementId id) const {
  for (const auto& [name, statement] : statements_) {
    if (statement.id == id) return name;
  }
  return std::nullopt;
}

PreparedStatement* PreparedStatements::find(std::string_view name) noexcept {
  const auto place = statements_.find(name);
  return place == statements_.end() ? nullptr : &place->second;
}

std::string PreparedStatements::with_own_names(std::string_view text) const {
  const std::string& prefix = server_statement_prefix();
  std::string result;
  for (auto at = text.find(prefix); at != std::string_view::npos; at = text.find(prefix)) {
    result += text.substr(0, at);
    text.remove_prefix(at + prefix.size());
    StatementId id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    const auto name = error == std::errc() ? name_of(id) : std::nullopt;
    const auto gone = std::find_if(gone_.begin(), gone_.end(), [id](const auto& entry) { return entry.first == id; });
    const bool known = name || gone != gone_.end();
    result += name ? *name : known ? std::string_view(gone->second) : std::string_view(prefix);
    if (known) text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  return result += text;
}

void PreparedStatements::erase(std::string_view name) {
  const auto place = statements_.find(name);
  if (place != statements_.end()) statements_.erase(place);
}

void PreparedStatements::set_drop_sent() {
  for (auto& [name, statement] : statements_) statement.drop_sent = !name.empty();
}

void PreparedStatements::set_answered() {
  for (auto& [name, statement] : statements_) {
    statement.closes_sent = 0;
    statement.drop_sent = false;
  }
}

void PreparedStatements::close_skipped(StatementId id) {
  for (auto& [name, statement] : statements_) {
    if (statement.id == id && statement.closes_sent > 0) --statement.closes_sent;
  }
}

void PreparedStatements::forget(StatementId id) {
  for (auto place = statements_.begin(); place != statements_.end(); ++place) {
    if (place->second.id == id) {
      gone_.emplace_back(id, place->first);
      statements_.erase(place);
      return;
    }
  }
}

}  // namespace ca::driver
