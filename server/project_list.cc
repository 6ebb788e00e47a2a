#include "server/project_list.h"

#include <algorithm>

#include "server/queries.h"

namespace ca::server {

tl::expected<Rows, DatabaseError> ProjectList::get() {
  constexpr auto least = std::chrono::duration_cast<Instant::duration>(Milliseconds(1'000));
  const std::lock_guard lock(mutex_);
  const auto began = MonotonicClock::now();
  if (last_ && began < good_until_) return *last_;
  last_.reset();
  auto rows = database_.query(sql::projects);
  if (!rows) return rows;
  const auto ended = MonotonicClock::now();
  good_until_ = ended + std::max(least, 10 * (ended - began));
  last_ = *rows;
  return rows;
}

}  // namespace ca::server
