#include "driver/server/connect_failure.h"

#include <arpa/inet.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <utility>

namespace ca::driver {

namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// Each has a digit, which tells it from FATAL and PANIC.
bool is_sqlstate(std::string_view text) {
  bool digit = false;
  for (const char c : text) {
    const bool is_digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (!is_digit && (c < 'A' || c > 'Z')) return false;
    digit = digit || is_digit;
  }
  return digit && text.size() == 5;
}

// Waiting mends shortage, start-up, shut-down and broken connections; not authorization (28), a missing database (3D), a
// protocol or parameter that the server refuses (08P01, 42, 22, 0A).
bool mends_by_waiting(std::string_view sqlstate) {
  const auto kind = sqlstate.substr(0, 2);
  return kind == "57" || kind == "53" || kind == "58" || kind == "55" || kind == "XX" || kind == "40" ||
         (kind == "08" && sqlstate != "08P01");
}

// What libpq itself gives up on, without a SQLSTATE: settings and certificates, which another attempt finds as they are.
bool libpq_refuses(std::string_view line) {
  constexpr std::array<std::string_view, 12> phrases{
      "no password supplied", "password authentication failed", "certificate verify failed", "does not match host name",
      "root certificate file", "could not read root certificate", "could not read certificate file",
      "could not load private key", "channel binding", "server does not support SSL, but SSL was required",
      "private key file", "certificate present, but not"};
  return std::any_of(phrases.begin(), phrases.end(),
                     [line](std::string_view phrase) { return line.find(phrase) != std::string_view::npos; });
}

// "FATAL:  28P01: text": the SQLSTATE between two colons, and the text without it.
struct Line {
  std::string_view sqlstate;
  std::string text;
};
Line read_line(std::string_view line) {
  for (auto at = line.find(": "); at != std::string_view::npos; at = line.find(": ", at + 1)) {
    auto start = at + 2;
    while (start < line.size() && line[start] == ' ') ++start;
    if (start + 6 > line.size() || line[start + 5] != ':') continue;
    const auto code = line.substr(start, 5);
    if (!is_sqlstate(code)) continue;
    auto rest = line.substr(start + 6);
    while (!rest.empty() && rest[0] == ' ') rest.remove_prefix(1);
    return {code, std::string(line.substr(0, at)) + ": " + std::string(rest) + " (SQLSTATE " + std::string(code) + ")"};
  }
  return {{}, std::string(line)};
}

}  // namespace

void ConnectParameters::set(std::string_view keyword, std::string value) {
  for (auto& parameter : parameters_) {
    if (parameter.first == keyword) {
      parameter.second = std::move(value);
      return;
    }
  }
  parameters_.emplace_back(keyword, std::move(value));
}

std::string ConnectParameters::value(std::string_view keyword) const {
  for (const auto& parameter : parameters_) {
    if (parameter.first == keyword) return parameter.second;
  }
  return {};
}

Result<ConnectParameters> ConnectParameters::from(const DriverConfig& config) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(config.conninfo.c_str(), &message));
  const std::unique_ptr<char, void (*)(void*)> free_message(message, PQfreemem);
  // libpq quotes the part that it does not understand, which may be a password.
  if (!options) return failure("conninfo is not a valid libpq connection string");
  ConnectParameters parameters;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && option->val[0] != '\0') parameters.set(option->keyword, option->val);
  }
  parameters.set("fallback_application_name", "code-analysis driver");
  parameters.set("client_encoding", "UTF8");
  parameters.set("gssencmode", "disable");  // the raw messages travel on the socket or through TLS only
  parameters.find_hosts();
  parameters.set_keepalives(config.server_wait_timeout_ms);
  if (config.statement_timeout_ms > 0) {
    std::string server_options = parameters.value("options");
    if (!server_options.empty()) server_options += ' ';
    server_options += "-c statement_timeout=" + std::to_string(config.statement_timeout_ms);
    parameters.set("options", server_options);
  }
  return parameters;
}

// A network that has forgotten a connection drops what is sent on it, while new connections work. What the operator has set
// stays. tcp_user_timeout is no alternative: it also ends connections whose server only does not read for so long.
void ConnectParameters::set_keepalives(std::int64_t limit_ms) {
  const auto seconds = [limit_ms](int part) { return std::to_string(std::max<std::int64_t>(limit_ms / 1000 / part, 1)); };
  if (value("keepalives_idle").empty()) set("keepalives_idle", seconds(2));
  if (value("keepalives_interval").empty()) set("keepalives_interval", seconds(8));
  if (value("keepalives_count").empty()) set("keepalives_count", "3");
}

// ---- which hosts ----

namespace {

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    parts.emplace_back(list.substr(0, end));
    if (end + 1 == list.size()) parts.emplace_back();
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parts;
}

struct EffectiveOptions {
  std::unique_ptr<PQconninfoOption, FreeOptions> options;

  std::string value(std::string_view keyword) const {
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
      if (option->keyword == keyword && option->val != nullptr) return option->val;
    }
    return {};
  }
};

// libpq applies service files, the environment and defaults only when it starts a connection. With a value that it does
// not accept it does so, and then stops before it connects or looks a name up.
EffectiveOptions effective_options(const ConnectParameters& parameters) {
  auto keywords = parameters.keywords();
  auto values = parameters.values();
  keywords.insert(keywords.end() - 1, "channel_binding");
  values.insert(values.end() - 1, "none: only read the options");
  const std::unique_ptr<PGconn, void (*)(PGconn*)> conn(PQconnectStartParams(keywords.data(), values.data(), 0), PQfinish);
  if (!conn || PQstatus(conn.get()) != CONNECTION_BAD) return {};
  return {std::unique_ptr<PQconninfoOption, FreeOptions>(PQconninfo(conn.get()))};
}

}  // namespace

bool ServerHost::needs_look_up() const {
  if (!address.empty() || name.empty() || name[0] == '/' || name[0] == '@') return false;
  unsigned char numeric[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, name.c_str(), numeric) != 1 && ::inet_pton(AF_INET6, name.c_str(), numeric) != 1;
}

// Lists that do not fit together, or have gaps, are left to libpq as they are: it says what is wrong.
void ConnectParameters::find_hosts() {
  const auto effective = effective_options(*this);
  const auto names = split(effective.value("host"));
  const auto addresses = split(effective.value("hostaddr"));
  const auto ports = split(effective.value("port"));
  const std::size_t count = addresses.empty() ? names.size() : addresses.size();
  connect_timeout_ = std::chrono::seconds(std::max(0, std::atoi(effective.value("connect_timeout").c_str())));
  random_order_ = effective.value("load_balance_hosts") == "random";
  if (count == 0 || (!names.empty() && names.size() != count) || (ports.size() > 1 && ports.size() != count)) return;
  std::vector<ServerHost> hosts(count);
  for (std::size_t at = 0; at < count; ++at) {
    if (!names.empty()) hosts[at].name = names[at];
    if (!addresses.empty()) hosts[at].address = addresses[at];
    if (!ports.empty()) hosts[at].port = ports[ports.size() > 1 ? at : 0];
    if (hosts[at].name.empty() && hosts[at].address.empty()) return;
  }
  hosts_ = std::move(hosts);
  prefers_standby_ = effective.value("target_session_attrs") == "prefer-standby";
}

ConnectParameters ConnectParameters::for_host(const ServerHost& host, const std::string& address, bool only_standby) const {
  ConnectParameters one = *this;
  if (host.name.empty() && address.empty()) return one;
  const auto replace = [&one](std::string_view keyword, const std::string& value) {
    value.empty() ? one.erase(keyword) : one.set(keyword, value);
  };
  replace("host", host.name);
  replace("hostaddr", address);
  replace("port", host.port);
  if (prefers_standby_) one.set("target_session_attrs", only_standby ? "standby" : "any");
  return one;
}

void ConnectParameters::erase(std::string_view keyword) {
  std::erase_if(parameters_, [keyword](const auto& parameter) { return parameter.first == keyword; });
}

std::chrono::milliseconds ConnectParameters::limit(std::chrono::milliseconds timeout) const {
  return connect_timeout_.count() > 0 ? std::min<std::chrono::milliseconds>(timeout, connect_timeout_) : timeout;
}

std::vector<const char*> ConnectParameters::keywords() const {
  std::vector<const char*> list;
  for (const auto& parameter : parameters_) list.push_back(parameter.first.c_str());
  list.push_back(nullptr);
  return list;
}

std::vector<const char*> ConnectParameters::values() const {
  std::vector<const char*> list;
  for (const auto& parameter : parameters_) list.push_back(parameter.second.c_str());
  list.push_back(nullptr);
  return list;
}

bool may_try_next_host(std::string_view message) {
  constexpr std::string_view cannot_connect_now = "57P03";
  while (!message.empty()) {
    const auto end = std::min(message.find('\n'), message.size());
    const auto line = message.substr(0, end);
    message.remove_prefix(std::min(end + 1, message.size()));
    const Line read = read_line(line);
    if (!read.sqlstate.empty()) return read.sqlstate == cannot_connect_now;
    if (libpq_refuses(line)) return false;
  }
  return true;
}

ConnectFailure judge_connect_failure(std::string_view message, bool began) {
  ConnectFailure failure;
  bool refused = false;  // by a server, for good
  bool mendable = false;
  bool answered = false;
  while (!message.empty()) {
    const auto end = message.find('\n');
    const auto line = message.substr(0, end);
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
    if (line.empty() || line.rfind("LOCATION:", 0) == 0) continue;
    const Line read = read_line(line);
    if (!read.sqlstate.empty()) answered = true;
    if (!read.sqlstate.empty()) (mends_by_waiting(read.sqlstate) ? mendable : refused) = true;
    const bool given_up = libpq_refuses(line);
    if (given_up) refused = true;
    if (read.sqlstate.empty() && !given_up && line.find("failed: ") != std::string_view::npos) mendable = true;
    if (!failure.text.empty()) failure.text += "; ";
    failure.text += read.text;
  }
  failure.answered = answered;
  failure.permanent = !began || (refused && !mendable);
  if (failure.text.empty()) failure.text = "connection failed";
  return failure;
}

}  // namespace ca::driver
