// How a worker stops. SIGTERM or SIGINT asks for it: everything that waits sees a readable descriptor and unwinds. A
// unit of work is one transaction, so there is nothing to save, and a part that does not unwind in time (a long parse,
// a database that does not answer) is cut off: the process exits with 0 by itself `grace` after the signal.
#pragma once

#include "common/clock.h"

namespace ca::workers {

class Stop {
 public:
  static constexpr Milliseconds grace{800};

  // Installs the handlers, once a process. SIGPIPE is ignored, too.
  static Stop& install();

  bool requested() const noexcept;
  int fd() const noexcept;  // readable once requested; never read from it

 private:
  Stop() = default;
};

// Waits until one of the descriptors is readable, a stop is requested or the time is over. -1 descriptors are left out.
// Returns true where `fd` or `other_fd` is readable; a negative timeout waits without limit. Blocks.
bool wait_readable(const Stop& stop, int fd, int other_fd, Milliseconds timeout);

}  // namespace ca::workers
