#include "server/http/workers.h"

#include <exception>
#include <thread>

#include "common/log.h"

namespace ca::server {

namespace {

constexpr Milliseconds idle_time{10'000};  // then a thread without work ends

}  // namespace

void HttpWorkers::end() {
  std::unique_lock lock(mutex_);
  is_ending_ = true;
  probes_.clear();
  requests_.clear();
  changed_.notify_all();
  ended_.wait(lock, [this] { return threads_ == 0; });
}

std::unique_ptr<HttpConnection> HttpWorkers::take(std::unique_ptr<HttpConnection> connection, bool is_probe) {
  const std::lock_guard lock(mutex_);
  auto& queue = is_probe ? probes_ : requests_;
  if (queue.size() >= limits_.waiting || is_ending_) return connection;
  queue.push_back(std::move(connection));
  if (idle_ >= probes_.size() + requests_.size()) {
    changed_.notify_one();
  } else if (threads_ < limits_.requests + limits_.probes) {
    start_thread();
  } else {
    changed_.notify_one();
  }
  return nullptr;
}

bool HttpWorkers::has_spare() const {
  const std::lock_guard lock(mutex_);
  return probes_.empty() && requests_.empty() && !is_ending_;
}

// A thread that cannot be made is no failure as long as others will do its work.
void HttpWorkers::start_thread() {
  ++threads_;
  try {
    std::thread([this] { run(); }).detach();
  } catch (const std::exception& error) {
    --threads_;
    log::warning("a thread cannot be started: {}", error.what());
    if (threads_ == 0) {
      probes_.clear();
      requests_.clear();
    }
  }
}

std::unique_ptr<HttpConnection> HttpWorkers::next(std::unique_lock<std::mutex>& lock) {
  ++idle_;
  const bool woken = changed_.wait_for(lock, idle_time, [this] { return has_work() || is_ending_; });
  --idle_;
  if (!woken || is_ending_) return nullptr;
  auto& queue = probes_.empty() ? requests_ : probes_;
  auto connection = std::move(queue.front());
  queue.pop_front();
  return connection;
}

void HttpWorkers::run() {
  std::unique_lock lock(mutex_);
  while (auto connection = next(lock)) {
    const bool is_reserve = running_ >= limits_.requests;
    if (!is_reserve) ++running_;
    lock.unlock();
    serve_(std::move(connection), is_reserve);
    lock.lock();
    if (is_reserve) continue;
    --running_;
    changed_.notify_one();  // one that waits for a place
  }
  --threads_;
  ended_.notify_all();
}

}  // namespace ca::server
