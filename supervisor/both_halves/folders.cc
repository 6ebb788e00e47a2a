#include "supervisor/both_halves/folders.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/unique_fd.h"

namespace ca {

namespace {

Status make_parents(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (::mkdir(parent.c_str(), 0755) == 0 || errno == EEXIST) continue;
    struct stat info{};
    const int code = errno;  // a read-only file system says so even where the folder exists
    if (::stat(parent.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) continue;
    return system_failure("cannot make the folder " + parent, code);
  }
  return {};
}

Status check_folder(const std::string& path, int folder) {
  struct stat info{};
  if (::fstat(folder, &info) != 0) return system_failure(path, errno);
  if (info.st_uid != ::geteuid()) {
    return failure(path + " belongs to another user (uid " + std::to_string(info.st_uid) + ")", EPERM);
  }
  if ((info.st_mode & 022) != 0) return failure(path + " is writable by others", EPERM);
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return system_failure(path + " cannot be written to", errno);
  }
  return {};
}

}  // namespace

Status prepare_folder(const std::string& given, mode_t mode) {
  std::string path = given;
  while (path.size() > 1 && path.back() == '/') path.pop_back();  // a final slash would follow a link
  struct stat info{};
  if (::lstat(path.c_str(), &info) == 0) {
    if (S_ISLNK(info.st_mode)) return failure(path + " is a link", ELOOP);
    if (!S_ISDIR(info.st_mode)) return failure(path + " is not a folder", ENOTDIR);
  } else {
    if (auto made = make_parents(path); !made) return made;
    if (::mkdir(path.c_str(), mode) != 0) {
      if (errno != EEXIST) return system_failure("cannot make the folder " + path, errno);
    } else if (::chmod(path.c_str(), mode) != 0) {
      return system_failure("cannot set the mode of " + path, errno);
    }
  }
  const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return system_failure("cannot open the folder " + path, errno);
  return check_folder(path, folder.get());
}

}  // namespace ca
