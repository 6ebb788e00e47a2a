#include "server/http/guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

#include "common/check.h"

namespace ca::server {

namespace {

bool is_port(std::string_view text) {
  return text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::string normal_ipv6(const std::string& text) {
  in6_addr address{};
  char spelled[INET6_ADDRSTRLEN];
  if (::inet_pton(AF_INET6, text.c_str(), &address) != 1) return "";
  return ::inet_ntop(AF_INET6, &address, spelled, sizeof spelled) == nullptr ? "" : spelled;
}

// The time depends on the length of `given` only, which its sender knows.
bool equal_in_constant_time(std::string_view given, std::string_view expected) {
  unsigned difference = given.size() == expected.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(expected[i % expected.size()]);
    asm volatile("" : "+r"(difference));  // keeps the compiler from leaving the loop early
  }
  return difference == 0;
}

}  // namespace

std::string normal_host(std::string_view authority) {
  if (!authority.empty() && authority.front() == '[') {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return "";
    const auto rest = authority.substr(end + 1);
    if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return "";
    return normal_ipv6(std::string(authority.substr(1, end - 1)));
  }
  const auto colon = authority.find(':');
  if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1))) return "";
  std::string host(authority.substr(0, colon));
  std::transform(host.begin(), host.end(), host.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::all_of(host.begin(), host.end(), is_host_character) ? host : "";
}

HostGuard::HostGuard(const std::vector<std::string>& listen) : hosts_{"localhost", "127.0.0.1", "::1"} {
  for (const auto& address : listen) {
    const auto host = normal_host(address);
    if (host == "0.0.0.0" || host == "::") {
      listens_everywhere_ = true;
    } else if (!host.empty()) {
      hosts_.push_back(host);
    }
  }
}

bool HostGuard::allows_authority(std::string_view authority, const std::string& local_ip) const {
  const auto host = normal_host(authority);
  if (host.empty()) return false;
  if (std::find(hosts_.begin(), hosts_.end(), host) != hosts_.end()) return true;
  return listens_everywhere_ && !local_ip.empty() && host == local_ip;
}

bool HostGuard::allows_origin(std::string_view origin, const std::string& local_ip) const {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.substr(0, scheme.size()) == scheme) return allows_authority(origin.substr(scheme.size()), local_ip);
  }
  return false;  // "null" too: a sandboxed frame or a file
}

bool HostGuard::allows(const Request& request) const {
  const auto hosts = request.header_values("Host");
  if (hosts.size() != 1 || !allows_authority(hosts.front(), request.local_ip)) return false;
  const auto origins = request.header_values("Origin");
  return std::all_of(origins.begin(), origins.end(),
                     [&](const std::string& origin) { return allows_origin(origin, request.local_ip); });
}

bool has_token(const Request& request, std::string_view token) {
  CA_CHECK(!token.empty());
  const auto values = request.header_values("Authorization");
  constexpr std::string_view scheme = "Bearer ";
  if (values.size() != 1 || !equals_ignoring_case(std::string_view(values.front()).substr(0, scheme.size()), scheme)) {
    return false;
  }
  return equal_in_constant_time(std::string_view(values.front()).substr(scheme.size()), token);
}

}  // namespace ca::server
