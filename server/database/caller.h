// The client that this thread works for at the moment, so that work is not continued after the client has gone.
#pragma once

namespace ca::server {

// While it exists, `fd` is the connection of this thread's client; -1: the work is done for nobody in particular.
class CallerScope {
 public:
  explicit CallerScope(int fd) noexcept : before_(current_) { current_ = fd; }
  ~CallerScope() { current_ = before_; }
  CallerScope(const CallerScope&) = delete;
  CallerScope& operator=(const CallerScope&) = delete;

  // The descriptor, or -1.
  static int current() noexcept { return current_; }

 private:
  static inline thread_local int current_ = -1;
  int before_;
};

}  // namespace ca::server
