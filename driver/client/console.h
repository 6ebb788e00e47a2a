// The console: SHOW and a few commands on the database `driver`, as users of poolers know them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/builtin_config.h"
#include "driver/notifications/notifications.h"
#include "driver/session/client_session.h"

namespace ca::driver {

class Console {
 public:
  // Both are asked anew for each command.
  struct Sources {
    std::function<std::vector<const ClientSession*>()> clients;
    std::function<std::uint64_t()> clients_ever;
  };
  // REQUIRES: config, pool and notifications outlive it.
  Console(const DriverConfig& config, Pool& pool, Notifications& notifications, Sources sources)
      : config_(config), pool_(pool), notifications_(notifications), sources_(std::move(sources)) {}

  // Appends the replies to one simple query, ReadyForQuery left out.
  void run(std::string_view sql, std::string& replies);

 private:
  using Row = std::vector<std::string>;
  void show(std::string_view what, std::string& replies);
  void show_clients(std::string& replies) const;
  void show_servers(std::string& replies) const;
  void show_pools(std::string& replies) const;
  void show_stats(std::string& replies) const;
  void show_config(std::string& replies) const;
  static void table(std::string& replies, const Row& columns, const std::vector<Row>& rows);

  const DriverConfig& config_;
  Pool& pool_;
  Notifications& notifications_;
  Sources sources_;
};

}  // namespace ca::driver
