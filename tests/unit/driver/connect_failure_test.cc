#include "driver/server/connect_failure.h"

#include "tests/support/catch.h"

using namespace ca;
using namespace ca::driver;

namespace {

constexpr const char* at_host = "connection to server at \"127.0.0.1\", port 5432 failed: ";

bool permanent(const std::string& message) { return judge_connect_failure(message, true).permanent; }

}  // namespace

TEST_CASE("what a later attempt may find mended is waited for") {
  CHECK_FALSE(permanent(std::string(at_host) + "Connection refused\n\tIs the server running on that host?\n"));
  CHECK_FALSE(permanent(std::string(at_host) + "FATAL:  57P03: the database system is starting up\n"));
  CHECK_FALSE(permanent(std::string(at_host) + "FATAL:  53300: sorry, too many clients already\n"));
  CHECK_FALSE(permanent(std::string(at_host) + "session is read-only\n"));
  CHECK_FALSE(permanent(std::string(at_host) + "SSL SYSCALL error: EOF detected\n"));
}

TEST_CASE("what every attempt would meet again is permanent") {
  CHECK(permanent(std::string(at_host) + "FATAL:  28P01: password authentication failed for user \"u\"\n"));
  CHECK(permanent(std::string(at_host) + "FATAL:  3D000: database \"d\" does not exist\n"));
  CHECK(permanent(std::string(at_host) + "fe_sendauth: no password supplied\n"));
  CHECK(permanent(std::string(at_host) + "SSL error: certificate verify failed\n"));
  CHECK(permanent(std::string(at_host) + "server certificate for \"a\" does not match host name \"b\"\n"));
  CHECK(permanent(std::string(at_host) + "root certificate file \"/x\" does not exist\nEither provide the file.\n"));
  CHECK(permanent(std::string(at_host) + "server does not support SSL, but SSL was required\n"));
  CHECK(permanent(std::string(at_host) + "channel binding required, but SSL not in use\n"));
}

TEST_CASE("one host that may come back is enough to wait for") {
  const std::string gone = std::string(at_host) + "Connection refused\n";
  const std::string refused = std::string(at_host) + "FATAL:  28P01: password authentication failed for user \"u\"\n";
  CHECK_FALSE(permanent(gone + refused));
  CHECK_FALSE(permanent(refused + gone));
  CHECK(permanent(refused + refused));
}

TEST_CASE("the reason keeps the SQLSTATE and loses the location") {
  const auto failure = judge_connect_failure(
      std::string(at_host) + "FATAL:  53300: sorry, too many clients already\nLOCATION:  InitPostgres, a.c:1\n", true);
  CHECK(failure.text.find("too many clients already (SQLSTATE 53300)") != std::string::npos);
  CHECK(failure.text.find("LOCATION") == std::string::npos);
}
