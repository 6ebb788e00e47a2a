#include "cli/code-analysisctl/status_table.h"

#include "tests/support/catch.h"

using namespace ca;
using namespace ca::ctl;

namespace {

constexpr std::int64_t noon_ms = 1'714'564'800'000;  // 2024-05-01T12:00:00Z

Json sample_status() {
  return Json::parse(R"({
    "supervisor": {"pid": 4711, "version": "0.1.0", "state": "running", "uptime_ms": 200000, "config": "/etc/a.yaml",
                   "degraded": ["indexer.1"]},
    "processes": [
      {"name": "driver", "tier": 1, "state": "ready", "pid": 4720, "ready": true, "uptime_ms": 199000, "restarts": 0,
       "last_exit": null, "rss_bytes": 12582912, "cpu_ms": 20, "listen": ["/run/x/.s.PGSQL.5432"], "status_text": null},
      {"name": "indexer.1", "tier": 2, "state": "failed", "pid": null, "ready": false, "uptime_ms": 0, "restarts": 12,
       "last_exit": {"signal": "SIGKILL", "at": "2024-05-01T11:58:00.500Z"}, "rss_bytes": 0, "cpu_ms": 0, "listen": [],
       "status_text": "waiting\u001b[2J"}
    ]})");
}

}  // namespace

TEST_CASE("a status is an aligned table with a heading and what is degraded") {
  CHECK(status_table(sample_status(), {false, noon_ms}) ==
        "code-analysisd 0.1.0: running, pid 4711, up 3m 20s\n"
        "configuration: /etc/a.yaml\n"
        "degraded: indexer.1\n"
        "\n"
        "TIER  PROCESS    STATE    PID  UPTIME  RESTARTS  LAST EXIT           MEMORY  NOTE\n"
        "1     driver     ready   4720  3m 19s         0  -                   12 MiB  /run/x/.s.PGSQL.5432\n"
        "2     indexer.1  failed     -  -             12  SIGKILL, 2m 0s ago       -  waiting\\x1b[2J\n");
}

TEST_CASE("colour marks what is degraded and changes no column") {
  const auto text = status_table(sample_status(), {true, noon_ms});
  CHECK(text.find("\033[1;31mfailed\033[0m") != std::string::npos);
  CHECK(text.find("\033[1;31mready") == std::string::npos);
  CHECK(status_table(sample_status(), {false, noon_ms}).find('\033') == std::string::npos);
}

TEST_CASE("fields that are missing or of another type show as a dash") {
  CHECK(status_table(Json::object(), {}) == "code-analysisd -: -, pid -, up -\nconfiguration: -\nno processes\n");
  const auto text = status_table(Json::parse(R"({"supervisor": 5, "processes": [{"name": "a", "pid": "x"}, 7]})"), {});
  CHECK(text.find("-     a        -        x") != std::string::npos);
}

TEST_CASE("an exit code and a signal are told apart in the last exit") {
  auto status = sample_status();
  status["processes"][0]["last_exit"] = {{"code", 1}, {"at", "2024-05-01T11:59:59.000Z"}};
  CHECK(status_table(status, {false, noon_ms}).find("code 1, 1s ago") != std::string::npos);
}

TEST_CASE("durations and sizes are short") {
  CHECK(duration_text(0) == "0ms");
  CHECK(duration_text(999) == "999ms");
  CHECK(duration_text(59'999) == "59s");
  CHECK(duration_text(200'000) == "3m 20s");
  CHECK(duration_text(18'600'000) == "5h 10m");
  CHECK(duration_text(12LL * 86'400'000 + 3 * 3'600'000) == "12d 3h");
  CHECK(size_text(512) == "512 B");
  CHECK(size_text(3200) == "3.1 KiB");
  CHECK(size_text(64 << 20) == "64 MiB");
  CHECK(size_text(3LL << 40) == "3.0 TiB");
}

TEST_CASE("nothing that a process wrote or is called steers the terminal") {
  Json status = sample_status();
  status["processes"][0]["name"] = "w\x1b]0;title\x07";
  status["processes"][0]["status_text"] = "\u009b2J and \u202eright to left\n";
  status["supervisor"]["config"] = "/etc/\x1b[31m.yaml";
  status["supervisor"]["state"] = "running\x1b[0m";
  const std::string text = status_table(status, {false, noon_ms});
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("w\\x1b]0;title\\x07") != std::string::npos);
  CHECK(text.find("\\u009b2J and \\u202eright to left\\n") != std::string::npos);
  CHECK(text.find("/etc/\\x1b[31m.yaml") != std::string::npos);
}
