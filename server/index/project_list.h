// The projects with their counts, read from the database once for all who ask within a short time.
#pragma once

#include "server/database/database.h"
#include "server/database/shared_answer.h"

namespace ca::server {

// Any number of threads at once.
class ProjectList {
 public:
  explicit ProjectList(Database& database) : database_(database) {}

  // All projects (1000 at most) in the order of their names, as sql::projects gives them. At most a second old, or ten times
  // as old as counting took: however many pages watch the progress, counting takes a tenth of one connection's time.
  // A failure is shared too, for as long as it took, a second at most. Blocks: as Database.
  tl::expected<Rows, DatabaseError> get();

 private:
  Database& database_;
  SharedAnswer<tl::expected<Rows, DatabaseError>> shared_;
};

}  // namespace ca::server
