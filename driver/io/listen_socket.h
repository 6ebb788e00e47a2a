// The socket that clients connect to: handed over by the supervisor, or made here when the program is run by hand.
#pragma once

#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace ca::driver {

class ListenSocket {
 public:
  // Takes the descriptor that LISTEN_FDS names `postgresql` (and removes the variables). Without LISTEN_FDS it binds
  // runtime_dir/.s.PGSQL.<port> itself, replacing a socket that nobody listens on.
  // Errors: no such name among those passed; socket, bind or listen failed; somebody listens there.
  static Result<ListenSocket> open(const std::string& runtime_dir, int port);

  ListenSocket(ListenSocket&&) = default;
  ListenSocket& operator=(ListenSocket&&) = default;
  ~ListenSocket();  // removes the socket's file if it was made here

  int fd() const noexcept { return fd_.get(); }
  const std::string& made_path() const noexcept { return made_path_; }  // empty: it was handed over

 private:
  ListenSocket(UniqueFd fd, std::string made_path) : fd_(std::move(fd)), made_path_(std::move(made_path)) {}

  UniqueFd fd_;
  std::string made_path_;
};

}  // namespace ca::driver
