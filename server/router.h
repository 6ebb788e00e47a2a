// Which endpoint a method and a path name. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "server/message.h"

namespace ca::server {

enum class Endpoint : std::uint8_t {
  page, style, script, healthz, readyz, metrics, status, search, symbols, projects, files, issues,
  mcp,
};

// HEAD is GET without the body. Otherwise a ready problem: 404, or 405 with the header Allow.
std::variant<Endpoint, Response> route(std::string_view method, std::string_view path);

// The path, for metrics: a bounded set of names.
std::string_view endpoint_path(Endpoint endpoint);

}  // namespace ca::server
