// The event log: one JSON object a line, `seq` without a gap over restarts of the supervisor, rotated by size.
// A log that cannot be written holds nothing up: its lines are counted, and a `log_dropped` record tells how many once
// it can be written again. The last events stay in memory for `code-analysisctl events`.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "common/json.h"
#include "common/unique_fd.h"

namespace ca::shell {

using ca::Json;

class EventLog {
 public:
  struct Options {
    std::string path;               // empty: memory only
    std::int64_t max_size = 64 << 20;
    int keep = 8;                   // rotated files: path.1 is the newest
  };

  // Opens the file and goes on after its last whole line; half a line at its end, from a power cut, is cut off.
  explicit EventLog(Options options);

  // Adds `seq`, `mono_ns`, `time` and `event` in front of the fields and writes the line.
  void append(std::string_view event, const Json& fields);

  void reopen();  // after somebody moved the file away

  const std::deque<std::string>& recent() const { return recent_; }
  // Hears each event as it is appended; empty: nobody.
  void on_event(std::function<void(const std::string& line)> listener) { listener_ = std::move(listener); }

  static constexpr std::size_t recent_limit = 512;

 private:
  void open_file();
  void recover_sequence();
  bool write_line(const std::string& line);
  bool write_bytes(std::string& bytes);  // takes off what was written; false: not all
  void rotate();
  std::string make_line(std::string_view event, const Json& fields, const Json& seq) const;
  void remember(const std::string& line);

  Options options_;
  UniqueFd file_;
  bool is_regular_ = false;
  std::int64_t size_ = 0;
  std::string unfinished_;  // the rest of a line that was begun and cannot be taken back
  std::uint64_t next_seq_ = 1;
  std::uint64_t dropped_ = 0;
  std::deque<std::string> recent_;
  std::function<void(const std::string&)> listener_;
};

}  // namespace ca::shell
