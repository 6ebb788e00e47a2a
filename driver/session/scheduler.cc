#include "driver/session/scheduler.h"

#include <algorithm>

#include "common/check.h"

namespace ca::driver {

namespace {

constexpr std::array<std::string_view, priority_count> names{"interactive", "normal", "bulk"};
constexpr std::array<std::uint64_t, priority_count> strides{1, 4, 16};  // the inverse of the weights

}  // namespace

std::string_view priority_name(Priority priority) noexcept { return names[static_cast<std::size_t>(priority)]; }

bool parse_priority(std::string_view text, Priority& priority) noexcept {
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (text == names[at]) {
      priority = static_cast<Priority>(at);
      return true;
    }
  }
  return false;
}

void Scheduler::push(Waiter& waiter, Instant now) noexcept {
  CA_CHECK(!waiter.waiting_);
  Line& line = lines_[index(waiter.priority)];
  if (line.size == 0) line.pass = std::max(line.pass, pass_);
  waiter.waiting_ = true;
  waiter.since_ = now;
  waiter.previous_ = line.last;
  waiter.next_ = nullptr;
  (line.last != nullptr ? line.last->next_ : line.first) = &waiter;
  line.last = &waiter;
  ++line.size;
  ++size_;
}

void Scheduler::remove(Waiter& waiter) noexcept {
  CA_CHECK(waiter.waiting_);
  Line& line = lines_[index(waiter.priority)];
  (waiter.previous_ != nullptr ? waiter.previous_->next_ : line.first) = waiter.next_;
  (waiter.next_ != nullptr ? waiter.next_->previous_ : line.last) = waiter.previous_;
  waiter.previous_ = waiter.next_ = nullptr;
  waiter.waiting_ = false;
  --line.size;
  --size_;
}

Waiter* Scheduler::pop(unsigned allowed) noexcept {
  Line* best = nullptr;
  std::size_t best_class = 0;
  for (std::size_t at = 0; at < lines_.size(); ++at) {
    if (lines_[at].size == 0 || (allowed & (1u << at)) == 0) continue;
    if (best != nullptr && best->pass <= lines_[at].pass) continue;
    best = &lines_[at];
    best_class = at;
  }
  if (best == nullptr) return nullptr;
  pass_ = std::max(pass_, best->pass);
  best->pass += strides[best_class];
  Waiter* waiter = best->first;
  remove(*waiter);
  return waiter;
}

Waiter* Scheduler::oldest() const noexcept {
  Waiter* oldest = nullptr;
  for (const Line& line : lines_) {
    if (line.first != nullptr && (oldest == nullptr || line.first->since_ < oldest->since_)) oldest = line.first;
  }
  return oldest;
}

}  // namespace ca::driver
