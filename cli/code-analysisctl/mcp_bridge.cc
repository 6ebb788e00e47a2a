#include "cli/code-analysisctl/mcp_bridge.h"

#include <fmt/format.h>

#include <cstdlib>
#include <istream>
#include <ostream>

#include "cli/code-analysisctl/commands.h"
#include "common/printable.h"

namespace ca::ctl {

namespace {

constexpr Milliseconds control_timeout{5'000};
constexpr Milliseconds answer_timeout{60'000};
constexpr std::size_t message_limit = 1 << 20;  // as the server's limit for a body
constexpr std::size_t answer_limit = 64u << 20;
constexpr int server_error = -32000;
constexpr int parse_error = -32700;

Result<HttpAddress> ask_for_address(const std::string& control_socket) {
  auto client = ControlClient::connect(control_socket, control_timeout);
  if (!client) return tl::unexpected(client.error());
  const auto reply = client->ask({{"command", "status"}}, control_timeout);
  if (!reply) return tl::unexpected(reply.error());
  return server_address(reply->value("status", Json::object()));
}

// What a refusal says: the detail of its problem, or else its status.
std::string refusal_text(const HttpAnswer& answer) {
  const auto body = parse_json(answer.body, answer_limit);
  const auto detail = body && body->is_object() ? body->value("detail", Json()) : Json();
  if (detail.is_string()) return detail.get<std::string>();
  return fmt::format("the server answered with status {}", answer.status);
}

bool is_message(const std::string& body) {
  const auto value = parse_json(body, answer_limit);
  return value && value->is_object() && value->contains("jsonrpc");
}

std::string error_line(const Json& id, int code, const std::string& reason) {
  const Json error{{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", reason}}}};
  return error.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Reads one line, at most message_limit bytes and one more of it; the rest of a longer line is skipped. False at the end.
bool read_message(std::istream& in, std::string& message) {
  message.clear();
  char byte = 0;
  bool any = false;
  while (in.get(byte)) {
    any = true;
    if (byte == '\n') break;
    if (message.size() <= message_limit) message += byte;
  }
  return any;
}

}  // namespace

Result<HttpAddress> server_address(const Json& status) {
  for (const auto& process : status.value("processes", Json::array())) {
    if (!process.is_object() || process.value("name", Json()) != "server") continue;
    const auto listen = process.value("listen", Json::array());
    if (listen.is_array() && !listen.empty() && listen[0].is_string()) return parse_address(listen[0].get<std::string>());
  }
  return failure("the running tree has no server that listens");
}

std::optional<std::string> bridge_line(const std::string& message, const Result<HttpAnswer>& answer) {
  if (answer && answer->status == 202) return std::nullopt;
  if (answer && is_message(answer->body)) return answer->body;
  const auto asked = parse_json(message, message_limit);
  if (!asked || !asked->is_object() || !asked->contains("id") || !asked->contains("method")) return std::nullopt;
  return error_line((*asked)["id"], server_error, answer ? refusal_text(*answer) : answer.error().message);
}

int run_mcp_bridge(const std::string& control_socket, std::istream& in, std::ostream& out) {
  const char* token = std::getenv("CODE_ANALYSIS_TOKEN");
  auto address = ask_for_address(control_socket);
  if (!address) {
    fmt::print(stderr, "code-analysisctl: {}\n", printable(address.error().message));
    return means_not_running(address.error()) ? exit_not_running : exit_failed;
  }
  for (std::string message; read_message(in, message);) {
    if (message.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (const auto parsed = parse_json(message, message_limit); !parsed) {
      out << error_line(nullptr, parse_error, "the message is " + parsed.error().message) << std::endl;
      continue;
    }
    if (!address) address = ask_for_address(control_socket);
    Result<HttpAnswer> answer = tl::unexpected(Error{});
    if (address) {
      answer = post_json(*address, "/mcp", token == nullptr ? "" : token, message, answer_timeout);
    } else {
      answer = tl::unexpected(address.error());
    }
    const auto line = bridge_line(message, answer);
    if (!answer) address = tl::unexpected(answer.error());  // perhaps it listens elsewhere by now
    if (line) out << *line << std::endl;
  }
  return exit_done;
}

}  // namespace ca::ctl
