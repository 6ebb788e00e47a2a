#include "workers/process/worker_program.h"

#include "common/exit_code.h"
#include "common/log.h"
#include "common/stop.h"

namespace ca::workers {

int run_worker(const Work& work) {
  const auto& stop = Stop::install();
  auto readiness = ReadinessPipe::from_environment();
  const auto config = take_config<WorkerConfig>();
  if (!config) {
    log::error("{}", config.error().message);
    return exit_code::config;
  }
  Session session(stop);
  const auto done = work(stop, session, *config, readiness);
  if (done) return exit_code::ok;
  log::error("{}", done.error().message);
  return exit_code::failed;
}

}  // namespace ca::workers
