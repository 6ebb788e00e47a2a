// Standard output and error of one child, through one pipe, line by line into the log. Memory is bounded by one line,
// and reading never stops, so that the child is never held up.
#pragma once

#include <string>
#include <string_view>

#include "common/unique_fd.h"
#include "supervisor/shell/log.h"

namespace ca::shell {

// Cuts bytes into lines. Lines longer than the limit come in pieces.
class LineSplitter {
 public:
  static constexpr std::size_t line_limit = 2048;

  template <class OnLine>
  void feed(std::string_view bytes, OnLine&& on_line) {
    while (!bytes.empty()) {
      const std::size_t newline = bytes.find('\n');
      const std::size_t room = line_limit - partial_.size();
      if (newline != std::string_view::npos && newline <= room) {
        emit(bytes.substr(0, newline), on_line);
        bytes.remove_prefix(newline + 1);
      } else if (bytes.size() >= room) {
        emit(bytes.substr(0, room), on_line);
        bytes.remove_prefix(room);
      } else {
        partial_.append(bytes);
        return;
      }
    }
  }

  template <class OnLine>
  void end(OnLine&& on_line) {
    if (!partial_.empty()) emit({}, on_line);
    partial_.shrink_to_fit();
  }

 private:
  template <class OnLine>
  void emit(std::string_view rest, OnLine&& on_line) {
    if (partial_.empty()) return on_line(rest);
    partial_.append(rest);
    on_line(std::string_view(partial_));
    partial_.clear();
  }

  std::string partial_;
};

class LogPump {
 public:
  // Owns: pipe, the read end, which becomes non-blocking. Errors: as FdWatch::make.
  static Result<std::unique_ptr<LogPump>> make(Loop& loop, UniqueFd pipe, std::string process, Log& log);

  void drain();  // all that is in the pipe now, at most what a pipe holds
  void close();  // drains, writes a last partial line and closes; a second call changes nothing

 private:
  enum class Read { some, nothing, end };
  LogPump(UniqueFd pipe, std::string process, Log& log) : process_(std::move(process)), log_(log), pipe_(std::move(pipe)) {}
  Read read_once();

  std::string process_;
  Log& log_;
  UniqueFd pipe_;
  std::unique_ptr<FdWatch> watch_;
  LineSplitter lines_;
};

}  // namespace ca::shell
