#include "driver/sql/session_state.h"

#include <utility>

namespace ca::driver {

// What is sent behind a DISCARD ALL outlives it. A text with more than that is taken to come as a whole before and behind it.
void SessionState::sent(const SqlTraits& traits) noexcept {
  if (traits.discards_all) {
    doomed_ |= std::exchange(pins_, pins_ & pin::startup) & ~pin::startup;
    ++discards_;
  }
  pins_ |= traits.pins;
  has_drawn_ = has_drawn_ || traits.may_draw;
  only_reads_ = only_reads_ && traits.only_reads;
}

void SessionState::discarded_all() noexcept {
  if (discards_ > 0) --discards_;
  if (discards_ == 0) doomed_ = 0;
}

void SessionState::all_answered() noexcept {
  pins_ |= std::exchange(doomed_, 0);
  discards_ = 0;
  only_reads_ = true;
}

void SessionState::released() noexcept {
  pins_ &= pin::startup;
  doomed_ = 0;
  discards_ = 0;
  has_drawn_ = false;
  only_reads_ = true;
}

void SessionState::lost_connection() noexcept {
  released();
  transaction_ = 'I';
  group_open_ = false;
  only_reads_ = true;
}

}  // namespace ca::driver
