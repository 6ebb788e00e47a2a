// Who may ask: by the Host and Origin headers, and by the bearer token. No I/O.
//
// A web page of a stranger can make the browser of a developer send requests to 127.0.0.1 (by a form, or by a domain
// name that it rebinds to that address). Such a request names the stranger's host in Host or in Origin, so both must name
// this server. Ports are not compared: a tunnel or a container's port mapping changes them, and a name that leads here
// cannot be had by changing the port.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/http/message.h"

namespace ca::server {

class HostGuard {
 public:
  // `listen`: the configured addresses ("127.0.0.1:8080", "[::1]:0", "build.example:80").
  explicit HostGuard(const std::vector<std::string>& listen);

  // Exactly one Host header, and every Origin header there is, name localhost, 127.0.0.1, [::1] or a listen address.
  // Where the server listens on all addresses (0.0.0.0, [::]), also the address that this client connected to.
  bool allows(const Request& request) const;

 private:
  bool allows_authority(std::string_view authority, const std::string& local_ip) const;
  bool allows_origin(std::string_view origin, const std::string& local_ip) const;

  std::vector<std::string> hosts_;
  bool listens_everywhere_ = false;
};

// Host part of "host", "host:port", "[v6]" or "[v6]:port", in one spelling: lower case, IP addresses as inet_ntop(3)
// writes them, without brackets. Empty: it is none of these.
std::string normal_host(std::string_view authority);

// "Authorization: Bearer TOKEN", compared in a time that does not depend on where they differ. REQUIRES: token not empty.
bool has_token(const Request& request, std::string_view token);

}  // namespace ca::server
