#include "driver/client/startup_options.h"

#include "driver/server/connect_failure.h"
#include "tests/support/catch.h"

using namespace ca;
using namespace ca::driver;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string server_value(std::string_view name) {
  if (name == "client_encoding") return "UTF8";
  if (name == "datestyle") return "ISO, MDY";
  if (name == "timezone") return "Etc/UTC";
  return {};
}

Result<StartupOptions> read(Pairs parameters) {
  wire::StartupMessage message;
  message.version = wire::protocol_3_0;
  message.parameters = std::move(parameters);
  return read_startup_options(message, server_value);
}

}  // namespace

TEST_CASE("user, database, name and priority are taken and need no setting") {
  const auto options = read({{"user", "u"}, {"application_name", "app"}, {"options", "-c code_analysis.priority=bulk"}});
  REQUIRE(options.has_value());
  CHECK(options->user == "u");
  CHECK(options->database == "u");
  CHECK(options->application_name == "app");
  CHECK(options->priority == Priority::bulk);
  CHECK(options->settings.empty());
  CHECK_FALSE(options->replication);
}

TEST_CASE("settings that server connections have already are dropped, others stay in order") {
  const auto options = read({{"user", "u"}, {"client_encoding", "utf-8"}, {"DateStyle", "ISO"}, {"TimeZone", "Etc/UTC"},
                             {"extra_float_digits", "2"}, {"options", "-c search_path=a,\\ b --work-mem=7MB -cgeqo=off"},
                             {"lock_timeout", "5"}});
  REQUIRE(options.has_value());
  CHECK(options->settings == Pairs{{"search_path", "a, b"}, {"work_mem", "7MB"}, {"geqo", "off"}, {"lock_timeout", "5"}});
  CHECK(read({{"user", "u"}, {"client_encoding", "LATIN1"}})->settings.size() == 1);
  CHECK(read({{"user", "u"}, {"TimeZone", "Europe/Berlin"}})->settings.size() == 1);
}

TEST_CASE("options that cannot be served are errors with the option's text") {
  CHECK_FALSE(read({}).has_value());
  CHECK(read({{"user", "u"}, {"options", "-S 64"}}).error().message.find("-S") != std::string::npos);
  CHECK_FALSE(read({{"user", "u"}, {"options", "-c"}}).has_value());
  CHECK_FALSE(read({{"user", "u"}, {"options", "-c novalue"}}).has_value());
  CHECK_FALSE(read({{"user", "u"}, {"options", "-c code_analysis.priority=urgent"}}).has_value());
  CHECK_FALSE(read({{"user", "u"}, {"a'; drop table x; --", "1"}}).has_value());
}

TEST_CASE("replication is asked for by any value but false") {
  CHECK(read({{"user", "u"}, {"replication", "database"}})->replication);
  CHECK(read({{"user", "u"}, {"replication", "true"}})->replication);
  CHECK_FALSE(read({{"user", "u"}, {"replication", "false"}})->replication);
}

TEST_CASE("settings become one statement whose texts are quoted") {
  CHECK(settings_sql({{"a", "it's"}, {"b", "x, y"}}) ==
        "SELECT pg_catalog.set_config('a', 'it''s', false), pg_catalog.set_config('b', 'x, y', false)");
}

TEST_CASE("what libpq says is judged by its SQLSTATEs") {
  const std::string prefix = "connection to server on socket \"/s\" failed: ";
  struct Row {
    std::string message;
    bool permanent;
  };
  const Row row = GENERATE_COPY(
      Row{prefix + "FATAL:  28P01: password authentication failed for user \"u\"\nLOCATION:  auth_failed, auth.c:1\n", true},
      Row{prefix + "FATAL:  3D000: database \"x\" does not exist\n", true},
      Row{prefix + "fe_sendauth: no password supplied\n", true},
      Row{prefix + "FATAL:  57P03: the database system is starting up\n", false},
      Row{prefix + "FATAL:  53300: sorry, too many clients already\n", false},
      Row{prefix + "No such file or directory\n\tIs the server running locally?\n", false},
      Row{prefix + "Connection refused\n" + prefix + "FATAL:  28P01: password authentication failed\n", false},
      Row{"server closed the connection unexpectedly\n", false}, Row{"", false});
  INFO(row.message);
  CHECK(judge_connect_failure(row.message, true).permanent == row.permanent);
  CHECK(judge_connect_failure(row.message, true).text.find("LOCATION") == std::string::npos);
  CHECK_FALSE(judge_connect_failure(row.message, true).text.empty());
}

TEST_CASE("options that libpq does not understand are beyond waiting") {
  CHECK(judge_connect_failure("invalid sslmode value: \"x\"\n", false).permanent);
}

TEST_CASE("a connection string that cannot be parsed is refused without being quoted") {
  DriverConfig config;
  config.conninfo = "password='SECRET";
  const auto parameters = ConnectParameters::from(config);
  REQUIRE_FALSE(parameters.has_value());
  CHECK(parameters.error().message.find("SECRET") == std::string::npos);
}

TEST_CASE("the driver's own parameters join those of the connection string") {
  DriverConfig config;
  config.conninfo = "host=a,b options='-c x=1' target_session_attrs=read-write";
  config.statement_timeout_ms = 250;
  const auto parameters = ConnectParameters::from(config);
  REQUIRE(parameters.has_value());
  CHECK(parameters->value("options") == "-c x=1 -c statement_timeout=250");
  CHECK(parameters->value("gssencmode") == "disable");
  CHECK(parameters->value("host") == "a,b");
  CHECK(parameters->value("target_session_attrs") == "read-write");
  CHECK(parameters->keywords().back() == nullptr);
}

TEST_CASE("keepalive finds a forgotten connection within server_wait_timeout, unless the connection string says otherwise") {
  DriverConfig config;
  config.server_wait_timeout_ms = 80'000;
  const auto own = ConnectParameters::from(config);
  CHECK(own->value("keepalives_idle") == "40");
  CHECK(own->value("keepalives_interval") == "10");
  CHECK(own->value("keepalives_count") == "3");
  config.conninfo = "keepalives_idle=7";
  CHECK(ConnectParameters::from(config)->value("keepalives_idle") == "7");
}
