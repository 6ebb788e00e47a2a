// Who gets the next free server connection.
//
// Waiters stand in one line a class; within a class the first come is the first served. Between classes the turns are
// shared out by weight (16 : 4 : 1), so that bulk work is slow beside interactive work and still never starves. A class
// that had nobody waiting saves nothing up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/clock.h"

namespace ca::driver {

enum class Priority : std::uint8_t { interactive, normal, bulk };
inline constexpr std::size_t priority_count = 3;

// The bit of a class in a set of classes, as Scheduler::pop takes it.
constexpr unsigned class_bit(Priority priority) noexcept { return 1u << static_cast<unsigned>(priority); }

std::string_view priority_name(Priority priority) noexcept;
// `interactive`, `normal` or `bulk` into `priority`; false for any other text.
bool parse_priority(std::string_view text, Priority& priority) noexcept;

// A place in a line; base of what waits. Owned by the one who waits, who leaves the line before it dies.
class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  bool waiting() const noexcept { return waiting_; }
  Instant waiting_since() const noexcept { return since_; }
  Priority priority = Priority::normal;  // REQUIRES: not changed while waiting

 protected:
  ~Waiter() = default;

 private:
  friend class Scheduler;
  Waiter* previous_ = nullptr;
  Waiter* next_ = nullptr;
  Instant since_{};
  bool waiting_ = false;
};

class Scheduler {
 public:
  void push(Waiter& waiter, Instant now) noexcept;  // REQUIRES: not waiting
  void remove(Waiter& waiter) noexcept;             // REQUIRES: waiting in this scheduler

  // Takes the next one out of its line; nullptr where nobody of the classes in `allowed` waits (bit n: class n).
  Waiter* pop(unsigned allowed = all_classes) noexcept;

  std::size_t size() const noexcept { return size_; }
  std::size_t size(Priority priority) const noexcept { return lines_[index(priority)].size; }
  // The one who has waited longest in all; nullptr where nobody waits.
  Waiter* oldest() const noexcept;

  static constexpr unsigned all_classes = 7;

 private:
  struct Line {
    Waiter* first = nullptr;
    Waiter* last = nullptr;
    std::size_t size = 0;
    std::uint64_t pass = 0;  // grows by the class's stride with each turn; the smallest is next
  };
  static std::size_t index(Priority priority) noexcept { return static_cast<std::size_t>(priority); }

  std::array<Line, priority_count> lines_{};
  std::size_t size_ = 0;
  std::uint64_t pass_ = 0;  // of the last turn given
};

}  // namespace ca::driver
