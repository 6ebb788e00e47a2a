// One connection of a client, and one request on it: reading the body, writing the answer. Blocking, within deadlines.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/unique_fd.h"
#include "server/http/head.h"

namespace ca::server {

struct HttpConnection {
  UniqueFd fd;                  // does not block
  std::shared_ptr<void> place;  // given back when the connection is closed
  std::string local_ip;         // the address that the client connected to
  std::string in;               // received, not yet used
  std::size_t scanned = 0;      // of `in`, as head_size has it
  Instant since{};              // the client could begin to send its request
};

// Reads and writes of a worker. Each returns false if the connection is broken, the deadline is over or `abort` is
// readable.
class HttpIo {
 public:
  HttpIo(HttpConnection& connection, int abort, Instant deadline)
      : connection_(connection), abort_(abort), deadline_(deadline) {}

  // Appends what has come to connection.in; waits for at least one byte. False at the end of what the client sends too.
  bool read_more();
  // Waits until something has come. As read_more, without reading.
  bool wait_for_more();
  // Sends both, one behind the other.
  bool write(std::string_view head, std::string_view body);

 private:
  bool wait(short events);

  HttpConnection& connection_;
  int abort_;
  Instant deadline_;
};

// Takes the body of that head off connection.in, which begins with it, reading on as needed.
// Errors: larger than `limit` (413), not valid (400), broken off or too late (408).
tl::expected<std::string, HttpRefusal> read_body(const HttpHead& head, HttpConnection& connection, HttpIo& io,
                                                 std::size_t limit);

// The answer's bytes before the body. `closes`: no further request will be read.
std::string answer_head(const Response& response, bool closes);

}  // namespace ca::server
