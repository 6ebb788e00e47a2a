// "HOST:PORT" of an address to listen on. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace ca::config {

struct ListenAddress {
  std::string text;          // normalised: "127.0.0.1:8080", "[::1]:0"
  bool is_loopback = false;
};

// HOST is an IPv4 address, an IPv6 address in brackets, or "localhost" (127.0.0.1); PORT is 0 to 65535.
// Errors: anything else, in one line.
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace ca::config
