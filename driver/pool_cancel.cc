// Cancelling what runs on a server connection: the request travels on a connection of its own, beside the loop, and is
// repeated where PostgreSQL had not read the statement yet.
#include <algorithm>
#include <utility>

#include "driver/pool.h"

namespace ca::driver {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest_cancel_pause{5000};

struct CancelWork {
  uv_work_t work{};
  std::unique_ptr<PGcancel, void (*)(PGcancel*)> cancel;
  EventLoop* loop;
  std::function<void()> done;
};

}  // namespace

// PQcancel opens a connection and waits for its end, so it runs beside the loop; libpq documents it as thread-safe.
void Pool::send_cancel(ServerConnection& server, milliseconds pause) {
  auto handle = server.begin_cancel();
  if (!handle) return;
  ++cancels_sent_;
  auto done = [this, serial = server.serial(), answered = server.answered(), pause] { cancel_sent(serial, answered, pause); };
  auto work = std::make_unique<CancelWork>(CancelWork{{}, std::move(handle), &loop_, std::move(done)});
  work->work.data = work.get();
  const auto run = [](uv_work_t* raw) {
    char message[256];
    PQcancel(static_cast<CancelWork*>(raw->data)->cancel.get(), message, sizeof message);
  };
  const auto after = [](uv_work_t* raw, int) {
    const std::unique_ptr<CancelWork> finished(static_cast<CancelWork*>(raw->data));
    finished->done();
    if (finished->loop->settle) finished->loop->settle();
  };
  if (uv_queue_work(loop_.raw(), &work->work, run, after) == 0) {
    work.release();
  } else {
    server.end_cancel();
  }
}

void Pool::cancel_sent(ServerConnection::Serial serial, std::uint64_t answered, milliseconds pause) {
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
