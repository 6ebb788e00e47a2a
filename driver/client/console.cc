#include "driver/client/console.h"

#include <cctype>

#include "driver/sql/sql_scanner.h"
#include "version.h"

namespace ca::driver {

namespace {

template <class Number>
std::string text(Number number) {
  return std::to_string(number);
}

std::string_view phase_name(ServerConnection::Phase phase) {
  switch (phase) {
    case ServerConnection::Phase::connecting: return "connecting";
    case ServerConnection::Phase::idle: return "idle";
    case ServerConnection::Phase::leased: return "active";
    case ServerConnection::Phase::draining: return "draining";
    case ServerConnection::Phase::cleaning: return "cleaning";
    case ServerConnection::Phase::closed: return "closed";
  }
  return "";
}

// The words of a command, in lower case; empty where it is more than words and a semicolon.
std::vector<std::string> words_of(std::string_view sql) {
  std::vector<std::string> words;
  SqlScanner scanner(sql);
  for (Token token = scanner.next(); token.kind != TokenKind::end; token = scanner.next()) {
    if (token.kind == TokenKind::semicolon) continue;
    if (token.kind != TokenKind::word) return {};
    std::string word(token.text);
    for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace

void Console::run(std::string_view sql, std::string& replies) {
  const auto words = words_of(sql);
  if (words.empty() && SqlScanner(sql).next().kind == TokenKind::end) return wire::append_empty_query(replies);
  if (words.size() == 2 && words[0] == "show") return show(words[1], replies);
  if (words.size() == 1 && words[0] == "pause") {
    pool_.pause();
    return wire::append_command_complete(replies, "PAUSE");
  }
  if (words.size() == 1 && words[0] == "resume") {
    pool_.resume();
    return wire::append_command_complete(replies, "RESUME");
  }
  if (words.size() == 1 && words[0] == "reconnect") {
    pool_.reconnect();
    notifications_.reconnect();
    return wire::append_command_complete(replies, "RECONNECT");
  }
  wire::append_error(replies, {"ERROR", "42601", "unknown command of the driver's console", {}, "SHOW HELP lists them."});
}

void Console::show(std::string_view what, std::string& replies) {
  if (what == "clients") return show_clients(replies);
  if (what == "servers") return show_servers(replies);
  if (what == "pools") return show_pools(replies);
  if (what == "stats") return show_stats(replies);
  if (what == "config") return show_config(replies);
  if (what == "version") return table(replies, {"version"}, {{"code-analysis driver " CODE_ANALYSIS_VERSION}});
  if (what == "help") {
    return table(replies, {"command", "meaning"},
                 {{"SHOW CLIENTS", "one row a client: who, class, activity, what ties it to its connection"},
                  {"SHOW SERVERS", "one row a connection to PostgreSQL"},
                  {"SHOW POOLS", "connections lent and clients waiting, shared and exclusive"},
                  {"SHOW STATS", "counts since the start"},
                  {"SHOW CONFIG", "the settings in force; no secrets"},
                  {"SHOW VERSION", "of the driver"},
                  {"PAUSE", "lend no connection until RESUME"},
                  {"RESUME", "end of PAUSE"},
                  {"RECONNECT", "replace each connection to PostgreSQL once it is free; clients that listen are ended"}});
  }
  wire::append_error(replies, {"ERROR", "42601", "nothing of this name to show", {}, "SHOW HELP lists what there is."});
}

void Console::table(std::string& replies, const Row& columns, const std::vector<Row>& rows) {
  wire::append_row_description(replies, columns);
  for (const Row& row : rows) wire::append_data_row(replies, row);
  wire::append_command_complete(replies, "SHOW");
}

void Console::show_clients(std::string& replies) const {
  std::vector<Row> rows;
  for (const ClientSession* client : sources_.clients()) {
    const auto& options = client->options();
    const auto* server = client->server();
    rows.push_back({text(client->key().process_id), options.user, options.database, options.application_name,
                    std::string(priority_name(options.priority)), std::string(client->activity()),
                    std::string(1, client->state().transaction_status()), pins_text(client->state().pins()),
                    server != nullptr ? text(server->backend_pid()) : "", text(client->peer().pid),
                    text(client->peer().uid), text(client->statements_seen()), text(client->channels())});
  }
  table(replies, {"id", "user", "database", "application_name", "priority", "state", "transaction", "session_state",
                  "server_pid", "peer_pid", "peer_uid", "statements", "channels"}, rows);
}

void Console::show_servers(std::string& replies) const {
  std::vector<Row> rows;
  for (const auto& lent : pool_.list()) {
    const std::string mode = !lent.mode ? "" : *lent.mode == LeaseMode::shared ? "shared" : "exclusive";
    rows.push_back({text(lent.server->serial()), lent.server->address(), text(lent.server->backend_pid()),
                    std::string(phase_name(lent.server->phase())), mode, lent.server->encrypted() ? "yes" : "no"});
  }
  if (const auto* server = notifications_.server(); server != nullptr) {
    rows.push_back({text(server->serial()), server->address(), text(server->backend_pid()),
                    std::string(phase_name(server->phase())), "listen", server->encrypted() ? "yes" : "no"});
  }
  table(replies, {"id", "address", "pid", "state", "lease", "tls"}, rows);
}

void Console::show_pools(std::string& replies) const {
  const auto& budget = pool_.budget();
  const auto& settings = pool_.settings();
  const auto counts = pool_.counts();
  const Row columns{"pool", "leased", "limit", "waiting", "idle", "connecting", "cleaning", "longest_wait_ms", "paused"};
  const std::string longest = text(pool_.longest_wait().count());
  const std::string paused = pool_.paused() ? "yes" : "no";
  table(replies, columns,
        {{"shared", text(budget.shared()), text(settings.shared_connections), text(pool_.waiting(LeaseMode::shared)),
          text(counts.idle), text(counts.connecting), text(counts.cleaning), longest, paused},
         {"exclusive", text(budget.exclusive()), text(settings.exclusive_connections),
          text(pool_.waiting(LeaseMode::exclusive)), text(counts.idle), text(counts.connecting), text(counts.cleaning),
          longest, paused}});
}

void Console::show_stats(std::string& replies) const {
  const auto clients = sources_.clients();
  std::uint64_t open_statements = 0;
  for (const ClientSession* client : clients) open_statements += client->statements_seen();
  table(replies, {"name", "value"},
        {{"clients", text(clients.size())},
         {"clients_ever", text(sources_.clients_ever())},
         {"statements_of_open_clients", text(open_statements)},
         {"leases_given", text(pool_.leases_given())},
         {"cancels_sent", text(pool_.cancels_sent())},
         {"connections_made", text(pool_.connections_made())},
         {"connections_lost", text(pool_.connections_lost())},
         {"waiting", text(pool_.waiting())},
         {"listening_clients", text(notifications_.listener_count())},
         {"listened_channels", text(notifications_.channel_count())},
         {"notifications_received", text(notifications_.received())}});
}

void Console::show_config(std::string& replies) const {
  table(replies, {"key", "value"},
        {{"embedded", config_.embedded ? "yes" : "no"},
         {"runtime_dir", config_.runtime_dir},
         {"port", text(config_.port)},
         {"shared_connections", text(config_.shared_connections)},
         {"exclusive_connections", text(config_.exclusive_connections)},
         {"max_clients", text(config_.max_clients)},
         {"queue_limit", text(config_.queue_limit)},
         {"connect_timeout_ms", text(config_.connect_timeout_ms)},
         {"server_wait_timeout_ms", text(config_.server_wait_timeout_ms)},
         {"statement_timeout_ms", text(config_.statement_timeout_ms)},
         {"query_wait_timeout_ms", text(config_.query_wait_timeout_ms)},
         {"server_idle_timeout_ms", text(config_.server_idle_timeout_ms)},
         {"server_lifetime_ms", text(config_.server_lifetime_ms)},
         {"harmless_functions", text(config_.harmless_functions.size())},
         {"reset_after_write", config_.reset_after_write ? "yes" : "no"},
         {"migrations", config_.migrations}});
}

}  // namespace ca::driver
