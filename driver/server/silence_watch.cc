#include "driver/server/silence_watch.h"

#include <algorithm>

#include "driver/server/server_connection.h"

namespace ca::driver {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest_limit{500};

}  // namespace

SilenceWatch::SilenceWatch(EventLoop& loop, milliseconds limit, Connections connections, Silent silent)
    : loop_(loop),
      limit_(std::max(limit, shortest_limit)),
      half_(limit_ / 2),
      connections_(std::move(connections)),
      silent_(std::move(silent)),
      timer_(loop, [this] { look(); }) {}

void SilenceWatch::stop() {
  stopped_ = true;
  timer_.stop();
  probes_.clear();
}

// The timer is not stopped when the last answer comes, so that a statement costs nothing here.
void SilenceWatch::settle() {
  if (timer_.running() || stopped_) return;
  const auto connections = connections_();
  const bool awaited = std::any_of(connections.begin(), connections.end(), [](auto* one) { return one->awaits_answer(); });
  if (awaited) timer_.start(half_);
}

Instant SilenceWatch::quiet_since(const ServerConnection& connection) const {
  for (const Vouched& vouched : vouched_) {
    if (vouched.server == *connection.peer()) return std::max(vouched.at, connection.quiet_since());
  }
  return connection.quiet_since();
}

void SilenceWatch::look() {
  const Instant now = loop_.now();
  std::optional<Instant> next;
  const auto at = [&next](Instant due) { next = std::min(next.value_or(due), due); };
  for (ServerConnection* connection : connections_()) {
    if (!connection->awaits_answer()) continue;
    if (const auto since = connection->cleaning_since()) {
      if (now - *since >= limit_) {
        connection->give_up("its session could not be reset in time");
        continue;
      }
      at(*since + limit_);
    }
    if (!connection->peer()) continue;
    const Instant due = quiet_since(*connection) + half_;
    if (due > now) {
      at(due);
    } else if (!probing(*connection->peer())) {
      probe(*connection->peer());
    }
  }
  if (next) timer_.start(std::max(std::chrono::ceil<milliseconds>(*next - now), milliseconds{1}));
}

bool SilenceWatch::probing(const PeerAddress& server) const {
  return std::any_of(probes_.begin(), probes_.end(), [&](const auto& probe) { return probe->address() == server; });
}

void SilenceWatch::probe(const PeerAddress& server) {
  const auto index = probes_.size();
  probes_.push_back(nullptr);
  probes_[index] = std::make_unique<Probe>(loop_, server, half_, [this, server](bool answers) {
    const auto place = std::find_if(probes_.begin(), probes_.end(), [&](const auto& one) { return one->address() == server; });
    const std::unique_ptr<Probe> asked = std::move(*place);
    probes_.erase(place);
    answered(*asked, answers);
  });
}

void SilenceWatch::answered(const Probe& probe, bool answers) {
  std::erase_if(vouched_, [&](const Vouched& vouched) { return vouched.server == probe.address(); });
  if (answers) {
    vouched_.push_back({probe.address(), loop_.now()});
  } else {
    Instant since = probe.started();
    for (ServerConnection* connection : connections_()) {
      if (!connection->awaits_answer() || connection->peer() != probe.address()) continue;
      if (connection->quiet_since() > probe.started()) continue;  // asked later, or answered
      since = std::min(since, connection->quiet_since());
      connection->give_up("PostgreSQL has not answered for " +
                          std::to_string(std::chrono::duration_cast<milliseconds>(loop_.now() - connection->quiet_since()).count()) +
                          " ms, nor does it answer a new connection");
    }
    silent_(probe.address(), since);
  }
  look();
}

}  // namespace ca::driver
