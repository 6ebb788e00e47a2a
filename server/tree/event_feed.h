// The supervisor's events as they happen, followed over its control socket for as long as somebody wants them.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "common/clock.h"
#include "common/control_client.h"

namespace ca::server {

// Any number of threads at once. One connection to the supervisor however many clients ask; none before the first one does.
// Its thread sleeps until there is an event.
class EventFeed {
 public:
  explicit EventFeed(std::string socket_path);
  ~EventFeed();  // as stop
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  struct Query {
    std::optional<std::int64_t> after;  // only events whose seq is greater
    std::size_t limit = 50;
  };

  // {"results": [events, oldest first], "limit", "last_seq"}. Without `after` the newest ones; with it the oldest of those
  // that came after, so that asking again with the last one's seq misses none of the 1000 that are kept.
  // Errors: the supervisor cannot be reached. Blocks: 2 s at most.
  Result<Json> get(const Query& query);

  void stop() noexcept;

 private:
  void run();
  Status follow();
  void keep(Json event);
  bool wait_connected(std::unique_lock<std::mutex>& lock);

  const std::string socket_path_;
  std::mutex mutex_;
  std::condition_variable wanted_changed_;
  std::condition_variable attempt_ended_;  // or succeeded
  bool wanted_ = false;
  bool connected_ = false;
  bool stopping_ = false;
  std::uint64_t attempts_ = 0;
  Instant failed_at_{};
  std::string error_;
  std::deque<Json> events_;
  std::optional<ControlClient> client_;  // set under the lock, by the thread only
  std::thread thread_;
};

}  // namespace ca::server
