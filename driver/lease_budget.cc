#include "driver/lease_budget.h"

#include "common/check.h"

namespace ca::driver {

unsigned LeaseBudget::allowed(LeaseMode mode) const noexcept {
  const int limit = mode == LeaseMode::shared ? shared_limit_ : exclusive_limit_;
  const int used = mode == LeaseMode::shared ? shared_ : exclusive_;
  if (used >= limit || in_use() >= total_limit()) return 0;
  const int reserve = (limit + 3) / 4;
  constexpr unsigned all_but_bulk = Scheduler::all_classes & ~class_bit(Priority::bulk);
  return limit > 1 && used >= limit - reserve ? all_but_bulk : Scheduler::all_classes;
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
