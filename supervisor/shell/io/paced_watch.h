// Reads a descriptor that another process can fill without end (a readiness pipe, a notify socket), for a small share
// of the time, then it pauses. So a flood costs the supervisor a few per cent of a processor, and the writer waits.
#pragma once

#include <functional>
#include <memory>

#include "supervisor/shell/io/loop.h"

namespace ca::shell {

class PacedWatch {
 public:
  // `read_one` reads one piece and returns false if there is nothing more now, or if it has destroyed this watch. `fd`
  // stays the caller's and outlives the watch. Errors: as FdWatch::make.
  static Result<std::unique_ptr<PacedWatch>> make(Loop& loop, int fd, std::function<bool()> read_one);

  // Reads up to `pieces` now, in a pause too. The watch may be gone afterwards.
  void read_now(int pieces) const;
  bool is_paused() const { return is_paused_; }

  static constexpr std::chrono::microseconds budget{500};  // of reading within a window; what is over pauses it
  static constexpr Milliseconds window{20};

 private:
  PacedWatch(Loop& loop, std::function<bool()> read_one);
  void on_readable();

  std::shared_ptr<std::function<bool()>> read_one_;  // shared: it may destroy its owner
  Timer pause_over_;
  bool is_paused_ = false;
  Instant window_began_{};
  std::chrono::nanoseconds spent_{0};
  std::unique_ptr<FdWatch> watch_;
};

}  // namespace ca::shell
