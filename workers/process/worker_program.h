// What the programs of watcher, indexer and maintenance begin and end with.
#pragma once

#include <functional>

#include "common/builtin_config.h"
#include "common/readiness.h"
#include "database/session.h"

namespace ca::workers {

// The work itself, from its first connection to the end. It tells when it is ready. Errors: what ends the process.
using Work = std::function<Status(const Stop& stop, Session& session, const WorkerConfig& config, ReadinessPipe& readiness)>;

// Takes over signals, readiness pipe and configuration, and does `work`. Blocks. Returns the process's exit code: 78 for a
// configuration that cannot be read, 1 with the reason in the log where the work failed, else 0.
int run_worker(const Work& work);

}  // namespace ca::workers
