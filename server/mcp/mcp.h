// Model Context Protocol, revision 2025-11-25, over streamable HTTP: one JSON-RPC message a POST, one JSON answer.
// No sessions and no streams of the server's own, so nothing is lost when the server restarts.
#pragma once

#include <optional>

#include "server/http/message.h"
#include "server/mcp/tools.h"

namespace ca::server {

inline constexpr std::string_view mcp_latest_version = "2025-11-25";

// The answer to one message: nullopt for a notification or a response, which want none.
std::optional<Json> answer_message(Tools& tools, const Json& message);

// POST /mcp: checks the headers, then answer_message. 202 where there is no answer.
Response answer_mcp(Tools& tools, const Request& request);

}  // namespace ca::server
