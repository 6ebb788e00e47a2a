#include "common/posix.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "tests/support/catch.h"

using namespace ca;

TEST_CASE("signal names and numbers are each other's inverse") {
  CHECK(signal_name(SIGKILL) == "SIGKILL");
  CHECK(signal_number("TERM") == SIGTERM);
  CHECK(signal_number("SIGTERM") == SIGTERM);
  CHECK(signal_number("10") == 10);
  CHECK(signal_number("NOPE") == 0);
  CHECK(signal_number("0") == 0);
  CHECK(signal_number("") == 0);
}

TEST_CASE("a sealed memory file reads back and refuses a write") {
  auto fd = sealed_memory_file("test", "secret");
  REQUIRE(fd.has_value());
  CHECK(read_to_end(fd->get(), 100).value() == "secret");
  CHECK(::write(fd->get(), "x", 1) == -1);
  CHECK(::fcntl(fd->get(), F_GETFD) == FD_CLOEXEC);
}

TEST_CASE("a file larger than the limit is refused by its size") {
  auto fd = sealed_memory_file("test", "0123456789");
  REQUIRE(fd.has_value());
  CHECK(read_to_end(fd->get(), 9).error().code == EFBIG);
}

TEST_CASE("a missing file is an error that names it") {
  const auto bytes = read_file("/nonexistent/file", 10);
  REQUIRE_FALSE(bytes.has_value());
  CHECK(bytes.error().code == ENOENT);
  CHECK(bytes.error().message.find("/nonexistent/file") != std::string::npos);
}
