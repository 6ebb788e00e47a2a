// One POST to the server of the running tree: as much of HTTP/1.1 as its own server needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/result.h"

namespace ca::ctl {

struct HttpAddress {
  std::string ip;  // without brackets
  std::uint16_t port = 0;
};

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// "127.0.0.1:8080" or "[::1]:8080", as `listen` in the status has it; an address that stands for all (0.0.0.0, [::])
// becomes the loopback one. Errors: it is none.
Result<HttpAddress> parse_address(std::string_view listen);

// Sends `body` as JSON; `token` empty: without one. Errors: no connection; no answer within `timeout`; no HTTP.
Result<HttpAnswer> post_json(const HttpAddress& address, std::string_view path, std::string_view token,
                             std::string_view body, Milliseconds timeout);

// A whole response of a connection that was then closed. Errors: no HTTP, cut short.
Result<HttpAnswer> parse_answer(std::string_view bytes);

}  // namespace ca::ctl
