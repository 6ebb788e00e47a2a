// Answers that the parts of the JSON API have in common.
#pragma once

#include "server/database/database.h"
#include "server/http/message.h"

namespace ca::server {

// What is not UTF-8 in it becomes U+FFFD.
Response json_response(int status, const Rows& body);

// 503 with Retry-After if the database is away or there is too much to do, 504 if it is too slow, 500 if it reported an
// error. The database's own words go into the log.
Response database_problem(const DatabaseError& error);

}  // namespace ca::server
