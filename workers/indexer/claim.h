// The queue's side of a claim: taking work, giving it back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "database/session.h"

namespace ca::workers {

// One file to be indexed.
struct Claim {
  std::int64_t file_id = 0;
  std::int64_t project_id = 0;
  std::string root;        // the project's folder
  std::string path;        // below it
  int attempts = 0;        // this one included
  int failures = 0;        // so far
  std::string known_hash;  // hex of files.content_hash; "": nothing is stored for the file
  int known_version = 0;   // files.analyser_version
};

struct Claims {
  std::int64_t token = 0;  // proves that the claims are ours
  std::vector<Claim> files;
};

// The next files, those that change now before those of a scan. Files that were claimed before and not finished come
// alone, after all others: one of them may be what ended its indexer. Errors: as Session::execute.
DbResult<Claims> claim_next(Session& session, const std::string& worker, int limit);

// Gives back what is still claimed with `token`: it does not count as an attempt. Errors: as Session::execute.
DbStatus release(Session& session, std::int64_t token);

// Gives back all claims of `worker`, as an earlier process of that name left them. `counted` keeps their attempts: that
// process may have died of one of them.
DbStatus release_all(Connection& connection, const std::string& worker, bool counted);

}  // namespace ca::workers
