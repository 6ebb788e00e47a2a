#include "server/http/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace ca::server {

namespace {

constexpr std::size_t most_chunk_line = 256;  // size and extensions
constexpr std::size_t most_trailer = 4096;

constexpr std::string_view security_headers =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n";

tl::unexpected<HttpRefusal> refused(int status, const char* reason) {
  return tl::unexpected(HttpRefusal{status, reason});
}

// Made once a second for each thread.
std::string_view http_date() {
  thread_local time_t made_at = -1;
  thread_local char text[64];
  thread_local std::size_t size = 0;
  if (const time_t now = ::time(nullptr); now != made_at) {
    tm parts{};
    ::gmtime_r(&now, &parts);
    size = ::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);  // the C locale, always
    made_at = now;
  }
  return {text, size};
}

// Takes a body in chunks apart (RFC 9112, 7.1).
class ChunkReader {
 public:
  ChunkReader(HttpConnection& connection, HttpIo& io, std::size_t limit)
      : connection_(connection), io_(io), limit_(limit) {}

  tl::expected<std::string, HttpRefusal> read() {
    for (;;) {
      const auto size = next_size();
      if (!size) return tl::unexpected(size.error());
      if (*size == 0) break;
      if (*size > limit_ - body_.size()) return refused(413, "the request's body is too large");
      if (!have(*size + 2)) return refused(408, "the request's body did not come in time");
      body_.append(connection_.in, at_, *size);
      if (connection_.in.compare(at_ + *size, 2, "\r\n") != 0) return refused(400, "a chunk does not end with CR LF");
      at_ += *size + 2;
    }
    if (const auto trailer = skip_trailer(); !trailer) return tl::unexpected(trailer.error());
    connection_.in.erase(0, at_);
    return std::move(body_);
  }

 private:
  bool have(std::size_t count) {
    if (at_ > limit_) {  // what was used is dropped now and then
      connection_.in.erase(0, at_);
      at_ = 0;
    }
    while (connection_.in.size() - at_ < count) {
      if (!io_.read_more()) return false;
    }
    return true;
  }

  tl::expected<std::string_view, HttpRefusal> next_line(std::size_t limit) {
    for (std::size_t seen = 0;;) {
      const auto& in = connection_.in;
      const auto end = in.find('\n', at_ + seen);
      if (std::min(end, in.size()) - at_ > limit) return refused(400, "a line of a chunked body is too long");
      if (end == std::string::npos) {
        seen = in.size() - at_;
        if (!io_.read_more()) return refused(408, "the request's body did not come in time");
        continue;
      }
      const auto line = std::string_view(in).substr(at_, end - at_);
      if (line.empty() || line.back() != '\r' || line.find('\r') + 1 != line.size()) {
        return refused(400, "a line of a chunked body does not end with CR LF");
      }
      at_ = end + 1;
      return line.substr(0, line.size() - 1);
    }
  }

  tl::expected<std::size_t, HttpRefusal> next_size() {
    const auto line = next_line(most_chunk_line);
    if (!line) return tl::unexpected(line.error());
    const auto digits = line->substr(0, line->find(';'));
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    const bool is_valid =
        error == std::errc() && end == digits.data() + digits.size() && line->find('\0') == line->npos;
    if (error == std::errc::result_out_of_range) return refused(413, "the request's body is too large");
    if (!is_valid) return refused(400, "the size of a chunk is no number");
    return size;
  }

  tl::expected<void, HttpRefusal> skip_trailer() {
    for (std::size_t left = most_trailer;;) {
      const auto line = next_line(left);
      if (!line) return tl::unexpected(line.error());
      if (line->empty()) return {};
      left -= std::min(left, line->size() + 2);
    }
  }

  HttpConnection& connection_;
  HttpIo& io_;
  const std::size_t limit_;
  std::size_t at_ = 0;  // in connection_.in
  std::string body_;
};

}  // namespace

bool HttpIo::wait(short events) {
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline_ - MonotonicClock::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 2> entries{{{connection_.fd.get(), events, 0}, {abort_, POLLIN, 0}}};
    const int count = ::poll(entries.data(), entries.size(), static_cast<int>(left));
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) return entries[1].revents == 0;
  }
}

bool HttpIo::read_more() {
  for (;;) {
    char bytes[16384];
    const ssize_t count = ::recv(connection_.fd.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (count > 0) {
      connection_.in.append(bytes, static_cast<std::size_t>(count));
      return true;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) return false;
    if (errno == EAGAIN && !wait(POLLIN)) return false;
  }
}

bool HttpIo::wait_for_more() { return wait(POLLIN); }

bool HttpIo::write(std::string_view head, std::string_view body) {
  while (!head.empty() || !body.empty()) {
    std::array<iovec, 2> parts{
        {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t count = ::sendmsg(connection_.fd.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno != EAGAIN || !wait(POLLOUT))) return false;
    if (count < 0) continue;
    const auto of_head = std::min(static_cast<std::size_t>(count), head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(static_cast<std::size_t>(count) - of_head);
  }
  return true;
}

tl::expected<std::string, HttpRefusal> read_body(const HttpHead& head, HttpConnection& connection, HttpIo& io,
                                                 std::size_t limit) {
  if (head.is_chunked) return ChunkReader(connection, io, limit).read();
  if (head.content_length > limit) return refused(413, "the request's body is too large");
  while (connection.in.size() < head.content_length) {
    if (!io.read_more()) return refused(408, "the request's body did not come in time");
  }
  auto body = connection.in.substr(0, head.content_length);
  connection.in.erase(0, head.content_length);
  return body;
}

std::string answer_head(const Response& response, bool closes) {
  constexpr std::size_t usual_size = 1024;
  std::string head;
  head.reserve(usual_size);
  const auto line = [&head](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(status_title(response.status)).append("\r\n");
  line("Date", http_date());
  line("Content-Type", response.content_type);
  if (response.status != 304) line("Content-Length", std::to_string(response.body.size()));
  head += security_headers;
  bool is_cacheable = false;
  for (const auto& [name, value] : response.headers) {
    line(name, value);
    is_cacheable = is_cacheable || equals_ignoring_case(name, "Cache-Control");
  }
  if (!is_cacheable) line("Cache-Control", "no-store");
  if (closes) line("Connection", "close");
  head += "\r\n";
  return head;
}

}  // namespace ca::server
