// Which endpoint a method and a path name. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "server/http/message.h"

namespace ca::server {

enum class Endpoint : std::uint8_t {
  page,  // and its other files
  healthz, readyz, metrics,
  status, processes, events,
  search, search_text, symbols, references, projects, files, file, issues, issue_rules,
  mcp,
};

// HEAD is GET without the body. Otherwise a ready problem: 404, or 405 with the header Allow.
std::variant<Endpoint, Response> route(std::string_view method, std::string_view path);

// /healthz, /readyz and /metrics: answered even when the server has too much to do.
bool is_probe(std::string_view path);

// The path, for metrics: a bounded set of names. "/" stands for all files of the page.
std::string_view endpoint_path(Endpoint endpoint);

}  // namespace ca::server
