// server: HTTP for people and programs over the index and the process tree.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <thread>

#include "common/builtin_config.h"
#include "common/exit_code.h"
#include "common/log.h"
#include "common/readiness.h"
#include "server/app.h"
#include "server/http/listen_sockets.h"
#include "server/http/server.h"

namespace {

using namespace ca;

constexpr Milliseconds time_to_finish{3'000};  // with what follows, well below the default stop_timeout

// Signals are taken by sigwait(3) in the main thread; the threads of the library inherit the mask.
sigset_t block_stop_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// An address that others can reach wants a token.
Status check_token(const std::vector<UniqueFd>& sockets, const ServerConfig& config) {
  for (const auto& socket : sockets) {
    const auto ip = server::local_ip(socket.get());
    if (!config.token.empty() || ip.empty() || server::is_loopback(ip)) continue;
    return failure("the server listens on " + ip + ", which is no loopback address: this needs a bearer token");
  }
  return {};
}

// The last word, should a thread hang: nothing here is lost by an exit without clean-up.
void exit_within(std::chrono::milliseconds bound) {
  std::thread([bound] {
    std::this_thread::sleep_for(bound);
    log::warning("some requests did not end in time");
    ::_exit(exit_code::ok);
  }).detach();
}

int run() {
  const auto signals = block_stop_signals();
  auto ready = ReadinessPipe::from_environment();
  const auto config = take_config<ServerConfig>();
  if (!config) {
    log::error("{}", config.error().message);
    return exit_code::config;
  }
  auto sockets = server::take_listen_sockets();
  if (!sockets) {
    log::error("{}", sockets.error().message);
    return exit_code::config;
  }
  if (const auto allowed = check_token(*sockets, *config); !allowed) {
    log::error("{}", allowed.error().message);
    return exit_code::config;
  }
  server::App app(*config);
  server::HttpServer http({[&](const server::Request& request) { return app.refuse(request); },
                           [&](const server::Request& request) { return app.answer(request); },
                           [](std::string_view path) { return server::is_probe(path); }},
                          {});
  http.start(std::move(*sockets));
  ready.ready();
  int signal_taken = 0;
  ::sigwait(&signals, &signal_taken);
  http.finish(time_to_finish);
  exit_within(std::chrono::milliseconds(900));
  app.stop();
  http.stop(Milliseconds(300));
  return exit_code::ok;
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& error) {
    ca::log::error("{}", error.what());
    return ca::exit_code::failed;
  }
}
