// libexec/code-analysis/maintenance: the chores at once, then once a minute; sooner while there is much to do, and in the first
// minute, since a start finds what changed meanwhile. Says how far the indexers are.
#include "common/builtin_config.h"
#include "common/exit_code.h"
#include "common/log.h"
#include "common/readiness.h"
#include "workers/database/session.h"
#include "workers/maintenance/chores.h"
#include "workers/process/stop.h"

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

int run(const Stop& stop, const WorkerConfig& config, ReadinessPipe& readiness) {
  Session session(stop);
  session.on_trouble([&](const std::string& reason) { readiness.waiting("database: " + reason); });
  auto connected = session.connection();
  if (connected) readiness.ready();
  const Instant lively_until = MonotonicClock::now() + lively_time;
  while (connected && !stop.requested()) {
    const auto busy = round(session, config);
    if (!busy && busy.error().trouble == Trouble::statement) {
      log::error("database: {}", busy.error().message);
      return exit_code::failed;
    }
    (void)wait_readable(stop, -1, -1, (busy && *busy) || MonotonicClock::now() < lively_until ? busy_period : idle_period);
  }
  return exit_code::ok;
}

}  // namespace
}  // namespace ca::workers

int main() {
  const auto& stop = ca::workers::Stop::install();
  auto readiness = ca::ReadinessPipe::from_environment();
  const auto config = ca::take_config<ca::WorkerConfig>();
  if (!config) {
    ca::log::error("{}", config.error().message);
    return ca::exit_code::config;
  }
  return ca::workers::run(stop, *config, readiness);
}
