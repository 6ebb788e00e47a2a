// Messages between the two halves over one SOCK_SEQPACKET pair: whole messages, in order, and an end of file that tells
// of the other half's death.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace ca {

enum class LinkKind : std::uint32_t {
  signal,   // guardian -> supervisor: `value` is the signal, `sender` who sent it
  notify,   // supervisor -> guardian: `text` goes to the guardian's own NOTIFY_SOCKET
  ready,    // supervisor -> guardian: the tree was ready for the first time
  exiting,  // supervisor -> guardian: everything has ended; `value` is the exit code, `text` the reason where there is one
};

struct LinkMessage {
  LinkKind kind = LinkKind::signal;
  std::int32_t value = 0;
  pid_t sender = 0;
  std::string text;  // 3 KiB at most; longer text is cut
};

struct LinkEnds {
  UniqueFd guardian;
  UniqueFd supervisor;
};

Result<LinkEnds> make_link();  // both close-on-exec and non-blocking

// False where the message could not be queued: the other half is dead or does not read.
bool send_message(int fd, const LinkMessage& message) noexcept;

enum class Received { message, nothing, end };
// The next message, if there is one. `end`: the other half has closed its end, that is: it died.
Received receive_message(int fd, LinkMessage& message);

}  // namespace ca
