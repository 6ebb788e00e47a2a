// Cancelling what runs on a server connection: the request travels on a connection of its own, beside the loop, and is
// repeated where PostgreSQL had not read the statement yet.
#include <algorithm>
#include <utility>

#include "common/check.h"
#include "driver/session/pool.h"

namespace ca::driver {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest_cancel_pause{5000};
// PQcancel waits for a server for as long as that is silent. libuv has four threads, and name look-ups need one, too.
constexpr int most_running = 2;

}  // namespace

struct Pool::CancelWork {
  uv_work_t work{};
  std::unique_ptr<PGcancel, void (*)(PGcancel*)> cancel;
  EventLoop* loop;
  std::weak_ptr<char> pool;  // expired: it is gone
  std::function<void()> done;
};

Pool::~Pool() {
  for (const CancelWork* work : queued_cancels_) delete work;
}

// PQcancel opens a connection and waits for its end, so it runs beside the loop; libpq documents it as thread-safe.
void Pool::send_cancel(ServerConnection& server, milliseconds pause) {
  auto handle = server.begin_cancel();
  if (!handle) return;
  ++cancels_sent_;
  auto done = [this, serial = server.serial(), answered = server.answered(), pause] { cancel_sent(serial, answered, pause); };
  queued_cancels_.push_back(new CancelWork{{}, std::move(handle), &loop_, alive_, std::move(done)});
  run_cancels();
}

void Pool::run_cancels() {
  const auto run = [](uv_work_t* raw) {
    char message[256];
    PQcancel(static_cast<CancelWork*>(raw->data)->cancel.get(), message, sizeof message);
  };
  const auto after = [](uv_work_t* raw, int) {
    const std::unique_ptr<CancelWork> finished(static_cast<CancelWork*>(raw->data));
    if (finished->pool.expired()) return;
    finished->done();
    if (finished->loop->settle) finished->loop->settle();
  };
  while (running_cancels_ < most_running && !queued_cancels_.empty()) {
    auto* work = queued_cancels_.front();
    queued_cancels_.pop_front();
    ++running_cancels_;
    work->work.data = work;
    CA_CHECK(uv_queue_work(loop_.raw(), &work->work, run, after) == 0);
  }
}

void Pool::cancel_sent(ServerConnection::Serial serial, std::uint64_t answered, milliseconds pause) {
  --running_cancels_;
  run_cancels();
  for (auto& member : members_) {
    ServerConnection& server = *member.server;
    if (server.serial() != serial) continue;
    if (server.answered() == answered && server.replies().ready_count() > 0) {
      sent_cancels_.push_back({serial, answered, pause, MonotonicClock::now() + pause});
      if (!recancel_.running()) recancel_.start(pause);
    }
    return server.end_cancel();
  }
}

void Pool::cancel_again() {
  const auto now = MonotonicClock::now();
  std::optional<Instant> next;
  for (const SentCancel& sent : std::exchange(sent_cancels_, {})) {
    const auto place = std::find_if(members_.begin(), members_.end(),
                                    [&](const Member& member) { return member.server->serial() == sent.serial; });
    if (place == members_.end() || place->server->answered() != sent.answered ||
        place->server->phase() == ServerConnection::Phase::closed) {
      continue;
    }
    if (sent.due <= now) {
      send_cancel(*place->server, std::min(sent.pause * 2, longest_cancel_pause));
      continue;
    }
    sent_cancels_.push_back(sent);
    next = std::min(next.value_or(sent.due), sent.due);
  }
  if (next) recancel_.start(std::chrono::ceil<milliseconds>(*next - now));
}

}  // namespace ca::driver
