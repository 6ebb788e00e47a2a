// What a tool answers, as text for a model: a line a result, and what to do next. No I/O.
#pragma once

#include <string>

#include "server/mcp/tool_catalogue.h"

namespace ca::server {

// `content` as Tools::call gives it. Shorter by far than the JSON of the same, which goes along as structured content.
std::string tool_text(Tool tool, const Json& content);

}  // namespace ca::server
