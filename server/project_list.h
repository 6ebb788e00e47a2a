// The projects with their counts, read from the database once for all who ask within a short time.
#pragma once

#include <mutex>
#include <optional>

#include "common/clock.h"
#include "server/database.h"

namespace ca::server {

// Any number of threads at once.
class ProjectList {
 public:
  explicit ProjectList(Database& database) : database_(database) {}

  // All projects (1000 at most) in the order of their names, as sql::projects gives them. At most a second old, or ten times
  // as old as counting took: however many pages watch the progress, counting takes a tenth of one connection's time.
  // Blocks: as Database.
  tl::expected<Rows, DatabaseError> get();

 private:
  Database& database_;
  std::mutex mutex_;
  std::optional<Rows> last_;
  Instant good_until_{};
};

}  // namespace ca::server
