#include "postgres/account.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <vector>

namespace ca::postgres {

namespace {

Outcome<Account> look_up(const std::string& user) {
  std::vector<char> buffer(1 << 16);
  passwd entry{};
  passwd* found = nullptr;
  const int error = user.empty() ? ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found)
                                 : ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (error != 0) return fail("cannot look up user '" + user + "'", error);
  if (found == nullptr) {
    return refuse(user.empty() ? "user " + std::to_string(::geteuid()) + " has no entry in the user database"
                               : "there is no user '" + user + "' (database.driver.config.embedded.user)");
  }
  return Account{entry.pw_name, entry.pw_dir, entry.pw_uid, entry.pw_gid};
}

}  // namespace

Outcome<Account> resolve_account(const std::string& user) {
  auto account = look_up(user);
  if (!account) return account;
  if (account->uid == 0) {
    return refuse("PostgreSQL does not run as root: name another user in database.driver.config.embedded.user");
  }
  if (::geteuid() != 0 && ::geteuid() != account->uid) {
    return refuse("only root can start the cluster as another user: '" + account->name + "'");
  }
  return account;
}

Outcome<void> become(const Account& account) {
  if (::geteuid() == account.uid && ::getuid() == account.uid) return {};
  if (::initgroups(account.name.c_str(), account.gid) != 0) return fail("initgroups for " + account.name, errno);
  if (::setgid(account.gid) != 0) return fail("setgid for " + account.name, errno);
  if (::setuid(account.uid) != 0) return fail("setuid for " + account.name, errno);
  return {};
}

Outcome<void> die_with_parent(pid_t parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGQUIT) != 0) return fail("PR_SET_PDEATHSIG", errno);
  if (::getppid() != parent) return fail("the supervisor is gone");
  return {};
}

}  // namespace ca::postgres
