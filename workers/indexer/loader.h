// Stores outcomes: the only place that writes facts.
#pragma once

#include <cstdint>
#include <vector>

#include "database/session.h"
#include "workers/indexer/outcome.h"

namespace ca::workers {

// Stores all outcomes of one batch in one transaction. What is not claimed with `token` any more (the file changed
// meanwhile, the lease ran out) is left out, so that it does no harm to do it twice or too late: facts, file and queue
// change together or not at all. Errors: as Session::transaction.
DbStatus store(Session& session, std::int64_t token, const std::vector<Outcome>& outcomes);

}  // namespace ca::workers
