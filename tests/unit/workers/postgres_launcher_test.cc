#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "postgres/installation.h"
#include "postgres/leftovers.h"
#include "postgres/settings.h"
#include "tests/support/catch.h"
#include "tests/support/few_descriptors.h"

using namespace ca::postgres;

TEST_CASE("the major version is read from what postgres --version prints") {
  CHECK(major_of_version_text("postgres (PostgreSQL) 15.6 (Debian 15.6-0+deb12u1)\n") == 15);
  CHECK(major_of_version_text("postgres (PostgreSQL) 17beta1\n") == 17);
  CHECK(major_of_version_text("bash: postgres: not found\n") == 0);
  CHECK(major_of_version_text("") == 0);
}

TEST_CASE("a new cluster takes the newest programs, an old one those of its own version") {
  const std::vector<Installation> found = {{16, "/b16"}, {15, "/b15"}};
  CHECK(choose(found, 0)->bin_dir == "/b16");
  CHECK(choose(found, 15)->bin_dir == "/b15");
  CHECK_FALSE(choose(found, 14));
  CHECK_FALSE(choose({}, 0));
}

TEST_CASE("a lock file's first line is a process id, or it names none") {
  CHECK(pid_of_lock_text("4711\n/data\n") == 4711);
  CHECK(pid_of_lock_text("") == 0);
  CHECK(pid_of_lock_text("-3\n") == 0);
  CHECK(pid_of_lock_text("self") == 0);
}

TEST_CASE("a lock file that cannot be read is not taken for a stale one") {
  char name[] = "/tmp/ca-unit.XXXXXX";
  const std::string folder = ::mkdtemp(name);
  const std::string lock = folder + "/postmaster.pid";
  std::ofstream(lock) << ::getppid() << "\n";
  {
    const ca::tests::FewDescriptors few(0);
    CHECK_FALSE(processes_in(folder));
    CHECK_FALSE(clear_leftovers(folder, folder, 5432, 1));
  }
  CHECK(std::filesystem::exists(lock));
  CHECK(processes_in(folder).value().empty());
  CHECK(clear_leftovers(folder, folder, 5432, 1));  // it names a process that is no postmaster
  CHECK_FALSE(std::filesystem::exists(lock));
  std::filesystem::remove_all(folder);
}

TEST_CASE("account names and folders with quotes stay one word") {
  CHECK(quoted_word("o\"neil") == "\"o\"\"neil\"");
  CHECK(quoted_value("it's") == "'it''s'");
  CHECK(list_element("/run/a,b c") == "\"/run/a,b c\"");
}

TEST_CASE("the map lets the driver's and the cluster's account be the role, and only the latter the superuser") {
  const auto text = ident_text("root", "postgres");
  CHECK(text.find("code_analysis \"root\" code_analysis\n") != std::string::npos);
  CHECK(text.find("code_analysis \"postgres\" code_analysis\n") != std::string::npos);
  CHECK(text.find("code_analysis \"postgres\" postgres\n") != std::string::npos);
  CHECK(text.find("\"root\" postgres") == std::string::npos);
}

TEST_CASE("one account for driver and cluster stands in the map once") {
  const auto text = ident_text("me", "me");
  const auto first = text.find("code_analysis \"me\" code_analysis\n");
  REQUIRE(first != std::string::npos);
  CHECK(text.find("code_analysis \"me\" code_analysis\n", first + 1) == std::string::npos);
}

TEST_CASE("the socket is open to all only where a third account must reach it") {
  ca::EmbeddedConfig config;
  config.driver_os_user = "root";
  CHECK(settings_text(config, "postgres").find("unix_socket_permissions = 0700") != std::string::npos);
  config.driver_os_user = "postgres";
  CHECK(settings_text(config, "postgres").find("unix_socket_permissions = 0700") != std::string::npos);
  config.driver_os_user = "driver";
  CHECK(settings_text(config, "postgres").find("unix_socket_permissions = 0777") != std::string::npos);
}
