#include "supervisor/config/listen_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <optional>

#include "supervisor/config/diagnostics.h"
#include "supervisor/config/text_values.h"

namespace ca::config {
namespace {

struct HostPart {
  std::string text;
  bool is_loopback = false;
};

std::optional<HostPart> parse_ipv4(const std::string& host) {
  in_addr address{};
  if (::inet_pton(AF_INET, host.c_str(), &address) != 1) return std::nullopt;
  return HostPart{host, ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET};
}

std::optional<HostPart> parse_ipv6(const std::string& host) {
  in6_addr address{};
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return std::nullopt;
  if (::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address) != 1) return std::nullopt;
  char text[INET6_ADDRSTRLEN];
  ::inet_ntop(AF_INET6, &address, text, sizeof text);
  const bool mapped_loopback = IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == IN_LOOPBACKNET;
  return HostPart{fmt::format("[{}]", text), IN6_IS_ADDR_LOOPBACK(&address) || mapped_loopback};
}

std::optional<HostPart> parse_host(const std::string& host) {
  if (host == "localhost") return parse_ipv4("127.0.0.1");
  const auto ipv4 = parse_ipv4(host);
  return ipv4 ? ipv4 : parse_ipv6(host);
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto host = parse_host(std::string(text.substr(0, colon)));
  const auto port = colon == std::string_view::npos ? std::nullopt : parse_integer(text.substr(colon + 1));
  if (!host || !port || *port < 0 || *port > 65535) {
    return failure(fmt::format("expected an address such as 127.0.0.1:8080, [::1]:8080 or localhost:0, found {}", quote(text)));
  }
  return ListenAddress{fmt::format("{}:{}", host->text, *port), host->is_loopback};
}

}  // namespace ca::config
