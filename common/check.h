// CHECK for programming errors: stays on in release builds and aborts. Never for bad input or a failed system call.
#pragma once

namespace ca {

// Prints `FILE:LINE: check failed: TEXT` on descriptor 2 with one write(2) and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* text) noexcept;

}  // namespace ca

#define CA_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::ca::check_failed(__FILE__, __LINE__, #condition))
