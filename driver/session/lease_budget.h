// How many server connections may be lent at a time, and for what.
//
// A shared lease lasts for one batch (up to ReadyForQuery); an exclusive one for a transaction or as long as there is
// session state. A shared lease that turns out to need longer becomes exclusive on the spot, even beyond the exclusive
// limit: shared ones are then fewer until it ends, so that the sum never exceeds both limits together. A statement that
// runs long on a shared lease while others wait is counted as exclusive if that limit has room for its class. Bulk work
// never gets the last quarter of either kind.
#pragma once

#include <cstdint>

#include "driver/session/scheduler.h"

namespace ca::driver {

enum class LeaseMode : std::uint8_t { shared, exclusive };

class LeaseBudget {
 public:
  LeaseBudget(int shared_limit, int exclusive_limit) noexcept
      : shared_limit_(shared_limit), exclusive_limit_(exclusive_limit) {}

  int total_limit() const noexcept { return shared_limit_ + exclusive_limit_; }
  int in_use() const noexcept { return shared_ + exclusive_; }
  int shared() const noexcept { return shared_; }
  int exclusive() const noexcept { return exclusive_; }

  // The classes that may be lent to now, as Scheduler::pop takes them.
  unsigned allowed(LeaseMode mode) const noexcept;
  // How many of the requests in `queue` for a lease of `mode` may be granted now.
  int grantable(LeaseMode mode, const Scheduler& queue) const noexcept;

  void lend(LeaseMode mode) noexcept { ++(mode == LeaseMode::shared ? shared_ : exclusive_); }
  void take_back(LeaseMode mode) noexcept;
  void make_exclusive() noexcept;  // REQUIRES: a shared lease is out

 private:
  // Leases of `mode` that a class may be given now; `bulk` gets less.
  int places(LeaseMode mode, bool bulk) const noexcept;

  int shared_limit_;
  int exclusive_limit_;
  int shared_ = 0;
  int exclusive_ = 0;
};

}  // namespace ca::driver
