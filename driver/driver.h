// The driver program: lock, migrations, first connection, then READY and clients, until it is told to stop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/builtin_config.h"
#include "common/readiness.h"
#include "driver/client/clients.h"
#include "driver/io/event_loop.h"
#include "driver/io/listen_socket.h"
#include "driver/migrations/migration_runner.h"
#include "driver/session/pool.h"

namespace ca::driver {

class Driver {
 public:
  // Errors: settings that waiting cannot mend (conninfo, migrations, the socket).
  static Result<std::unique_ptr<Driver>> create(DriverConfig config, ReadinessPipe readiness);
  ~Driver();

  // Runs until it is told to stop (TERM, INT) or cannot go on. The exit code.
  int run();

 private:
  Driver(DriverConfig config, ReadinessPipe readiness, ConnectParameters connect, std::vector<Migration> migrations,
         ListenSocket socket);

  void take_lock();
  void wait_for_lock();
  void migrate();
  void open_pool();
  void serve();
  void waiting(const std::string& why);
  void hopeless(const std::string& why);
  void stop();
  void settle();
  void finish(int code);

  DriverConfig config_;
  ReadinessPipe readiness_;
  std::vector<Migration> migrations_;
  ListenSocket socket_;
  UniqueFd lock_;
  EventLoop loop_;
  NameLookup names_;
  ConnectSettings connect_;
  std::unique_ptr<Poll> signals_;
  UniqueFd signal_fd_;
  std::optional<MigrationRunner> runner_;
  std::optional<Pool> pool_;
  std::optional<Clients> clients_;
  std::optional<Timer> stop_limit_;
  std::string last_waiting_;
  int exit_code_ = 0;
  bool migrated_ = false;
  bool stopping_ = false;
  bool finished_ = false;
};

}  // namespace ca::driver
