// What stands in the place of the data folder, before anything is done to it.
#pragma once

#include <string>

#include "postgres/account.h"
#include "postgres/refusal.h"

namespace ca::postgres {

// In a data folder that this program made: the mark that it is ours.
inline constexpr const char* marker_name = "code-analysis-cluster";

struct DataFolder {
  std::string path;  // absolute, links resolved
  int major = 0;     // 0: there is no cluster yet (no folder, or an empty one)

  bool has_cluster() const { return major != 0; }
  std::string being_made() const { return path + ".being-made"; }  // where a first start works before the rename
};

// Looks only. Errors (78): not a folder; neither empty nor marked as ours; marked but damaged; owned by another
// account.
Outcome<DataFolder> look_at(const std::string& data_dir, const Account& account);

// Makes the folders above `path` that are missing, 0711 so that `account` can pass, and checks that it can pass all of
// them. Errors (78): it cannot.
Outcome<void> make_reachable(const std::string& path, const Account& account);

// A folder of `account` at `path`; one that exists may be root's (then its owner is changed) or the account's.
// REQUIRES: the folder above exists. Errors (78): a link, not a folder, a third account's.
Outcome<void> own_folder(const std::string& path, const Account& account, mode_t mode);

}  // namespace ca::postgres
