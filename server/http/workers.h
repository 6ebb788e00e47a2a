// The threads that answer requests: one per request, made when they are needed.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "common/clock.h"
#include "server/http/connection.h"

namespace ca::server {

// Any number of threads at once.
class HttpWorkers {
 public:
  struct Limits {
    std::size_t requests;  // at once
    std::size_t probes;    // places beyond those, which only probes may take, if all others are taken
    std::size_t waiting;   // for a place; further ones are turned away
  };
  // Answers what the connection has to ask; may block. `only_one`: the place is a probe's, for this one request.
  using Serve = std::function<void(std::unique_ptr<HttpConnection>, bool only_one)>;

  HttpWorkers(Limits limits, Serve serve) : limits_(limits), serve_(std::move(serve)) {}
  ~HttpWorkers() { end(); }
  HttpWorkers(const HttpWorkers&) = delete;
  HttpWorkers& operator=(const HttpWorkers&) = delete;

  // Gives the connection to a thread. Returns it if too many wait already. Does not block.
  std::unique_ptr<HttpConnection> take(std::unique_ptr<HttpConnection> connection, bool is_probe);

  // Closes what waits, and returns once nothing runs. What comes later is turned away.
  void end();

  // Nobody waits for a thread.
  bool has_spare() const;

 private:
  using Queue = std::deque<std::unique_ptr<HttpConnection>>;

  void start_thread();
  void run();
  std::unique_ptr<HttpConnection> next(std::unique_lock<std::mutex>& lock);  // null: the thread ends
  bool has_work() const { return !probes_.empty() || (!requests_.empty() && running_ < limits_.requests); }

  const Limits limits_;
  const Serve serve_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable ended_;
  Queue probes_;
  Queue requests_;
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;
  std::size_t running_ = 0;  // in places that are not the probes' own
  bool is_ending_ = false;
};

}  // namespace ca::server
