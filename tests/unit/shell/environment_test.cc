#include "supervisor/shell/child/environment.h"

#include <algorithm>

#include "tests/support/catch.h"

using namespace ca;
using namespace ca::shell;

namespace {

std::string value_of(const std::vector<std::string>& environment, const std::string& name) {
  std::string found = "(unset)";
  int times = 0;
  for (const std::string& entry : environment) {
    if (entry.compare(0, name.size() + 1, name + "=") == 0) {
      found = entry.substr(name.size() + 1);
      ++times;
    }
  }
  CHECK(times <= 1);
  return found;
}

}  // namespace

TEST_CASE("a child inherits what the supervisor has, its own settings on top") {
  Launch launch;
  launch.env = {{"B", "first"}, {"B", "second"}, {"C", "3"}};
  const auto environment = child_environment({"A=1", "B=2", "EMPTY=", "no equals sign", "=odd"}, launch, "w", "t", {});
  CHECK(value_of(environment, "A") == "1");
  CHECK(value_of(environment, "B") == "second");
  CHECK(value_of(environment, "C") == "3");
  CHECK(value_of(environment, "EMPTY").empty());
  CHECK(environment.size() == 6);
}

TEST_CASE("the supervisor's own protocol variables never reach a child") {
  const std::vector<std::string> names{"READY_FD",     "NOTIFY_SOCKET", "CONFIG_FD",  "WATCHDOG_USEC", "WATCHDOG_PID",
                                       "LISTEN_FDS",   "LISTEN_PID",    "LISTEN_FDNAMES"};
  std::vector<std::string> inherited{"CODE_ANALYSIS_PROCESS=other", "CODE_ANALYSIS_TREE=other"};
  Launch launch;
  for (const std::string& name : names) {
    inherited.push_back(name + "=7");
    launch.env.emplace_back(name, "8");
  }
  const auto environment = child_environment(inherited, launch, "worker", "tree", {});
  for (const std::string& name : names) CHECK(value_of(environment, name) == "(unset)");
  CHECK(value_of(environment, "CODE_ANALYSIS_PROCESS") == "worker");
  CHECK(value_of(environment, "CODE_ANALYSIS_TREE") == "tree");
}

TEST_CASE("PG variables of the supervisor are dropped where the launch says so, its own stay") {
  Launch launch;
  launch.env = {{"PGHOST", "/run/here"}};
  const std::vector<std::string> inherited{"PGHOSTADDR=10.0.0.1", "PGHOST=elsewhere", "PGPASSWORD=secret", "PAGER=less"};
  launch.drops_pg_variables = true;
  const auto worker = child_environment(inherited, launch, "w", "t", {});
  CHECK(value_of(worker, "PGHOSTADDR") == "(unset)");
  CHECK(value_of(worker, "PGPASSWORD") == "(unset)");
  CHECK(value_of(worker, "PGHOST") == "/run/here");
  CHECK(value_of(worker, "PAGER") == "less");
  launch.drops_pg_variables = false;
  CHECK(value_of(child_environment(inherited, launch, "d", "t", {}), "PGPASSWORD") == "secret");
}

TEST_CASE("the numbers of passed descriptors follow each other from 3") {
  Passed passed;
  passed.listeners = {"http", "http"};
  passed.ready_pipe = true;
  passed.config = true;
  passed.notify_socket = "@00001";
  const auto environment = child_environment({}, {}, "server", "t", passed);
  CHECK(value_of(environment, "LISTEN_FDS") == "2");
  CHECK(value_of(environment, "LISTEN_FDNAMES") == "http:http");
  CHECK(value_of(environment, "READY_FD") == "5");
  CHECK(value_of(environment, "CONFIG_FD") == "6");
  CHECK(value_of(environment, "NOTIFY_SOCKET") == "@00001");
  CHECK(std::find(environment.begin(), environment.end(), std::string(listen_pid_slot)) != environment.end());
  passed.listeners.clear();
  passed.ready_pipe = false;
  CHECK(value_of(child_environment({}, {}, "w", "t", passed), "CONFIG_FD") == "3");
}
