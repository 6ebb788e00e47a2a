// All clients of a driver: accepts them, checks who they are before a byte is read, finds the one that a cancel request
// means, and deletes those that have gone.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "common/builtin_config.h"
#include "driver/client/console.h"
#include "driver/notifications/notifications.h"
#include "driver/session/client_session.h"
#include "driver/sql/text_inspector.h"

namespace ca::driver {

class Clients final : private ClientHost {
 public:
  // REQUIRES: config and pool outlive it; `listen_fd` does not block and stays open.
  Clients(EventLoop& loop, Pool& pool, const DriverConfig& config, int listen_fd);
  ~Clients();

  void start_accepting();
  void stop_accepting();
  void shut_down();   // ends each client at its next rest
  void end_now();     // ends all
  bool empty() const { return sessions_.empty(); }
  void settle();      // after each event: pumps those that asked for it, deletes those that have gone
  bool settled() const { return to_pump_.empty(); }

 private:
  class Refused;

  // ClientHost
  EventLoop& loop() override { return loop_; }
  Pool& pool() override { return pool_; }
  Notifications& notifications() override { return notifications_; }
  std::span<char> read_buffer() override { return read_buffer_; }
  StatementId next_statement() override { return next_statement_++; }
  SqlTraits inspect(std::string_view sql, SqlDialect dialect) override { return inspector_.inspect(sql, dialect); }
  bool reset_after_write() const override { return config_.reset_after_write; }
  void cancel(const wire::CancelRequest& request) override;
  void pump_later(ClientSession& client) override { to_pump_.push_back(&client); }
  bool take_place() override;
  void closed(ClientSession& client) override;
  void run_console(std::string_view sql, std::string& replies) override { console_.run(sql, replies); }

  bool make_room();
  void accept_some();
  void admit(UniqueFd fd);
  std::uint32_t random_secret();
  void refuse(UniqueFd fd, std::string_view sqlstate, std::string_view message);
  bool admitted(uid_t uid) const;
  std::vector<const ClientSession*> list() const;

  EventLoop& loop_;
  Pool& pool_;
  const DriverConfig& config_;
  int listen_fd_;
  TextInspector inspector_;
  Notifications notifications_;
  Console console_;
  std::vector<char> read_buffer_;
  std::unique_ptr<Poll> accepting_;
  Timer accept_again_;
  std::unordered_map<std::uint32_t, std::unique_ptr<ClientSession>> sessions_;  // by CancelRequest::process_id
  std::deque<std::uint32_t> starting_;  // in the order of their coming; some have started or gone meanwhile
  int places_taken_ = 0;                // of max_clients
  std::vector<std::unique_ptr<Refused>> refused_;
  std::vector<ClientSession*> to_pump_;
  std::vector<ClientSession*> gone_;
  std::array<std::uint32_t, 64> secrets_{};  // drawn together: a system call for many clients
  std::size_t secrets_left_ = 0;
  StatementId next_statement_ = 1;
  std::uint32_t last_id_ = 0;
  std::uint64_t ever_ = 0;
  bool stopping_ = false;
};

}  // namespace ca::driver
