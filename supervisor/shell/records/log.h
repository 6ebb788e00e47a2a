// The supervisor's own log on standard error: lines of the supervisor and captured lines of the children.
// It never blocks and never changes flags of the inherited descriptor: what cannot be written at once waits in a bounded
// queue; a source that fills its share of the queue loses its own further lines, nobody else's.
// A line reaches the log whole or is counted as lost: once its first byte was written, its rest comes before anything else.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/unique_fd.h"
#include "supervisor/plan.h"
#include "supervisor/shell/io/loop.h"

namespace ca::shell {

enum class Level { debug = 0, info = 1, warning = 2, error = 3 };

class Log {
 public:
  // Writes to `fd`, which stays the caller's and open. `on_dropped` hears how many lines were lost, once there is room.
  Log(Loop& loop, int fd, const LogPlan& plan, std::function<void(std::uint64_t)> on_dropped);

  // One line; lines below the configured level are left out. `process` is empty for the supervisor's own lines.
  void write(Level level, std::string_view process, std::string_view text);
  void info(std::string_view text) { write(Level::info, {}, text); }
  void warning(std::string_view text) { write(Level::warning, {}, text); }
  void error(std::string_view text) { write(Level::error, {}, text); }

  // A captured line of a child. It may begin with its level as in sd-daemon(3), "<3>" to "<7>", which is taken off; else: info.
  void captured(std::string_view process, std::string_view line);
  // Whether a further line of `process` would be dropped at once.
  bool is_full(std::string_view process) const;
  void count_dropped(std::uint64_t lines) { dropped_ += lines; }

  void flush();        // what can be written now
  void use(int fd);    // write there from now on (after detaching from the terminal)

  static constexpr std::size_t share_limit = 64 << 10;   // bytes waiting, a source
  static constexpr std::size_t queue_limit = 4 << 20;    // bytes waiting, all

 private:
  struct Line {
    std::string source;
    std::string text;
  };
  enum class Wrote { all, blocked, failed };  // of a line: all, also if its rest is in unfinished_; else not a byte of it

  Wrote write_line(std::string_view line);
  Wrote write_some(std::string_view& bytes) const;  // takes off what was written
  void enqueue(std::string_view process, std::string line);
  void watch_for_room();
  std::string format(Level level, std::string_view process, std::string_view text) const;

  Loop& loop_;
  LogPlan plan_;
  std::function<void(std::uint64_t)> on_dropped_;
  int fd_ = -1;
  UniqueFd reopened_;       // a pipe or terminal opened anew, non-blocking without touching the inherited one
  bool is_socket_ = false;
  bool can_block_ = false;  // neither a file nor reopened: asked by poll before each write
  std::unique_ptr<FdWatch> room_watch_;
  std::string unfinished_;  // the rest of the line that was begun
  std::deque<Line> queue_;
  std::unordered_map<std::string, std::size_t> waiting_;  // bytes by source
  std::size_t waiting_total_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace ca::shell
