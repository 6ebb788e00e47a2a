// A connection that comes back: what the workers use. Transactions are run until they have succeeded, the server has
// refused them for good, or this process is told to stop.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/stop.h"
#include "database/connection.h"
#include "database/error.h"

namespace ca::workers {

class Session {
 public:
  using Work = std::function<DbStatus(Connection&)>;
  using OnTrouble = std::function<void(const std::string&)>;

  explicit Session(const Stop& stop) : stop_(stop) {}

  // Run on each new connection before anything else (LISTEN, SET). Set it before the first use.
  void on_connect(Work work) { on_connect_ = std::move(work); }
  // Called with the reason at each failed attempt to connect.
  void on_trouble(OnTrouble callback) { on_trouble_ = std::move(callback); }

  // A usable connection; connects with back-off for as long as it takes. Errors: stopping only.
  DbResult<Connection*> connection();

  // BEGIN, work, COMMIT. Again on a conflict, and on a new connection where the connection failed.
  // REQUIRES: work does no harm when done twice: the outcome of a COMMIT that was not answered is unknown.
  // Errors: statement (rolled back), stopping.
  DbStatus transaction(const Work& work);
  // The same for one statement outside a transaction block. Its rows.
  DbResult<Rows> execute(const char* statement, const std::vector<Parameter>& parameters = {});

  // The connection as it is, without connecting; null where there is none.
  Connection* current() { return connection_ ? &*connection_ : nullptr; }
  void drop() { connection_.reset(); }

 private:
  DbStatus attempt(Connection& connection, const Work& work);
  DbStatus connect_once();
  void pause(Milliseconds time);

  const Stop& stop_;
  Work on_connect_;
  OnTrouble on_trouble_;
  std::optional<Connection> connection_;
};

}  // namespace ca::workers
