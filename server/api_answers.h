// Answers that the parts of the JSON API have in common.
#pragma once

#include "server/database.h"
#include "server/message.h"

namespace ca::server {

// What is not UTF-8 in it becomes U+FFFD.
Response json_response(int status, const Rows& body);

// 503 where the database is away, 504 where it is too slow, 500 where it reported an error. What it said goes into the log.
Response database_problem(const DatabaseError& error);

}  // namespace ca::server
