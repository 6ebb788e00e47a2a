// The socket of `ready: notify` (sd_notify(3)): abstract, named by the kernel, one a child.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace ca::shell {

// One datagram. The sender's credentials are the kernel's word.
struct NotifyMessage {
  pid_t sender = 0;
  uid_t uid = 0;
  bool is_ready = false;               // READY=1
  bool is_stopping = false;            // STOPPING=1
  std::optional<std::string> status;   // STATUS=
};

class NotifySocket {
 public:
  static Result<NotifySocket> open();

  int fd() const { return fd_.get(); }
  const std::string& name() const { return name_; }  // "@name", for NOTIFY_SOCKET

  // The next message, if one waits. Descriptors that came along are closed at once (FDSTORE is so refused, BARRIER
  // answered). Whether the sender may speak for the child is the caller's to judge.
  std::optional<NotifyMessage> receive();

 private:
  UniqueFd fd_;
  std::string name_;
};

// The fields of one message's text; unknown ones are ignored.
NotifyMessage parse_notify_text(std::string_view text);

}  // namespace ca::shell
