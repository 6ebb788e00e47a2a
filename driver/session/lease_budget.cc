#include "driver/session/lease_budget.h"

#include <algorithm>

#include "common/check.h"

namespace ca::driver {

int LeaseBudget::places(LeaseMode mode, bool bulk) const noexcept {
  const int limit = mode == LeaseMode::shared ? shared_limit_ : exclusive_limit_;
  const int used = mode == LeaseMode::shared ? shared_ : exclusive_;
  const int reserve = bulk && limit > 1 ? (limit + 3) / 4 : 0;
  return std::max(0, std::min(limit - reserve - used, total_limit() - in_use()));
}

unsigned LeaseBudget::allowed(LeaseMode mode) const noexcept {
  if (places(mode, false) == 0) return 0;
  return places(mode, true) == 0 ? Scheduler::all_classes & ~class_bit(Priority::bulk) : Scheduler::all_classes;
}

int LeaseBudget::grantable(LeaseMode mode, const Scheduler& queue) const noexcept {
  const auto bulk = std::min<std::size_t>(queue.size(Priority::bulk), static_cast<std::size_t>(places(mode, true)));
  const auto others = queue.size() - queue.size(Priority::bulk);
  return static_cast<int>(std::min<std::size_t>(others + bulk, static_cast<std::size_t>(places(mode, false))));
}

void LeaseBudget::take_back(LeaseMode mode) noexcept {
  int& count = mode == LeaseMode::shared ? shared_ : exclusive_;
  CA_CHECK(count > 0);
  --count;
}

void LeaseBudget::make_exclusive() noexcept {
  take_back(LeaseMode::shared);
  lend(LeaseMode::exclusive);
}

}  // namespace ca::driver
