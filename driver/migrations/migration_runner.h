// Brings the database's schema up to date over a connection of its own, without blocking the loop.
//
// One driver at a time does it (advisory lock). Each migration is one transaction together with its record. Where
// PostgreSQL is away or goes away meanwhile, it starts again; what waiting cannot mend ends it.
#pragma once

#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "driver/io/event_loop.h"
#include "driver/migrations/migrations.h"
#include "driver/server/connector.h"

namespace ca::driver {

class MigrationRunner {
 public:
  struct Listener {
    std::function<void()> done;
    std::function<void(const std::string& why)> waiting;
    std::function<void(const std::string& why)> hopeless;
  };
  // REQUIRES: `settings` and `files` outlive it.
  MigrationRunner(EventLoop& loop, const ConnectSettings& settings, const std::vector<Migration>& files, Listener listener);
  ~MigrationRunner();

  void start();

 private:
  enum class Step : std::uint8_t { idle, connect, lock, table, read, apply };
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using PgResult = std::unique_ptr<PGresult, Clear>;

  void connect();
  void connected(PgConnection connection);
  void send(Step step, const std::string& sql);
  void on_event();
  void on_results();
  void on_success(const PGresult* last);
  void read_applied(const PGresult* rows);
  void apply_next();
  void retry(const std::string& why);
  void give_up(const std::string& why);

  EventLoop& loop_;
  const ConnectSettings& settings_;
  const std::vector<Migration>& files_;
  Listener listener_;
  std::unique_ptr<Connector> connector_;
  PgConnection conn_;
  std::unique_ptr<Poll> poll_;
  Timer retry_;
  std::vector<PgResult> results_;
  std::chrono::milliseconds pause_{};
  std::size_t next_ = 0;     // of files_, to be applied
  Step step_ = Step::idle;
};

}  // namespace ca::driver
