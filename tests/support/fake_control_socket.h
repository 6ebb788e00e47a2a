// A control socket that answers as a test says, in a folder of its own which goes with it.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/check.h"
#include "common/control_client.h"
#include "common/posix.h"

namespace ca::test {

// What to do with one request: send these lines, then close the connection or wait for the next request.
struct FakeReply {
  std::vector<std::string> lines;
  bool close = false;
};

class FakeControlSocket {
 public:
  using Handler = std::function<FakeReply(const Json&)>;

  explicit FakeControlSocket(Handler handler) : handler_(std::move(handler)) {
    char name[] = "/tmp/ca-control-XXXXXX";
    CA_CHECK(::mkdtemp(name) != nullptr);
    folder_ = name;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    CA_CHECK(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    CA_CHECK(::listen(listener_.get(), 8) == 0);
    thread_ = std::thread([this] { serve(); });
  }

  ~FakeControlSocket() {
    stopping_ = true;
    thread_.join();
    ::unlink(path().c_str());
    ::rmdir(folder_.c_str());
  }

  std::string folder() const { return folder_; }
  std::string path() const { return folder_ + "/control.sock"; }

  std::vector<Json> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  bool readable(int fd) {
    while (!stopping_) {
      pollfd entry{fd, POLLIN, 0};
      if (::poll(&entry, 1, 10) > 0) return true;
    }
    return false;
  }

  void serve() {
    while (readable(listener_.get())) {
      const UniqueFd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (peer) talk(peer.get());
    }
  }

  void talk(int peer) {
    std::string received;
    while (readable(peer)) {
      char bytes[4096];
      const ssize_t count = ::recv(peer, bytes, sizeof bytes, 0);
      if (count <= 0) return;
      received.append(bytes, static_cast<std::size_t>(count));
      for (auto end = received.find('\n'); end != std::string::npos; end = received.find('\n')) {
        const Json request = Json::parse(received.substr(0, end));
        received.erase(0, end + 1);
        if (!answer(peer, request)) return;
      }
    }
  }

  bool answer(int peer, const Json& request) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const FakeReply reply = handler_(request);
    for (const auto& line : reply.lines) {
      if (!write_all(peer, line + "\n")) return false;
    }
    return !reply.close;
  }

  Handler handler_;
  std::string folder_;
  UniqueFd listener_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<Json> requests_;
  std::thread thread_;
};

}  // namespace ca::test
