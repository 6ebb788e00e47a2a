// The listening sockets that the supervisor has bound and passed, as sd_listen_fds(3) describes.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"

namespace ca::server {

// Takes over descriptors 3 and up (close-on-exec from now on) and removes the variables.
// Errors: none were passed; LISTEN_PID names another process; one is no listening socket.
Result<std::vector<UniqueFd>> take_listen_sockets();

// "127.0.0.1", "::1", as inet_ntop(3) writes it (IPv4 seen through an IPv6 socket as IPv4); "" for another family.
std::string ip_of(const sockaddr_storage& address);
// The local address of a socket; "" where it is not an IP socket.
std::string local_ip(int fd);
bool is_loopback(const std::string& ip);

}  // namespace ca::server
