// libexec/code-analysis/indexer
#include "workers/indexer/indexer.h"
#include "workers/indexer/probe.h"
#include "workers/process/worker_program.h"

using namespace ca::workers;

int main() {
  limit_memory();
  return run_worker([](const Stop& stop, Session& session, const ca::WorkerConfig& config, ca::ReadinessPipe& readiness) {
    return Indexer(stop, session, config.process_name).run(readiness);
  });
}
