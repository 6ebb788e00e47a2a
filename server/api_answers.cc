#include "server/api_answers.h"

#include "common/log.h"

namespace ca::server {

Response json_response(int status, const Rows& body) {
  return {status, "application/json", body.dump(-1, ' ', false, Rows::error_handler_t::replace), {}};
}

Response database_problem(const DatabaseError& error) {
  log::warning("database: {}", error.message);
  switch (error.failure) {
    case DatabaseFailure::unavailable: return problem(503, "the database cannot be reached at present");
    case DatabaseFailure::timeout: return problem(504, "the database did not answer in time");
    case DatabaseFailure::refused: break;
  }
  return problem(500, "the database reported an error");
}

}  // namespace ca::server
