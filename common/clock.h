// Monotonic time as a value. Wall-clock time appears in records for people only, never in a decision.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ca {

// CLOCK_MONOTONIC; the pure parts take an Instant as an argument and never call now().
struct MonotonicClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};

using Instant = MonotonicClock::time_point;
using Milliseconds = std::chrono::milliseconds;

// Wall-clock time now as RFC 3339 in UTC with milliseconds: "2024-05-01T12:34:56.789Z".
std::string rfc3339_now();

}  // namespace ca
