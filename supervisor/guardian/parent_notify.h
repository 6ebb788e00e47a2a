// sd_notify(3) towards our own parent (systemd, a container manager, another supervisor), sent by the started process.
#pragma once

#include <string>
#include <vector>

#include "common/unique_fd.h"

namespace ca {

// Messages that a receiver has not taken yet, in order. A message replaces an earlier one that begins with the same
// variable, so the queue is as long as there are such variables: READY, RELOADING, STOPPING, STATUS, WATCHDOG.
class NotifyQueue {
 public:
  void push(std::string message);
  bool empty() const { return messages_.empty(); }
  const std::string& front() const { return messages_.front(); }
  void pop() { messages_.erase(messages_.begin()); }

 private:
  std::vector<std::string> messages_;
};

class ParentNotify {
 public:
  // Remembers NOTIFY_SOCKET. Without it every call does nothing.
  static ParentNotify from_environment();

  // Sends one message (lines separated by newlines), or keeps it until the receiver has room. Never blocks.
  void send(std::string message);

  // Sends the kept messages as far as there is room. Never blocks.
  void flush();

  // Returns the descriptor to poll for POLLOUT and then flush(), or -1 if nothing is kept. Messages for a socket that
  // is not there are kept until the next send.
  int waiting_fd() const { return queue_.empty() ? -1 : socket_.get(); }

 private:
  enum class Sent { yes, no_room, no_receiver };
  bool connect();
  Sent send_now(const std::string& message);

  std::string path_;
  UniqueFd socket_;  // connected, so that poll(2) reports room in the receiver's queue
  NotifyQueue queue_;
};

}  // namespace ca
