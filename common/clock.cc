#include "common/clock.h"

#include <fmt/format.h>

#include <ctime>

namespace ca {

MonotonicClock::time_point MonotonicClock::now() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

std::string rfc3339_now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  tm utc{};
  ::gmtime_r(&time.tv_sec, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, time.tv_nsec / 1'000'000);
}

}  // namespace ca
