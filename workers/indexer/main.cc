// libexec/code-analysis/indexer
#include "common/builtin_config.h"
#include "common/exit_code.h"
#include "common/log.h"
#include "common/readiness.h"
#include "workers/database/session.h"
#include "workers/indexer/indexer.h"
#include "workers/process/stop.h"

int main() {
  const auto& stop = ca::workers::Stop::install();
  auto readiness = ca::ReadinessPipe::from_environment();
  const auto config = ca::take_config<ca::WorkerConfig>();
  if (!config) {
    ca::log::error("{}", config.error().message);
    return ca::exit_code::config;
  }
  ca::workers::Session session(stop);
  const auto done = ca::workers::Indexer(stop, session, config->process_name).run(readiness);
  if (!done) {
    ca::log::error("{}", done.error().message);
    return ca::exit_code::failed;
  }
  return ca::exit_code::ok;
}
