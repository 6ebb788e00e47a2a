#include "server/api/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace ca::server {

namespace {

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\') text += "\\\\";
    else if (c == '"') text += "\\\"";
    else if (c == '\n') text += "\\n";
    else text += c;
  }
  return text;
}

double number_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return "";
  return found->is_string() ? found->get<std::string>() : found->is_null() ? "" : found->dump();
}

std::vector<Json> processes_of(const Json& status) {
  std::vector<Json> processes;
  for (const auto& process : status.value("processes", Json::array())) {
    if (process.is_object()) processes.push_back(process);
  }
  return processes;
}

struct ProcessMetric {
  const char* name;
  const char* type;
  const char* help;
  const char* field;
  double scale;
};

constexpr std::array<ProcessMetric, 4> process_metrics{{
    {"code_analysis_process_restarts_total", "counter", "Restarts since the supervisor started.", "restarts", 1},
    {"code_analysis_process_uptime_seconds", "gauge", "Time since the process started.", "uptime_ms", 0.001},
    {"code_analysis_process_resident_memory_bytes", "gauge", "Resident memory.", "rss_bytes", 1},
    {"code_analysis_process_cpu_seconds_total", "counter", "CPU time used.", "cpu_ms", 0.001},
}};

void write_process_metrics(MetricsText& text, const std::vector<Json>& processes) {
  const auto labels = [](const Json& process) -> MetricsText::Labels {
    return {{"process", text_of(process, "name")}, {"tier", text_of(process, "tier")}};
  };
  text.metric("code_analysis_process_ready", "gauge", "1 where the process is ready.");
  for (const auto& process : processes) text.sample(labels(process), text_of(process, "state") == "ready" ? 1 : 0);
  text.metric("code_analysis_process_state", "gauge", "1 for the state that the process is in.");
  for (const auto& process : processes) {
    auto with_state = labels(process);
    with_state.emplace_back("state", text_of(process, "state"));
    text.sample(with_state, 1);
  }
  for (const auto& metric : process_metrics) {
    text.metric(metric.name, metric.type, metric.help);
    for (const auto& process : processes) text.sample(labels(process), number_of(process, metric.field) * metric.scale);
  }
}

// A column of the console as a part of a metric's name.
std::string metric_name(std::string_view column) {
  std::string name;
  for (const char c : column) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

// A number, or text that is one.
std::optional<double> number(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto content = value.get<std::string>();
  char* end = nullptr;
  const double parsed = std::strtod(content.c_str(), &end);
  if (content.empty() || *end != '\0') return std::nullopt;
  return parsed;
}

constexpr std::string_view driver_help = "As SHOW STATS of the driver's console has it.";

// Rows of a name and a value: a metric each.
void write_named_values(MetricsText& text, const Json& rows) {
  for (const auto& row : rows) {
    const auto value = number(row.value("value", Json()));
    if (!value) continue;
    text.metric("code_analysis_driver_" + metric_name(text_of(row, "name")), "gauge", driver_help);
    text.sample({}, *value);
  }
}

}  // namespace

void MetricsText::metric(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void MetricsText::sample(const Labels& labels, double value, std::string_view suffix) {
  std::string list;
  for (const auto& [key, content] : labels) {
    list += fmt::format("{}{}=\"{}\"", list.empty() ? "" : ",", key, escaped(content));
  }
  if (!list.empty()) list = "{" + list + "}";
  text_ += fmt::format("{}{}{} {}\n", name_, suffix, list, value);
}

void RequestMetrics::record(std::string_view path, std::string_view method, int status,
                            std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  const auto bucket = static_cast<std::size_t>(std::lower_bound(bounds_s.begin(), bounds_s.end(), seconds) - bounds_s.begin());
  const std::lock_guard lock(mutex_);
  ++requests_[{std::string(path), std::string(method), status}];
  auto& durations = durations_[std::string(path)];
  if (bucket < bounds_s.size()) ++durations.counts[bucket];
  ++durations.count;
  durations.sum_s += seconds;
}

void RequestMetrics::write(MetricsText& text) const {
  const std::lock_guard lock(mutex_);
  text.metric("code_analysis_http_requests_total", "counter", "Requests answered.");
  for (const auto& [key, count] : requests_) {
    const auto& [path, method, status] = key;
    text.sample({{"path", path}, {"method", method}, {"status", std::to_string(status)}}, static_cast<double>(count));
  }
  text.metric("code_analysis_http_request_duration_seconds", "histogram", "Time to make the answer.");
  for (const auto& [path, durations] : durations_) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < bounds_s.size(); ++i) {
      below += durations.counts[i];
      text.sample({{"path", path}, {"le", fmt::format("{}", bounds_s[i])}}, static_cast<double>(below), "_bucket");
    }
    text.sample({{"path", path}, {"le", "+Inf"}}, static_cast<double>(durations.count), "_bucket");
    text.sample({{"path", path}}, durations.sum_s, "_sum");
    text.sample({{"path", path}}, static_cast<double>(durations.count), "_count");
  }
}

void write_tree_metrics(MetricsText& text, const Result<Json>& status) {
  text.metric("code_analysis_supervisor_up", "gauge", "1 where the supervisor answers on its control socket.");
  text.sample({}, status ? 1 : 0);
  if (!status) return;
  const auto supervisor = status->value("supervisor", Json::object());
  if (!supervisor.is_object()) return;
  text.metric("code_analysis_supervisor_info", "gauge", "Version and state of the supervisor.");
  text.sample({{"version", text_of(supervisor, "version")}, {"state", text_of(supervisor, "state")}}, 1);
  text.metric("code_analysis_supervisor_uptime_seconds", "gauge", "Time since the supervisor started.");
  text.sample({}, number_of(supervisor, "uptime_ms") * 0.001);
  const auto degraded = supervisor.value("degraded", Json::array());
  text.metric("code_analysis_degraded_processes", "gauge", "Processes failed, in back-off or stopped by hand.");
  text.sample({}, static_cast<double>(degraded.size()));
  write_process_metrics(text, processes_of(*status));
}

void write_driver_metrics(MetricsText& text, const Json* rows) {
  text.metric("code_analysis_driver_up", "gauge", "1 where the driver's console answers.");
  text.sample({}, rows != nullptr ? 1 : 0);
  if (rows == nullptr || rows->empty() || !rows->front().is_object()) return;
  if (rows->front().contains("name") && rows->front().contains("value")) return write_named_values(text, *rows);
  for (const auto& [column, first] : rows->front().items()) {
    if (!number(first)) continue;
    const auto name = "code_analysis_driver_" + metric_name(column);
    text.metric(name, "gauge", driver_help);
    for (const auto& row : *rows) {
      std::vector<std::pair<std::string, std::string>> names;
      for (const auto& [key, value] : row.items()) {
        if (value.is_string() && !number(value)) names.emplace_back(metric_name(key), value.get<std::string>());
      }
      MetricsText::Labels labels(names.begin(), names.end());
      if (const auto value = number(row.value(column, Json())); value) text.sample(labels, *value);
    }
  }
}

}  // namespace ca::server
