#include "driver/session_state.h"

namespace ca::driver {

void SessionState::lost_connection() noexcept {
  pins_ &= pin::startup;
  transaction_ = 'I';
  group_open_ = false;
  only_reads_ = true;
}

}  // namespace ca::driver
