// libexec/code-analysis/watcher
#include "workers/process/worker_program.h"
#include "workers/watcher/watcher.h"

using namespace ca::workers;

int main() {
  return run_worker([](const Stop& stop, Session& session, const ca::WorkerConfig& config, ca::ReadinessPipe& readiness) {
    return Watcher(stop, session).run(config, readiness);
  });
}
