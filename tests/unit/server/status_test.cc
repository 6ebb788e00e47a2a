#include "server/tree/supervisor_status.h"

#include "server/api/metrics.h"
#include "tests/support/catch.h"
#include "tests/support/fake_control_socket.h"

using namespace ca;
using namespace ca::server;
using ca::test::FakeControlSocket;
using ca::test::FakeReply;

namespace {

Json status_with(const char* supervisor_state, const char* process_state, bool degraded = false) {
  Json status{{"supervisor", {{"state", supervisor_state}, {"version", "1"}, {"uptime_ms", 1500}}}};
  status["supervisor"]["degraded"] = degraded ? Json{"indexer.0"} : Json::array();
  status["processes"] = Json::array();
  status["processes"].push_back({{"name", "driver"}, {"tier", 1}, {"state", "ready"}, {"restarts", 2}, {"cpu_ms", 250}});
  status["processes"].push_back({{"name", "indexer.0"}, {"tier", 2}, {"state", process_state}});
  return status;
}

bool contains(const std::string& text, const std::string& line) { return text.find(line + "\n") != std::string::npos; }

}  // namespace

TEST_CASE("the tree is ready when the supervisor runs and every process is ready or has done its work") {
  CHECK(readiness_of(status_with("running", "ready")).ready);
  CHECK(readiness_of(status_with("reloading", "ready")).ready);
  CHECK(readiness_of(status_with("running", "stopped")).ready);
  CHECK_FALSE(readiness_of(status_with("starting", "ready")).ready);
  CHECK_FALSE(readiness_of(status_with("stopping", "ready")).ready);
  for (const auto* state : {"waiting", "starting", "stopping", "backoff", "failed"}) {
    CAPTURE(state);
    CHECK_FALSE(readiness_of(status_with("running", state)).ready);
  }
  CHECK_FALSE(readiness_of(Json::object()).ready);
}

TEST_CASE("a process that was stopped by hand is degraded, hence not ready, and named") {
  const auto readiness = readiness_of(status_with("running", "stopped", true));
  CHECK_FALSE(readiness.ready);
  CHECK(readiness.body["degraded"].dump() == R"(["indexer.0"])");
  CHECK(readiness.body["not_ready"].dump() == R"([{"name":"indexer.0","state":"stopped"}])");
}

TEST_CASE("the supervisor is asked once for many that ask within 100 ms") {
  FakeControlSocket socket([](const Json&) { return FakeReply{{R"({"ok":true,"status":{"supervisor":{}}})"}}; });
  SupervisorStatus status(socket.path());
  for (int i = 0; i < 5; ++i) CHECK(status.get().has_value());
  CHECK(socket.requests().size() <= 2);
  CHECK(socket.requests().at(0).dump() == R"({"command":"status"})");
}

TEST_CASE("a supervisor that is away, refuses or answers nonsense is an error") {
  CHECK_FALSE(SupervisorStatus("/nonexistent/control.sock").get());
  FakeControlSocket refusing([](const Json&) { return FakeReply{{R"({"ok":false,"error":"not you"})"}}; });
  CHECK(SupervisorStatus(refusing.path()).get().error().message == "the supervisor refused: not you");
  FakeControlSocket garbage([](const Json&) { return FakeReply{{"[]"}}; });
  CHECK_FALSE(SupervisorStatus(garbage.path()).get());
}

TEST_CASE("metrics of the tree name each process with its tier") {
  MetricsText text;
  write_tree_metrics(text, status_with("running", "backoff"));
  const auto lines = text.take();
  CHECK(contains(lines, "code_analysis_supervisor_up 1"));
  CHECK(contains(lines, "code_analysis_supervisor_uptime_seconds 1.5"));
  CHECK(contains(lines, R"(code_analysis_process_ready{process="driver",tier="1"} 1)"));
  CHECK(contains(lines, R"(code_analysis_process_ready{process="indexer.0",tier="2"} 0)"));
  CHECK(contains(lines, R"(code_analysis_process_state{process="indexer.0",tier="2",state="backoff"} 1)"));
  CHECK(contains(lines, R"(code_analysis_process_restarts_total{process="driver",tier="1"} 2)"));
  CHECK(contains(lines, R"(code_analysis_process_cpu_seconds_total{process="driver",tier="1"} 0.25)"));
}

TEST_CASE("metrics without a supervisor say so and nothing else about it") {
  MetricsText text;
  write_tree_metrics(text, failure("away"));
  CHECK(text.take().find("code_analysis_process") == std::string::npos);
}

TEST_CASE("a label's value is escaped") {
  MetricsText text;
  text.metric("m", "gauge", "h");
  text.sample({{"a", "q\"b\\n\nx"}}, 1);
  CHECK(text.take() == "# HELP m h\n# TYPE m gauge\nm{a=\"q\\\"b\\\\n\\nx\"} 1\n");
}

TEST_CASE("a request is counted once, and in every bucket that is not below its time") {
  RequestMetrics metrics;
  metrics.record("/healthz", "GET", 200, std::chrono::milliseconds(3));
  metrics.record("/healthz", "GET", 200, std::chrono::seconds(10));
  MetricsText text;
  metrics.write(text);
  const auto lines = text.take();
  CHECK(contains(lines, R"(code_analysis_http_requests_total{path="/healthz",method="GET",status="200"} 2)"));
  CHECK(contains(lines, R"(code_analysis_http_request_duration_seconds_bucket{path="/healthz",le="0.0025"} 0)"));
  CHECK(contains(lines, R"(code_analysis_http_request_duration_seconds_bucket{path="/healthz",le="0.005"} 1)"));
  CHECK(contains(lines, R"(code_analysis_http_request_duration_seconds_bucket{path="/healthz",le="5"} 1)"));
  CHECK(contains(lines, R"(code_analysis_http_request_duration_seconds_bucket{path="/healthz",le="+Inf"} 2)"));
  CHECK(contains(lines, R"(code_analysis_http_request_duration_seconds_count{path="/healthz"} 2)"));
}

TEST_CASE("the driver's console becomes one metric a numeric column, text columns are labels") {
  const auto rows = Json::parse(R"([{"database":"code_analysis","total_query_count":"12","avg_wait":0.5}])");
  MetricsText text;
  write_driver_metrics(text, &rows);
  const auto lines = text.take();
  CHECK(contains(lines, "code_analysis_driver_up 1"));
  CHECK(contains(lines, R"(code_analysis_driver_total_query_count{database="code_analysis"} 12)"));
  CHECK(contains(lines, R"(code_analysis_driver_avg_wait{database="code_analysis"} 0.5)"));
}

TEST_CASE("a console of names and values becomes one metric a name") {
  const auto rows = Json::parse(R"([{"name":"clients","value":"3"},{"name":"leases given","value":7},{"name":"x","value":"y"}])");
  MetricsText text;
  write_driver_metrics(text, &rows);
  const auto lines = text.take();
  CHECK(contains(lines, "code_analysis_driver_clients 3"));
  CHECK(contains(lines, "code_analysis_driver_leases_given 7"));
  CHECK(lines.find("code_analysis_driver_x") == std::string::npos);
}
