// Work in a process of its own, as the cluster's account: a helper program (initdb, postgres --single) or a function.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/account.h"
#include "postgres/refusal.h"

namespace ca::postgres {

struct Finished {
  int status = 0;      // as waitpid(2) gives it
  std::string output;  // stdout and stderr together, the last 64 KiB at most

  bool succeeded() const { return status == 0; }
  std::string last_lines(std::size_t bytes = 2000) const;  // the end of the output, line breaks as " | "
};

// Runs argv as `account` with `input` as its standard input. It dies with this process. Blocks until it has ended.
// Errors: it could not be started.
Outcome<Finished> run(const Account& account, const std::vector<std::string>& argv, std::string_view input = {});

// Runs `work` as `account` in a child of this process and hands its outcome back. Blocks until it has ended.
Outcome<void> do_as(const Account& account, const std::function<Outcome<void>()>& work);

}  // namespace ca::postgres
