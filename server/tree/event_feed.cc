#include "server/tree/event_feed.h"

#include <algorithm>

namespace ca::server {

namespace {

constexpr Milliseconds control_timeout{1'000};
constexpr Milliseconds longest_wait{2'000};
constexpr Milliseconds between_attempts{200};
constexpr std::size_t events_kept = 1000;

std::int64_t seq_of(const Json& event) {
  const auto found = event.is_object() ? event.find("seq") : event.end();
  return event.is_object() && found != event.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

}  // namespace

EventFeed::EventFeed(std::string socket_path) : socket_path_(std::move(socket_path)), thread_([this] { run(); }) {}

EventFeed::~EventFeed() {
  stop();
  thread_.join();
}

void EventFeed::stop() noexcept {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  if (client_) client_->hang_up();
  wanted_changed_.notify_all();
  attempt_ended_.notify_all();
}

void EventFeed::keep(Json event) {
  const auto seq = seq_of(event);
  if (!events_.empty() && seq <= seq_of(events_.back())) return;  // known from the connection before
  events_.push_back(std::move(event));
  if (events_.size() > events_kept) events_.pop_front();
}

Status EventFeed::follow() {
  auto made = ControlClient::connect(socket_path_, control_timeout);
  if (!made) return tl::unexpected(made.error());
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return failure("the server stops");
    client_.emplace(std::move(*made));
  }
  const auto first = client_->ask({{"command", "events"}, {"follow", true}}, control_timeout);
  if (!first) return tl::unexpected(first.error());
  const auto past = first->value("events", Json::array());
  {
    const std::lock_guard lock(mutex_);
    // Numbers that begin anew are another supervisor's: what was kept of the one before would hide them.
    if (!past.empty() && !events_.empty() && seq_of(past.back()) < seq_of(events_.back())) events_.clear();
    for (const auto& event : past) keep(event);
    connected_ = true;
    attempt_ended_.notify_all();
  }
  for (;;) {
    auto line = client_->receive(std::nullopt);
    if (!line) return tl::unexpected(line.error());
    if (!*line) return failure("the supervisor closed the connection");
    if (!(*line)->contains("event")) continue;
    const std::lock_guard lock(mutex_);
    keep(std::move((**line)["event"]));
  }
}

void EventFeed::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_changed_.wait(lock, [&] { return wanted_ || stopping_; });
    if (stopping_) return;
    lock.unlock();
    const auto ended = follow();
    lock.lock();
    client_.reset();
    connected_ = false;
    wanted_ = false;
    error_ = ended ? "" : ended.error().message;
    failed_at_ = MonotonicClock::now();
    ++attempts_;
    attempt_ended_.notify_all();
  }
}

bool EventFeed::wait_connected(std::unique_lock<std::mutex>& lock) {
  if (connected_ || MonotonicClock::now() - failed_at_ < between_attempts) return connected_;
  const auto attempt = attempts_;
  wanted_ = true;
  wanted_changed_.notify_all();
  attempt_ended_.wait_for(lock, longest_wait, [&] { return connected_ || stopping_ || attempts_ != attempt; });
  return connected_;
}

Result<Json> EventFeed::get(const Query& query) {
  std::unique_lock lock(mutex_);
  if (!wait_connected(lock)) return failure(error_.empty() ? "the supervisor did not answer in time" : error_);
  auto begin = events_.begin();
  if (query.after) {
    begin = std::find_if(events_.begin(), events_.end(), [&](const Json& event) { return seq_of(event) > *query.after; });
  } else if (events_.size() > query.limit) {
    begin = events_.end() - static_cast<std::ptrdiff_t>(query.limit);
  }
  const auto count = std::min<std::ptrdiff_t>(events_.end() - begin, static_cast<std::ptrdiff_t>(query.limit));
  Json results = Json::array();
  for (auto event = begin; event != begin + count; ++event) results.push_back(*event);
  return Json{{"results", std::move(results)},
              {"limit", query.limit},
              {"last_seq", events_.empty() ? 0 : seq_of(events_.back())}};
}

}  // namespace ca::server
