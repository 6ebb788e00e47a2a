#include "server/http_server.h"

#include <microhttpd.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <thread>

#include "common/log.h"
#include "server/listen_sockets.h"

namespace ca::server {

namespace {

constexpr std::array<std::pair<const char*, const char*>, 6> security_headers{{
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
     "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
}};

bool has_header(const Response& response, std::string_view name) {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [&](const auto& header) { return equals_ignoring_case(header.first, name); });
}

MHD_Response* library_response(const Response& response) {
  MHD_Response* made = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
  if (made == nullptr) return nullptr;
  MHD_add_response_header(made, "Content-Type", response.content_type.c_str());
  for (const auto& [name, value] : security_headers) MHD_add_response_header(made, name, value);
  for (const auto& [name, value] : response.headers) MHD_add_response_header(made, name.c_str(), value.c_str());
  if (!has_header(response, "Cache-Control")) MHD_add_response_header(made, "Cache-Control", "no-store");
  return made;
}

int socket_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == nullptr ? -1 : info->connect_fd;
}

// The library tells of each client that went away; only what an operator can do something about is passed on.
void log_line(void*, const char* format, va_list arguments) {
  char line[512];
  std::vsnprintf(line, sizeof line, format, arguments);
  std::string_view text(line);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  for (const std::string_view matter : {"accept", "thread", "memory", "limit"}) {
    if (text.find(matter) != std::string_view::npos) return log::write(log::Level::warning, text);
  }
}

// Decodes %XX in place. The library hands the path on as a C string, which a NUL would cut short ("/%00" would be "/"):
// it becomes a byte that stands in no text instead, so that the path is unknown and a parameter refused.
std::size_t unescape(void*, MHD_Connection*, char* text) {
  for (char* nul = std::strstr(text, "%00"); nul != nullptr; nul = std::strstr(nul, "%00")) std::memcpy(nul, "%FF", 3);
  return MHD_http_unescape(text);
}

// A name or value as libmicrohttpd has it: value is null for "?name".
struct Collected {
  std::vector<std::pair<std::string, std::string>>* into;

  static MHD_Result add(void* context, MHD_ValueKind, const char* key, std::size_t key_size, const char* value,
                        std::size_t value_size) {
    auto& pairs = *static_cast<Collected*>(context)->into;
    pairs.emplace_back(std::string(key, key_size), value == nullptr ? "" : std::string(value, value_size));
    return MHD_YES;
  }
};

Request request_of(MHD_Connection* connection, const char* path, const char* method) {
  Request request;
  request.method = method;
  request.path = path;
  request.client = socket_of(connection);
  request.local_ip = local_ip(request.client);
  Collected query{&request.query};
  MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, &Collected::add, &query);
  Collected headers{&request.headers};
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, &Collected::add, &headers);
  return request;
}

}  // namespace

// One request and its response on a connection.
struct HttpServer::Exchange {
  Request request;
  bool answered = false;
  bool too_large = false;
};

// What the library calls. No exception may pass through its C code.
struct HttpServer::Callbacks {
  // code-analysis: ignore(too-many-parameters) the library says which
  static MHD_Result handle(void* server, MHD_Connection* connection, const char* url, const char* method, const char*,
                           const char* data, std::size_t* size, void** context) {
    auto& self = *static_cast<HttpServer*>(server);
    try {
      if (*context == nullptr) return static_cast<MHD_Result>(self.begin(connection, url, method, context));
      auto& exchange = *static_cast<Exchange*>(*context);
      if (exchange.answered) return MHD_NO;  // more bytes behind a refusal: close
      if (*size > 0) {
        exchange.too_large |= exchange.request.body.size() + *size > self.limits_.body_bytes;
        if (!exchange.too_large) exchange.request.body.append(data, *size);
        *size = 0;
        return MHD_YES;
      }
      self.slow_clients_.forget(connection);
      const auto response = exchange.too_large ? problem(413, "the request's body is too large")
                                               : self.handlers_.answer(exchange.request);
      return static_cast<MHD_Result>(self.reply(connection, exchange, response));
    } catch (const std::exception& error) {
      log::error("{} {}: {}", method, url, error.what());
      Exchange none;
      auto* exchange = static_cast<Exchange*>(*context);
      return static_cast<MHD_Result>(
          self.reply(connection, exchange == nullptr ? none : *exchange, problem(500, "the server failed")));
    }
  }

  static void completed(void* server, MHD_Connection* connection, void** context, MHD_RequestTerminationCode) {
    auto& self = *static_cast<HttpServer*>(server);
    if (*context == nullptr) return;
    delete static_cast<Exchange*>(*context);
    *context = nullptr;
    --self.running_;
    self.slow_clients_.watch(connection, socket_of(connection), MonotonicClock::now() + self.limits_.request_time);
  }

  static void connected(void* server, MHD_Connection* connection, void**, MHD_ConnectionNotificationCode code) {
    auto& self = *static_cast<HttpServer*>(server);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
      ++self.open_;
      self.slow_clients_.watch(connection, socket_of(connection), MonotonicClock::now() + self.limits_.request_time);
    } else {
      --self.open_;
      self.slow_clients_.forget(connection);
    }
  }
};

HttpServer::HttpServer(HttpHandlers handlers, HttpLimits limits) : handlers_(std::move(handlers)), limits_(limits) {}

HttpServer::~HttpServer() { stop(Milliseconds(0)); }

int HttpServer::begin(MHD_Connection* connection, const char* path, const char* method, void** context) {
  auto exchange = std::make_unique<Exchange>(Exchange{request_of(connection, path, method), false, false});
  auto& begun = *exchange;
  *context = exchange.release();  // Owns: until `completed`
  ++running_;
  if (const auto refusal = handlers_.refuse(begun.request)) return reply(connection, begun, *refusal);
  const auto lengths = begun.request.header_values("Content-Length");
  if (!lengths.empty() && std::strtoull(lengths.front().c_str(), nullptr, 10) > limits_.body_bytes) {
    return reply(connection, begun, problem(413, "the request's body is too large"));
  }
  return MHD_YES;
}

int HttpServer::reply(MHD_Connection* connection, Exchange& exchange, const Response& response) {
  exchange.answered = true;
  slow_clients_.watch(connection, socket_of(connection), MonotonicClock::now() + limits_.response_time);
  MHD_Response* made = library_response(response);
  if (made == nullptr) return MHD_NO;
  if (open_ > limits_.kept_connections) MHD_add_response_header(made, "Connection", "close");
  const auto queued = MHD_queue_response(connection, static_cast<unsigned>(response.status), made);
  MHD_destroy_response(made);
  return queued;
}

Status HttpServer::start(std::vector<UniqueFd> sockets) {
  constexpr std::size_t stack_bytes = 512 << 10;
  sockets_ = std::move(sockets);
  for (const auto& socket : sockets_) {
    MHD_Daemon* daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC | MHD_USE_ERROR_LOG,
        0, nullptr, nullptr, &Callbacks::handle, this,                                       //
        MHD_OPTION_EXTERNAL_LOGGER, &log_line, nullptr,                                      //
        MHD_OPTION_UNESCAPE_CALLBACK, &unescape, nullptr,                                    //
        MHD_OPTION_LISTEN_SOCKET, socket.get(),                                              //
        MHD_OPTION_CONNECTION_LIMIT, limits_.connections,                                    //
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits_.header_bytes + 16384,                    //
        MHD_OPTION_CONNECTION_TIMEOUT, limits_.idle_seconds,                                 //
        MHD_OPTION_THREAD_STACK_SIZE, stack_bytes,                                           //
        MHD_OPTION_NOTIFY_COMPLETED, &Callbacks::completed, this,                            //
        MHD_OPTION_NOTIFY_CONNECTION, &Callbacks::connected, this,                           //
        MHD_OPTION_END);
    if (daemon == nullptr) return failure("libmicrohttpd could not start");
    daemons_.push_back(daemon);
  }
  return {};
}

void HttpServer::stop(Milliseconds grace) noexcept {
  // Quiesced first, the library neither shuts the listening socket down (which would refuse clients although the
  // supervisor still holds it) nor closes it.
  for (auto* daemon : daemons_) MHD_quiesce_daemon(daemon);
  const auto deadline = MonotonicClock::now() + grace;
  while (running_ > 0 && MonotonicClock::now() < deadline) std::this_thread::sleep_for(Milliseconds(5));
  for (auto* daemon : daemons_) MHD_stop_daemon(daemon);
  daemons_.clear();
  sockets_.clear();
}

}  // namespace ca::server
