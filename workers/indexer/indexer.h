// The indexer's loop: claim, work, store; where no file waits, see where imports lead; wait to be woken.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/readiness.h"
#include "common/result.h"
#include "common/stop.h"
#include "database/session.h"
#include "workers/indexer/claim.h"
#include "workers/indexer/import_pace.h"
#include "workers/indexer/import_round.h"
#include "workers/indexer/outcome.h"

namespace ca::workers {

class Indexer {
 public:
  // `name` is this process's name; an earlier process of the same name is gone for good.
  Indexer(const Stop& stop, Session& session, std::string name);

  // Ready once the database answers. Blocks until told to stop. Errors: a statement that the database refuses.
  Status run(ReadinessPipe& readiness);

 private:
  DbStatus prepare(Connection& connection);
  DbResult<bool> round();
  DbStatus store_batch(std::int64_t token, const std::vector<Outcome>& outcomes);
  DbResult<bool> resolve_imports(bool idle);
  void wait_for_work();

  const Stop& stop_;
  Session& session_;
  std::string name_;
  ImportPace pace_;
  std::optional<ImportRound> imports_;  // the round that this indexer is at
  Instant::duration imports_time_{};    // what it took so far
  bool started_ = false;
  bool listens_ = false;
};

}  // namespace ca::workers
