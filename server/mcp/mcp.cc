#include "server/mcp/mcp.h"

#include <algorithm>
#include <array>

#include "server/mcp/tool_text.h"
#include "version.h"

namespace ca::server {

namespace {

// Revisions whose messages are the same for what is offered here; the newest first.
constexpr std::array<std::string_view, 3> versions{mcp_latest_version, "2025-06-18", "2025-03-26"};

constexpr std::size_t body_limit = 1 << 20;

constexpr int parse_error = -32700;
constexpr int invalid_request = -32600;
constexpr int method_not_found = -32601;
constexpr int invalid_params = -32602;

constexpr std::string_view instructions =
    "Answers questions about indexed source trees: begin with project_overview, find a definition with find_symbol, its "
    "uses with find_references or callers_of, read it with symbol_info or read_file, and search text with search_code. "
    "Paths are relative to a project's root. The index follows changes within seconds; index_status says how far it is.";

bool is_known_version(std::string_view version) {
  return std::find(versions.begin(), versions.end(), version) != versions.end();
}

std::string dumped(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json result_message(const Json& id, Json result) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}};
}

Json error_message(const Json& id, int code, std::string_view text) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", text}}}};
}

Json text_content(const std::string& text) { return Json::array({Json{{"type", "text"}, {"text", text}}}); }

Json initialized(const Json& params) {
  const auto asked = params.value("protocolVersion", Json());
  const auto version = asked.is_string() ? asked.get<std::string>() : "";
  return {{"protocolVersion", is_known_version(version) ? version : std::string(mcp_latest_version)},
          {"capabilities", {{"tools", {{"listChanged", false}}}}},
          {"serverInfo", {{"name", "code-analysis"}, {"title", "code-analysis"}, {"version", CODE_ANALYSIS_VERSION}}},
          {"instructions", instructions}};
}

// What a tool could not do is a result that the model reads, not an error of the protocol.
Json failed_call(const std::string& reason) { return {{"content", text_content(reason)}, {"isError", true}}; }

Json call_tool(Tools& tools, const Json& id, const Json& params) {
  const auto name = params.value("name", Json());
  if (!name.is_string()) return error_message(id, invalid_params, "the tool's name is missing");
  const auto tool = find_tool(name.get_ref<const std::string&>());
  if (!tool) return error_message(id, invalid_params, tool.error().message);
  const auto arguments = check_arguments(*tool, params.value("arguments", Json::object()));
  if (!arguments) return result_message(id, failed_call(arguments.error().message));
  auto answer = tools.call(*tool, *arguments);
  if (!answer) return result_message(id, failed_call(answer.error().message));
  Json result{{"content", text_content(tool_text(*tool, *answer))}};
  result["structuredContent"] = std::move(*answer);
  result["isError"] = false;
  return result_message(id, std::move(result));
}

Json answer_request(Tools& tools, const std::string& method, const Json& id, const Json& params) {
  if (method == "initialize") return result_message(id, initialized(params));
  if (method == "ping") return result_message(id, Json::object());
  if (method == "tools/list") return result_message(id, {{"tools", tool_list()}});
  if (method == "tools/call") return call_tool(tools, id, params);
  return error_message(id, method_not_found, "there is no method '" + method + "'");
}

Response json_response(int status, const Json& body) { return {status, "application/json", dumped(body), {}}; }

bool is_json_type(const Request& request) {
  const auto values = request.header_values("Content-Type");
  if (values.size() != 1) return false;
  std::string_view type = values.front();
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return equals_ignoring_case(type, "application/json");
}

}  // namespace

std::optional<Json> answer_message(Tools& tools, const Json& message) {
  const auto member = [&](const char* name) { return message.is_object() ? message.value(name, Json()) : Json(); };
  const auto id = member("id");
  const auto method = member("method");
  if (member("jsonrpc") != "2.0" || (message.contains("method") && !method.is_string())) {
    return error_message(nullptr, invalid_request, "this is no JSON-RPC 2.0 message");
  }
  if (method.is_null() && (message.contains("result") || message.contains("error"))) return std::nullopt;
  if (method.is_null()) return error_message(nullptr, invalid_request, "the message has no method");
  if (!message.contains("id")) return std::nullopt;
  if (!id.is_string() && !id.is_number_integer()) {
    return error_message(nullptr, invalid_request, "id must be a string or an integer");
  }
  const auto params = message.value("params", Json::object());
  if (!params.is_object()) return error_message(id, invalid_params, "params must be an object");
  return answer_request(tools, method.get<std::string>(), id, params);
}

Response answer_mcp(Tools& tools, const Request& request) {
  if (!is_json_type(request)) return problem(415, "the body must be application/json");
  for (const auto& version : request.header_values("MCP-Protocol-Version")) {
    if (!is_known_version(version)) return problem(400, "this MCP-Protocol-Version is not supported");
  }
  const auto message = parse_json(request.body, body_limit);
  if (!message) {
    return json_response(400, error_message(nullptr, parse_error, "the body is " + message.error().message));
  }
  if (!message->is_object()) {
    return json_response(400, error_message(nullptr, invalid_request, "the body must be one message, no batch"));
  }
  const auto answer = answer_message(tools, *message);
  if (!answer) return {202, "application/json", "", {}};
  return json_response(200, *answer);
}

}  // namespace ca::server
