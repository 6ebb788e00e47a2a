// When an indexer looks where imports lead: while no file waits to be indexed, and where files always wait, what has been due for
// ten seconds. A round is followed by a rest of four times its own time, so that a tree that changes all the time costs a fifth of
// one indexer at most. Pure.
#pragma once

#include <algorithm>

#include "common/clock.h"

namespace ca::workers {

class ImportPace {
 public:
  static constexpr Milliseconds longest_rest{10'000};
  // Together ten seconds.
  static constexpr Milliseconds due_while_busy{8'000};
  static constexpr Milliseconds look_while_busy{2'000};

  // What has been due for how long is to be taken on now; a negative number: nothing is, look later.
  Milliseconds due_for(bool idle, Instant now) const {
    if (idle) return now >= rested_at_ ? Milliseconds(0) : Milliseconds(-1);
    return now >= next_while_busy_ ? due_while_busy : Milliseconds(-1);
  }
  // Nothing was due.
  void looked(Instant now) {
    next_while_busy_ = now + look_while_busy;
    look_again_ = false;
  }
  // A round is over that kept this process busy for `work`.
  void worked(Milliseconds work, Instant now) {
    rested_at_ = now + std::min(4 * work, longest_rest);
    next_while_busy_ = rested_at_;
    look_again_ = true;
  }
  // How long an idle indexer may wait at most before it asks again; `otherwise` where nothing is on its mind.
  Milliseconds longest_nap(Milliseconds otherwise, Instant now) const {
    if (!look_again_) return otherwise;
    return std::clamp(std::chrono::ceil<Milliseconds>(rested_at_ - now), Milliseconds(0), otherwise);
  }

 private:
  Instant rested_at_{}, next_while_busy_{};
  bool look_again_ = false;  // more may have become due during the last round
};

}  // namespace ca::workers
