// A built-in child's side of `ready: pipe`: the environment names an open descriptor, READY_FD=<n>, that wants one
// line "READY\n" once the process serves, and before it any number of lines "WAITING text\n".
#pragma once

#include <string_view>

#include "common/unique_fd.h"

namespace ca {

class ReadinessPipe {
 public:
  // Takes over the descriptor of READY_FD (marks it close-on-exec, removes the variable). Without READY_FD every call
  // is a no-op, so that the program can be run by hand.
  static ReadinessPipe from_environment();

  void waiting(std::string_view text) noexcept;  // newlines in text become spaces; Blocks: not longer than a pipe write
  void ready() noexcept;                         // writes READY and closes the pipe; further calls are no-ops

 private:
  UniqueFd fd_;
};

}  // namespace ca
