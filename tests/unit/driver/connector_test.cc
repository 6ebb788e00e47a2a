#include "driver/server/connector.h"

#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include "tests/support/catch.h"

using namespace ca;
using namespace ca::driver;

namespace {

ConnectParameters parameters_of(const std::string& conninfo) {
  DriverConfig config;
  config.conninfo = conninfo;
  auto parameters = ConnectParameters::from(config);
  REQUIRE(parameters.has_value());
  return *parameters;
}

// "name/address/port" of each host, as they are tried.
std::string hosts_of(const std::string& conninfo) {
  const auto parameters = parameters_of(conninfo);
  std::string text;
  for (const auto& host : parameters.hosts()) {
    if (!text.empty()) text += ' ';
    text += host.name + '/' + host.address + '/' + host.port;
  }
  return text;
}

class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

// A resolver that hangs until it is destroyed. Counts its calls.
class HangingResolver {
 public:
  ~HangingResolver() { release(); }
  Result<Addresses> operator()() {
    std::unique_lock lock(mutex_);
    ++calls_;
    released_.wait(lock, [this] { return over_; });
    return Addresses{"127.0.0.1"};
  }
  void release() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    released_.notify_all();
  }
  int calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable released_;
  bool over_ = false;
  int calls_ = 0;
};

}  // namespace

TEST_CASE("hosts, addresses and ports are paired as libpq pairs them") {
  CHECK(hosts_of("host=a,b") == "a//5432 b//5432");
  CHECK(hosts_of("host=a,b port=1") == "a//1 b//1");
  CHECK(hosts_of("host=a,/s port=1,2 hostaddr=10.0.0.1,") == "a/10.0.0.1/1 /s//2");
  CHECK(hosts_of("hostaddr=10.0.0.1,10.0.0.2") == "/10.0.0.1/5432 /10.0.0.2/5432");
  CHECK(hosts_of("postgresql://a:1,b:2/d") == "a//1 b//2");
}

TEST_CASE("lists that do not fit together are left to libpq") {
  const std::string wrong = GENERATE("host=a,b port=1,2,3", "host=a,b hostaddr=10.0.0.1", "host=a,,b", "service=no_such_service");
  CHECK(hosts_of(wrong) == "//");
  CHECK(parameters_of("host=a,b port=1,2,3").for_host({}, {}, false).value("port") == "1,2,3");
}

TEST_CASE("hosts of a service file and of the environment are found") {
  const std::string path = "/tmp/ca-service-" + std::to_string(::getpid());
  std::ofstream(path) << "[mine]\nhost=x,y\nport=7\ntarget_session_attrs=prefer-standby\n";
  {
    const Variable file("PGSERVICEFILE", path);
    CHECK(hosts_of("service=mine") == "x//7 y//7");
    CHECK(hosts_of("service=mine host=z") == "z//7");
    CHECK(parameters_of("service=mine").prefers_standby());
  }
  const Variable host("PGHOST", "e,f");
  CHECK(hosts_of("user=u") == "e//5432 f//5432");
  ::unlink(path.c_str());
}

TEST_CASE("one attempt has one host; its name stays beside the address for certificates and password files") {
  const auto one = parameters_of("host=a,b port=1,2 target_session_attrs=prefer-standby");
  const auto first = one.for_host(one.hosts()[1], "10.0.0.9", true);
  CHECK(first.value("host") == "b");
  CHECK(first.value("hostaddr") == "10.0.0.9");
  CHECK(first.value("port") == "2");
  CHECK(first.value("target_session_attrs") == "standby");
  CHECK(one.for_host(one.hosts()[0], {}, false).value("target_session_attrs") == "any");
}

TEST_CASE("only names need a look-up") {
  CHECK(ServerHost{"db.example", {}, {}}.needs_look_up());
  for (const char* name : {"/run", "@abstract", "127.0.0.1", "::1", ""}) CHECK_FALSE(ServerHost{name, {}, {}}.needs_look_up());
  CHECK_FALSE(ServerHost{"db.example", "10.0.0.1", {}}.needs_look_up());
}

TEST_CASE("the next host is tried after what libpq passes over, and not after a refusal") {
  CHECK(may_try_next_host("connection to server at \"a\" failed: Connection refused\n"));
  CHECK(may_try_next_host("connection to server at \"a\" failed: session is read-only\n"));
  CHECK(may_try_next_host("connection to server at \"a\" failed: FATAL:  57P03: the database system is starting up\n"));
  CHECK_FALSE(may_try_next_host("connection to server at \"a\" failed: FATAL:  28P01: password authentication failed\n"));
  CHECK_FALSE(may_try_next_host("connection to server at \"a\" failed: SSL error: certificate verify failed\n"));
}

TEST_CASE("a look-up that hangs ends at the timeout, holds the loop up never, and is shared by all who want the name") {
  HangingResolver resolver;
  EventLoop loop;
  NameLookup names(loop, [&](const std::string&) { return resolver(); });
  const ConnectSettings settings{parameters_of("host=db.example"), std::chrono::milliseconds(50), &names};
  std::vector<std::unique_ptr<Connector>> connectors;
  std::vector<ConnectFailure> failures;
  for (int count = 0; count < 3; ++count) {
    connectors.push_back(std::make_unique<Connector>(
        loop, settings, [](PgConnection) { FAIL("there is no server"); },
        [&](ConnectFailure failure) {
          failures.push_back(std::move(failure));
          if (failures.size() == 3) loop.stop();
        }));
    connectors.back()->start();
  }
  Timer bound(loop, [&] { loop.stop(); });
  bound.start(std::chrono::seconds(10));
  loop.run();
  bound.stop();
  connectors.clear();
  resolver.release();
  loop.run();  // until the thread has left the resolver
  REQUIRE(failures.size() == 3);
  CHECK(failures[0].text.find("no answer within connect_timeout") != std::string::npos);
  CHECK_FALSE(failures[0].permanent);
  CHECK(resolver.calls() == 1);
}

TEST_CASE("a name that does not resolve is passed over, and waited for if it is the only one") {
  EventLoop loop;
  NameLookup names(loop, [](const std::string&) -> Result<Addresses> { return failure("unknown"); });
  const ConnectSettings settings{parameters_of("host=db.example"), std::chrono::milliseconds(5000), &names};
  std::optional<ConnectFailure> failed;
  Connector connector(loop, settings, [](PgConnection) {}, [&](ConnectFailure failure) {
    failed = std::move(failure);
    loop.stop();
  });
  connector.start();
  loop.run();
  REQUIRE(failed);
  CHECK(failed->text.find("could not translate host name \"db.example\"") != std::string::npos);
  CHECK_FALSE(failed->permanent);
}
