// The OS account that the cluster belongs to, and becoming it for good.
#pragma once

#include <sys/types.h>

#include <string>

#include "postgres/refusal.h"

namespace ca::postgres {

struct Account {
  std::string name;
  std::string home;
  uid_t uid = 0;
  gid_t gid = 0;
};

// The account called `user`, the current one for "".
// Errors (78): unknown; root, which PostgreSQL refuses; another one than our own without being root.
Outcome<Account> resolve_account(const std::string& user);

// Gives up root for good: supplementary groups, group, user. A no-op where this process runs as `account` already.
Outcome<void> become(const Account& account);

// SIGQUIT (PostgreSQL's immediate shutdown) for this process, and for what it execs, when its parent dies.
// A change of user clears the setting, so this comes after become(). Errors: the parent, known as `parent`, is gone.
Outcome<void> die_with_parent(pid_t parent);

}  // namespace ca::postgres
