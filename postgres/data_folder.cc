#include "postgres/data_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "common/posix.h"
#include "postgres/command.h"

namespace ca::postgres {

namespace {

namespace fs = std::filesystem;

std::string resolved(const std::string& path) {
  std::error_code error;
  const auto canonical = fs::weakly_canonical(path, error);
  std::string text = error ? path : canonical.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

Outcome<DataFolder> look_at_cluster(DataFolder folder, const struct stat& info, const Account& account) {
  struct stat marker {};
  if (::lstat((folder.path + "/" + marker_name).c_str(), &marker) != 0) {
    if (errno != ENOENT) return fail(folder.path + "/" + marker_name, errno);
    return refuse(folder.path +
                  " is neither empty nor made by this program: nothing was changed there. Name another "
                  "folder in database.driver.config.embedded.data_dir");
  }
  if (info.st_uid != account.uid) {
    return refuse(folder.path + " belongs to uid " + std::to_string(info.st_uid) + ", not to " + account.name +
                  " (embedded.user): nothing was changed there");
  }
  const auto version = read_file(folder.path + "/PG_VERSION", 100);
  if (!version && version.error().code != ENOENT && version.error().code != EFBIG) return fail(version.error().message);
  folder.major = version ? std::atoi(version->c_str()) : 0;
  if (folder.major == 0) {
    return refuse(folder.path +
                  " is damaged: it has no PG_VERSION with a number. Restore it from a backup, or move it away "
                  "to have the index built anew");
  }
  return folder;
}

}  // namespace

Outcome<DataFolder> look_at(const std::string& data_dir, const Account& account) {
  DataFolder folder{resolved(data_dir), 0};
  struct stat info {};
  if (::lstat(folder.path.c_str(), &info) != 0) {
    if (errno == ENOENT) return folder;
    return refuse(folder.path + ": " + std::strerror(errno));
  }
  if (!S_ISDIR(info.st_mode)) return refuse(folder.path + " is not a folder");
  std::error_code error;
  const bool empty = fs::is_empty(folder.path, error);
  if (error) return refuse(folder.path + ": " + error.message());
  if (empty) return folder;
  return look_at_cluster(folder, info, account);
}

Outcome<void> make_reachable(const std::string& path, const Account& account) {
  std::vector<std::string> folders;
  fs::path walked = "/";
  for (const auto& part : fs::path(path).parent_path().relative_path()) {
    walked /= part;
    if (::mkdir(walked.c_str(), 0711) == 0) {
      (void)::chmod(walked.c_str(), 0711);  // whatever the umask
    } else if (errno != EEXIST) {
      return refuse("cannot make " + walked.string() + ": " + std::strerror(errno));
    }
    folders.push_back(walked.string());
  }
  // Asked of the kernel as the account itself, so that groups and access lists count too.
  return do_as(account, [&]() -> Outcome<void> {
    for (const auto& folder : folders) {
      if (::access(folder.c_str(), X_OK) == 0) continue;
      return refuse("user " + account.name + " cannot reach " + path + ": " + folder +
                    " is closed to it. Choose a state_dir (or data_dir) that it can reach, or open that folder");
    }
    return {};
  });
}

Outcome<void> own_folder(const std::string& path, const Account& account, mode_t mode) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return refuse("cannot make " + path + ": " + std::strerror(errno));
  }
  // By descriptor, so that nothing can be put in the folder's place between the look and the change.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return refuse(path + ": " + std::strerror(errno));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail(path, errno);
  if (info.st_uid != account.uid) {
    if (info.st_uid != ::geteuid()) {
      return refuse(path + " belongs to uid " + std::to_string(info.st_uid) + ", not to " + account.name);
    }
    if (::fchown(fd.get(), account.uid, account.gid) != 0) return fail("cannot give " + path + " away", errno);
  }
  if ((info.st_mode & 07777) != mode && ::fchmod(fd.get(), mode) != 0) return fail("chmod " + path, errno);
  return {};
}

}  // namespace ca::postgres
