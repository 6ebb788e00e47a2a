// Model Context Protocol over standard input and output, for agents that start a program instead of using a URL.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "cli/code-analysisctl/http_post.h"
#include "common/control_client.h"

namespace ca::ctl {

// Where the server of the running tree listens. Errors: it has no server, or none that listens.
Result<HttpAddress> server_address(const Json& status);

// The line to print for what the server answered to `message`; nullopt: none. A message is always answered where it
// asks something: what is no JSON-RPC (a refusal, no connection) becomes a JSON-RPC error.
std::optional<std::string> bridge_line(const std::string& message, const Result<HttpAnswer>& answer);

// Passes each line of `in` on to POST /mcp and prints the answer on `out`, until `in` ends. Gives the exit code.
// $CODE_ANALYSIS_TOKEN is the bearer token, where the server wants one.
int run_mcp_bridge(const std::string& control_socket, std::istream& in, std::ostream& out);

}  // namespace ca::ctl
