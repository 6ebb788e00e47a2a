#include "server/database/gate.h"

namespace ca::server {

Gate::Pass Gate::enter(Milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (free_ == 0) {
    if (queue_ == 0) return nullptr;
    --queue_;
    const bool got = returned_.wait_for(lock, patience, [this] { return free_ > 0; });
    ++queue_;
    if (!got) return nullptr;
  }
  --free_;
  lock.unlock();
  return Pass(this, [](void* gate) { static_cast<Gate*>(gate)->leave(); });
}

void Gate::leave() {
  const std::lock_guard lock(mutex_);
  ++free_;
  returned_.notify_one();
}

}  // namespace ca::server
