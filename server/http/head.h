// The head of an HTTP/1.1 request: bytes in, values or a refusal out. No I/O.
//
// It accepts only what every proxy reads in the same way (RFC 9112): anything else could be one request to a proxy and
// two to this server.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "server/http/message.h"

namespace ca::server {

struct HttpHead {
  Request request;                 // method, path, query and headers
  std::size_t content_length = 0;  // 0 if the body is chunked
  bool is_chunked = false;
  bool keeps_alive = false;       // the client wants to send another request on this connection
  bool expects_continue = false;  // the client sends the body only after "100 Continue"
};

struct HttpRefusal {
  int status;
  std::string reason;
};

// Finds the end of the head that `bytes` begin with. Returns its size, the empty line included; nullopt: it is not
// there yet. A head that cannot become valid counts as ended at once, so that nobody waits for the rest of it.
// `scanned`: bytes that an earlier call has looked at already; moved on.
std::optional<std::size_t> head_size(std::string_view bytes, std::size_t& scanned);

// The head as values. Errors: a status of 4xx or 5xx with the reason; the connection must then be closed.
tl::expected<HttpHead, HttpRefusal> parse_head(std::string_view head);

// Returns the path of the request line as written, without the query; empty: there is none. Takes any bytes.
std::string_view path_of(std::string_view head);

// Decodes %XX, and + if `plus_is_space`. An escape that is none stays as it is.
std::string percent_decoded(std::string_view text, bool plus_is_space);

}  // namespace ca::server
