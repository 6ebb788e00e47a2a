// What the structured content of each tool of MCP looks like, as JSON Schema. No I/O.
#pragma once

#include "server/mcp/tool_catalogue.h"

namespace ca::server {

// Fields may be added by a later version: the schemas are open, and name what a client may rely on.
Json output_schema(Tool tool);

}  // namespace ca::server
