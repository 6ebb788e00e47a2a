#include "supervisor/shell/child/listeners.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "temp_folder.h"
#include "tests/support/catch.h"

using namespace ca;
using namespace ca::shell;

TEST_CASE("port 0 is replaced by the port that was really bound") {
  auto listener = bind_listener({"http", "127.0.0.1:0", false, 0});
  REQUIRE(listener.has_value());
  CHECK(listener->address.substr(0, 10) == "127.0.0.1:");
  CHECK(listener->address != "127.0.0.1:0");
  const auto taken = bind_listener({"http", listener->address, false, 0});
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().code == EADDRINUSE);
  CHECK(taken.error().message == "cannot listen on " + listener->address + ": Address already in use");
}

TEST_CASE("an address that is none is an error that names it") {
  for (const std::string address : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "example:80", "[::1"}) {
    const auto listener = bind_listener({"http", address, false, 0});
    REQUIRE_FALSE(listener.has_value());
    CHECK(listener.error().message.find(address) != std::string::npos);
  }
}

TEST_CASE("a Unix socket has its mode; a dead owner's is replaced, a living one's is not") {
  const TempFolder folder;
  const std::string path = folder / "socket";
  auto first = bind_unix(path, 0640);
  REQUIRE(first.has_value());
  struct stat info{};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0640);
  const auto second = bind_unix(path, 0777);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message.find(path) != std::string::npos);
  first->reset();
  CHECK(bind_unix(path, 0777).has_value());
}

TEST_CASE("a Unix socket whose file was removed, or replaced by another, has lost it") {
  const TempFolder folder;
  const std::string path = folder / "socket";
  const auto listener = bind_listener({"postgresql", path, true, 0777});
  REQUIRE(listener.has_value());
  CHECK_FALSE(has_lost_its_file(*listener));
  std::filesystem::rename(path, folder / "elsewhere");
  CHECK(has_lost_its_file(*listener));
  std::ofstream(path) << "a file";
  CHECK(has_lost_its_file(*listener));
  CHECK_FALSE(has_lost_its_file(*bind_listener({"http", "127.0.0.1:0", false, 0})));
}

TEST_CASE("a file in the way is not removed") {
  const TempFolder folder;
  std::ofstream(folder / "file") << "precious";
  CHECK_FALSE(bind_unix(folder / "file", 0777).has_value());
  CHECK(std::filesystem::file_size(folder / "file") == 8);
}

TEST_CASE("a path that is too long for a socket is an error") {
  const TempFolder folder;
  CHECK(bind_unix(folder / std::string(120, 'x'), 0777).error().code == ENAMETOOLONG);
}
