// Standard output and error of one child, through one pipe, line by line into the log. Memory is bounded by one line,
// and reading never stops, so that the child is never held up.
#pragma once

#include <string>
#include <string_view>

#include "common/unique_fd.h"
#include "supervisor/shell/records/log.h"

namespace ca::shell {

// Cuts bytes into lines. Lines longer than the limit come in pieces. Bytes can be skipped: then every line of which a part was
// skipped is left out as a whole and counted.
class LineSplitter {
 public:
  static constexpr std::size_t line_limit = 2048;

  template <class OnLine>
  void feed(std::string_view bytes, OnLine&& on_line) {
    if (is_skipping_) bytes.remove_prefix(skip_line(bytes));
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

  // REQUIRES: somebody takes the count with take_skipped().
  void skip(std::string_view bytes) {
    while (!bytes.empty()) {
      partial_.clear();
      is_skipping_ = true;
      bytes.remove_prefix(skip_line(bytes));
    }
  }
  // Lines that were left out since the last call.
  std::uint64_t take_skipped() { return std::exchange(skipped_, 0); }

  template <class OnLine>
  void end(OnLine&& on_line) {
    skipped_ += std::exchange(is_skipping_, false) ? 1 : 0;
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

  // Up to and with the end of the line that is being skipped.
  std::size_t skip_line(std::string_view bytes) {
    const std::size_t newline = bytes.find('\n');
    if (newline == std::string_view::npos) return bytes.size();
    is_skipping_ = false;
    ++skipped_;
    return newline + 1;
  }

  std::string partial_;
  bool is_skipping_ = false;
  std::uint64_t skipped_ = 0;
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
