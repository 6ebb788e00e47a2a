// libexec/code-analysis/maintenance: the chores at once, then once a minute; sooner while there is much to do, and in the first
// minute, since a start finds what changed meanwhile. Says how far the indexers are.
#include "common/log.h"
#include "common/stop.h"
#include "workers/maintenance/chores.h"
#include "workers/process/worker_program.h"

namespace ca::workers {
namespace {

constexpr Milliseconds idle_period{60'000};
constexpr Milliseconds busy_period{5'000};  // while a load or a new analyser keeps the tables moving
constexpr Milliseconds lively_time{60'000};  // from the start on

// One round of chores; whether there was something to do.
DbResult<bool> round(Session& session, const WorkerConfig& config) {
  const auto projects = remove_projects(session, &config.projects);
  if (!projects) return tl::unexpected(projects.error());
  if (*projects > 0) log::info("removed {} projects", *projects);
  const auto mended = mend_queue(session);
  if (!mended) return tl::unexpected(mended.error());
  if (*mended > 0) log::warning("mended {} rows of the queue", *mended);
  const auto outdated = queue_outdated(session);
  if (!outdated) return tl::unexpected(outdated.error());
  const auto analysed = refresh_statistics(session);
  if (!analysed) return tl::unexpected(analysed.error());
  const auto left = work_left(session);
  if (!left) return tl::unexpected(left.error());
  for (const auto& line : *left) log::info("{}", line);
  return *projects + *mended + *outdated + *analysed > 0 || !left->empty();
}

Status run(const Stop& stop, Session& session, const WorkerConfig& config, ReadinessPipe& readiness) {
  session.on_trouble([&](const std::string& reason) { readiness.waiting("database: " + reason); });
  auto connected = session.connection();
  if (connected) readiness.ready();
  const Instant lively_until = MonotonicClock::now() + lively_time;
  while (connected && !stop.requested()) {
    const auto busy = round(session, config);
    if (!busy && busy.error().trouble == Trouble::statement) return failure("database: " + busy.error().message);
    (void)wait_readable(stop, -1, -1, (busy && *busy) || MonotonicClock::now() < lively_until ? busy_period : idle_period);
  }
  return {};
}

}  // namespace
}  // namespace ca::workers

int main() { return ca::workers::run_worker(ca::workers::run); }
