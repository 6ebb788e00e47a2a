#include "supervisor/core/state.h"

namespace ca::core {

namespace {

struct Name {
  const char* operator()(const Waiting&) const { return "waiting"; }
  const char* operator()(const Spawning&) const { return "starting"; }
  const char* operator()(const Starting&) const { return "starting"; }
  const char* operator()(const Ready&) const { return "ready"; }
  const char* operator()(const Stopping&) const { return "stopping"; }
  const char* operator()(const Clearing&) const { return "stopping"; }
  const char* operator()(const Backoff&) const { return "backoff"; }
  const char* operator()(const Stopped&) const { return "stopped"; }
  const char* operator()(const Failed&) const { return "failed"; }
};

struct Pid {
  std::optional<pid_t> operator()(const Starting& place) const { return place.pid; }
  std::optional<pid_t> operator()(const Ready& place) const { return place.pid; }
  std::optional<pid_t> operator()(const Stopping& place) const { return place.pid; }
  std::optional<pid_t> operator()(const auto&) const { return std::nullopt; }
};

}  // namespace

const char* place_name(const Place& place) { return std::visit(Name{}, place); }
std::optional<pid_t> pid_of(const Place& place) { return std::visit(Pid{}, place); }

}  // namespace ca::core
