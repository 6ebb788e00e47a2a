#include "server/api/answers.h"

#include "common/log.h"

namespace ca::server {

namespace {

Response try_later(std::string_view detail) {
  auto response = problem(503, detail);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

Response json_response(int status, const Rows& body) {
  return {status, "application/json", body.dump(-1, ' ', false, Rows::error_handler_t::replace), {}};
}

Response database_problem(const DatabaseError& error) {
  log::warning("database: {}", error.message);
  switch (error.failure) {
    case DatabaseFailure::unavailable: return try_later("the database cannot be reached at present");
    case DatabaseFailure::busy_here:
      return try_later("this server already does as many searches as it may; ask again in a second");
    case DatabaseFailure::busy_there: return try_later("the database is busy: its queue is full; ask again in a second");
    case DatabaseFailure::timeout:
      return problem(504, "the database did not answer in time, so the statement was cancelled; ask for less");
    case DatabaseFailure::abandoned: return try_later("the client has gone");
    case DatabaseFailure::not_permitted:
      return problem(500, "the database does not admit this server; its log has the reason");
    case DatabaseFailure::refused: break;
  }
  return problem(500, "the database reported an error");
}

}  // namespace ca::server
