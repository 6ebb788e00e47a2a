#include "server/tree/supervisor_status.h"

#include <algorithm>

namespace ca::server {

namespace {

constexpr Milliseconds fresh_for{100};
constexpr Milliseconds control_timeout{1'000};

std::string text_of(const Json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

Json list_of(const Json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->is_array() ? *found : Json::array();
}

}  // namespace

Result<Json> SupervisorStatus::ask() const {
  auto client = ControlClient::connect(socket_path_, control_timeout);
  if (!client) return tl::unexpected(client.error());
  auto reply = client->ask({{"command", "status"}}, control_timeout);
  if (!reply) return reply;
  if (!reply->contains("status")) return failure("the supervisor refused: " + text_of(*reply, "error"));
  return std::move((*reply)["status"]);
}

Result<Json> SupervisorStatus::get() {
  return shared_.get([this](Result<Json>& answer) {
    answer = ask();
    return fresh_for;
  });
}

Readiness readiness_of(const Json& status) {
  const auto supervisor = status.value("supervisor", Json::object());
  const auto state = text_of(supervisor, "state");
  const auto degraded = list_of(supervisor, "degraded");
  const auto processes = list_of(status, "processes");
  Json not_ready = Json::array();
  for (const auto& process : processes) {
    const auto name = text_of(process, "name");
    const auto place = text_of(process, "state");
    const bool is_degraded = std::find(degraded.begin(), degraded.end(), Json(name)) != degraded.end();
    if (place == "ready" || (place == "stopped" && !is_degraded)) continue;
    not_ready.push_back({{"name", name}, {"state", place}});
  }
  const bool runs = state == "running" || state == "reloading";
  const bool ready = runs && not_ready.empty() && degraded.empty();
  return {ready, {{"ready", ready}, {"state", state}, {"degraded", degraded}, {"not_ready", not_ready}}};
}

}  // namespace ca::server
