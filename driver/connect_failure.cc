#include "driver/connect_failure.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cctype>
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
