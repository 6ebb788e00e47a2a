#include "common/check.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace ca {

void check_failed(const char* file, int line, const char* text) noexcept {
  char message[512];
  const int length = std::snprintf(message, sizeof message, "%s:%d: check failed: %s\n", file, line, text);
  if (length > 0) {
    const auto bytes = static_cast<size_t>(length) < sizeof message ? static_cast<size_t>(length) : sizeof message - 1;
    [[maybe_unused]] const auto ignored = ::write(2, message, bytes);
  }
  std::abort();
}

}  // namespace ca
