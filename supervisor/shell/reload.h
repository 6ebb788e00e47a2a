// SIGHUP: the configuration is read again in a process of its own, and compared with the one that runs.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/config_process.h"
#include "supervisor/plan.h"
#include "supervisor/shell/io/loop.h"

namespace ca::shell {

class Reload {
 public:
  struct Result {
    bool applied = false;
    std::vector<std::string> errors;  // one a line, where it was not applied
  };

  // `plan` stays the caller's.
  Reload(Loop& loop, const Plan& plan, std::vector<std::string> environment, std::function<void(Result)> on_done);

  bool is_running() const { return process_.has_value() || failure_; }
  bool is_reader(pid_t pid) const { return process_ && process_->pid == pid; }

  void start();                  // REQUIRES: none runs; on_done is called later
  void reader_exited(pid_t pid); // it was reaped

 private:
  void read_all();
  void finish();
  void time_is_over();
  Result judge() const;

  Loop& loop_;
  const Plan& plan_;
  std::vector<std::string> environment_;
  std::function<void(Result)> on_done_;
  std::optional<ConfigProcess> process_;
  std::optional<std::string> failure_;  // the reader could not be started
  bool reaped_ = false, at_end_ = false;
  std::string bytes_;
  std::unique_ptr<FdWatch> watch_;
  Timer bound_;
};

}  // namespace ca::shell
