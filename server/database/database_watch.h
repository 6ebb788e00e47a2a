// Notices that the database is away, once for all queries, so that each need not wait for its own timeout.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "common/unique_fd.h"

namespace ca::server {

// Any number of threads at once. Its thread sleeps until a query is suspiciously slow.
class DatabaseWatch {
 public:
  // Asks the database something that it answers at once. Returns the reason if it does not. Must be bounded in time.
  using Probe = std::function<std::optional<std::string>()>;

  explicit DatabaseWatch(Probe probe);
  ~DatabaseWatch();
  DatabaseWatch(const DatabaseWatch&) = delete;
  DatabaseWatch& operator=(const DatabaseWatch&) = delete;

  // A query has waited for longer than usual: probes the database soon.
  void suspect();
  // Returns the reason if a probe failed within the last second, else nullopt.
  std::optional<std::string> away() const;
  // Readable for as long as away() has a reason.
  int event() const { return event_.get(); }

 private:
  void run();

  const Probe probe_;
  UniqueFd event_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_suspected_ = false;
  bool is_stopping_ = false;
  std::optional<std::string> away_;
  std::thread thread_;
};

}  // namespace ca::server
