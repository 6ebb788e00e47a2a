// How far code_mapper is, for whoever watches a terminal.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>

#include "common/clock.h"

namespace ca::code_mapper {

// "[#####.....] 120 of 443 files, 85 files/s"; fits in 80 columns. Pure.
std::string progress_line(std::size_t done, std::size_t total, double seconds);

// One line on stderr, written over and over, ten times a second at most, and taken away at the end. Silent where stderr is no
// terminal. With `names`, a line a file instead, on a terminal or not. Any number of threads may call note().
class Progress {
 public:
  Progress(std::size_t total, bool names);
  ~Progress();
  void note(const std::string& path);

  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  const std::size_t total_;
  const bool names_, on_terminal_;
  const Instant start_;
  std::mutex mutex_;
  std::size_t done_ = 0;
  Instant last_;
  bool is_shown_ = false;
};

}  // namespace ca::code_mapper
