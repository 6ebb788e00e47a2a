// The JSON API over the index: each call reads the database once or twice and gives a whole response.
#pragma once

#include "server/database.h"
#include "server/message.h"

namespace ca::server {

// Lists are {"results": [...], "limit", "offset", "next_offset"}; next_offset is null on the last page.
// What a parameter gets wrong is 400; a database that is away is 503, one that is too slow 504. Blocks: as Database.
class Api {
 public:
  explicit Api(Database& database) : database_(database) {}

  // ?q= [project, kind, type=symbol|file]: symbols and files, best first: exact name, prefix, substring.
  Response search(const Request& request);
  // ?name= [project, kind]: all symbols of that name, or qualified name.
  Response symbols(const Request& request);
  Response projects(const Request& request);
  // [project, path (a prefix), language, status]
  Response files(const Request& request);
  // [project, path (a prefix), severity, rule]: errors first.
  Response issues(const Request& request);

 private:
  struct Statement;
  Response list(const Request& request, Statement statement);

  Database& database_;
};

}  // namespace ca::server
