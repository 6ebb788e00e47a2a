// Measurements in Prometheus' text format (version 0.0.4).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "common/control_client.h"

namespace ca::server {

// Collects text of one exposition: all samples of one metric stand together behind its HELP and TYPE lines.
class MetricsText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  // Begins a metric. `type`: gauge, counter or histogram.
  void metric(std::string_view name, std::string_view type, std::string_view help);
  // A sample of the metric that was begun last; `suffix` is for histograms ("_bucket", "_sum", "_count").
  void sample(const Labels& labels, double value, std::string_view suffix = "");
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string name_;
};

// The server's own requests. Any number of threads at once.
class RequestMetrics {
 public:
  // `path` and `method` must come from a bounded set.
  void record(std::string_view path, std::string_view method, int status, std::chrono::nanoseconds duration);
  void write(MetricsText& text) const;

 private:
  static constexpr std::array<double, 10> bounds_s{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5};
  struct Durations {
    std::array<std::uint64_t, bounds_s.size()> counts{};  // of those not above the bound and above the one before
    std::uint64_t count = 0;
    double sum_s = 0;
  };

  mutable std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, std::uint64_t> requests_;
  std::map<std::string, Durations> durations_;
};

// Supervisor and processes, out of the supervisor's status; without one (an error) only that it cannot be reached.
void write_tree_metrics(MetricsText& text, const Result<Json>& status);

// What the driver's console shows as SHOW STATS: rows of `name` and `value` are a gauge code_analysis_driver_NAME each; of
// other tables each numeric column is one, and the text columns are its labels. `rows` null: only that it cannot be reached.
void write_driver_metrics(MetricsText& text, const Json* rows);

}  // namespace ca::server
