#include "cli/code-analysisctl/http_post.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "common/posix.h"
#include "common/unique_fd.h"

namespace ca::ctl {

namespace {

constexpr std::size_t answer_limit = 64u << 20;

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

Result<UniqueFd> connect(const HttpAddress& address, Milliseconds timeout) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(address.port);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  const bool is_v4 = ::inet_pton(AF_INET, address.ip.c_str(), &v4.sin_addr) == 1;
  if (!is_v4 && ::inet_pton(AF_INET6, address.ip.c_str(), &v6.sin6_addr) != 1) return failure(address.ip + " is no address");
  UniqueFd fd(::socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return system_failure("socket", errno);
  timeval bound{};
  bound.tv_sec = timeout.count() / 1000;
  bound.tv_usec = timeout.count() % 1000 * 1000;
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) ::setsockopt(fd.get(), SOL_SOCKET, option, &bound, sizeof bound);
  const auto* target = is_v4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  if (::connect(fd.get(), target, is_v4 ? sizeof v4 : sizeof v6) != 0) {
    return system_failure("cannot connect to the server", errno);
  }
  return fd;
}

// The value of that header in the lines before the body; empty: there is none.
std::string header_value(std::string_view head, std::string_view name) {
  for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (::strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    auto value = line.substr(name.size() + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    return std::string(value);
  }
  return "";
}

}  // namespace

Result<HttpAddress> parse_address(std::string_view listen) {
  const auto colon = listen.rfind(':');
  HttpAddress address;
  if (colon == std::string_view::npos || !parse_number(listen.substr(colon + 1), address.port) || address.port == 0) {
    return failure(fmt::format("'{}' is no address with a port", listen));
  }
  auto host = listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  address.ip = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host == "localhost" ? "127.0.0.1" : std::string(host);
  return address;
}

Result<HttpAnswer> parse_answer(std::string_view bytes) {
  HttpAnswer answer;
  const auto end = bytes.find("\r\n\r\n");
  constexpr std::string_view version = "HTTP/1.1 ";
  if (end == std::string_view::npos || bytes.substr(0, version.size()) != version ||
      !parse_number(bytes.substr(version.size(), 3), answer.status)) {
    return failure("the server's answer is not HTTP");
  }
  answer.body = bytes.substr(end + 4);
  std::size_t length = 0;
  const auto told = header_value(bytes.substr(0, end), "Content-Length");
  if (parse_number(told, length) && answer.body.size() < length) return failure("the server's answer was cut short");
  return answer;
}

Result<HttpAnswer> post_json(const HttpAddress& address, std::string_view path, std::string_view token,
                             std::string_view body, Milliseconds timeout) {
  if (token.find_first_of("\r\n") != std::string_view::npos) return failure("the token holds a line break");
  auto connection = connect(address, timeout);
  if (!connection) return tl::unexpected(connection.error());
  const bool is_v6 = address.ip.find(':') != std::string::npos;
  std::string request = fmt::format("POST {} HTTP/1.1\r\nHost: {}{}{}:{}\r\nConnection: close\r\nContent-Type: application/json\r\n"
                                    "Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n",
                                    path, is_v6 ? "[" : "", address.ip, is_v6 ? "]" : "", address.port, body.size());
  if (!token.empty()) request += fmt::format("Authorization: Bearer {}\r\n", token);
  request += "\r\n";
  request += body;
  // A server that refuses answers before it has read everything: what it says is still to be read.
  const auto written = write_all(connection->get(), request);
  const auto bytes = read_to_end(connection->get(), answer_limit);
  if (!bytes) {
    return failure(bytes.error().code == EAGAIN ? "the server did not answer in time"
                                                : "no answer from the server: " + bytes.error().message);
  }
  if (bytes->empty() && !written) return failure("cannot send to the server: " + written.error().message);
  return parse_answer(*bytes);
}

}  // namespace ca::ctl
