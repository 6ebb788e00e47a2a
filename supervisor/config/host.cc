#include "supervisor/config/host.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <vector>

namespace ca::config {
namespace {

std::vector<gid_t> groups_of(const char* name, gid_t gid) {
  constexpr std::size_t limit = 65536;  // NGROUPS_MAX
  std::vector<gid_t> groups(64);
  int count = static_cast<int>(groups.size());
  while (::getgrouplist(name, gid, groups.data(), &count) < 0 && groups.size() < limit) {
    groups.resize(std::clamp<std::size_t>(static_cast<std::size_t>(count), groups.size() + 1, limit));
    count = static_cast<int>(groups.size());
  }
  groups.resize(static_cast<std::size_t>(std::clamp(count, 0, static_cast<int>(groups.size()))));
  return groups;
}

// `look_up` is getpwnam_r or getpwuid_r with its key bound.
template <class LookUp>
std::optional<Account> find_account(LookUp look_up) {
  std::vector<char> buffer(1024);
  for (;;) {
    passwd entry{};
    passwd* found = nullptr;
    const int error = look_up(&entry, buffer.data(), buffer.size(), &found);
    if (error == EINTR) continue;
    if (error == ERANGE && buffer.size() < (1u << 20)) {
      buffer.resize(buffer.size() * 2);
      continue;
    }
    if (error != 0 || found == nullptr) return std::nullopt;
    return Account{found->pw_uid, found->pw_gid, found->pw_name, groups_of(found->pw_name, found->pw_gid)};
  }
}

// `below` beside the executable, or one folder up where the executable stands in bin or sbin.
std::filesystem::path beside(const std::string& executable, const char* below) {
  const std::filesystem::path folder = std::filesystem::path(executable).parent_path();
  const bool is_installed = folder.filename() == "bin" || folder.filename() == "sbin";
  return (is_installed ? folder.parent_path() : folder) / below;
}

}  // namespace

Host this_host() {
  Host host;
  std::error_code error;
  host.executable = std::filesystem::read_symlink("/proc/self/exe", error).native();
  host.uid = ::geteuid();
  host.variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
  host.account = [](const std::string& name) {
    return find_account([&name](auto... rest) { return ::getpwnam_r(name.c_str(), rest...); });
  };
  host.account_of = [](uid_t uid) {
    return find_account([uid](auto... rest) { return ::getpwuid_r(uid, rest...); });
  };
  return host;
}

std::string libexec_folder(const std::string& executable) {
  return beside(executable, "libexec/code-analysis").native();
}

std::string migrations_folder(const std::string& executable) {
  const std::filesystem::path shipped = beside(executable, "share/code-analysis/migrations");
  std::error_code error;
  if (std::filesystem::is_directory(shipped, error)) return shipped.native();
  return CODE_ANALYSIS_SOURCE_DIR "/driver/migrations";
}

}  // namespace ca::config
