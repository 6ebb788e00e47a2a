// Makes a new cluster, whole or not at all.
#pragma once

#include "postgres/account.h"
#include "postgres/data_folder.h"
#include "postgres/installation.h"
#include "postgres/refusal.h"

namespace ca::postgres {

// Makes the cluster with role and database in `folder.being_made()` and renames it to `folder.path` as the last step,
// so that an interrupted first start leaves only a folder that the next one removes. REQUIRES: folder.path is absent or
// empty; its parent exists. Blocks: seconds. Errors (1): a helper program failed (its last words are in the message).
// (78): folder.path is a mount point.
Outcome<void> make_cluster(const DataFolder& folder, const Installation& installation, const Account& account);

}  // namespace ca::postgres
