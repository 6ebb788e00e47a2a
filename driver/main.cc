// libexec/code-analysis/driver: a PostgreSQL endpoint that owns every connection to the database (docs/driver.md).
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>

#include "common/exit_code.h"
#include "common/log.h"
#include "driver/driver.h"

namespace {

// Each client and each server connection is a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  auto readiness = ca::ReadinessPipe::from_environment();
  auto config = ca::take_config<ca::DriverConfig>();
  if (!config) {
    ca::log::error("{}", config.error().message);
    return ca::exit_code::config;
  }
  auto driver = ca::driver::Driver::create(std::move(*config), std::move(readiness));
  if (!driver) {
    ca::log::error("{}", driver.error().message);
    return ca::exit_code::config;
  }
  const int code = (*driver)->run();
  driver->reset();
  std::_Exit(code);  // a thread may still wait for the lock or in a cancel request: it is not waited for
}
