#include "workers/files/root.h"

#include <fcntl.h>

#include <cerrno>

#include "workers/files/beneath.h"

namespace ca::workers {

Result<Root> Root::open(const std::string& path) {
  auto fd = open_root(path);
  if (!fd) return tl::unexpected(fd.error());
  struct stat info {};
  if (::fstat(fd->get(), &info) != 0) return system_failure(path, errno);
  return Root(path, std::move(*fd), {info.st_dev, info.st_ino});
}

Status Root::check() const {
  struct stat info {};
  if (::fstat(fd_.get(), &info) != 0) return system_failure(path_, errno);
  if (info.st_nlink == 0) return failure(path_ + ": it was removed");
  if (::stat(path_.c_str(), &info) != 0) return system_failure(path_, errno);
  if (identity_ != Identity{info.st_dev, info.st_ino}) return failure(path_ + ": another folder took its place");
  return {};
}

bool means_gone(int code) { return code == ENOENT || code == ENOTDIR; }
bool means_closed(int code) { return code == EACCES || code == EPERM; }

Result<struct stat> stat_beneath(int root, const std::string& path) {
  const auto slash = path.rfind('/');
  const auto folder = open_beneath(root, slash == std::string::npos ? "" : path.substr(0, slash), O_PATH | O_DIRECTORY);
  if (!folder) return tl::unexpected(folder.error());
  struct stat info {};
  const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  if (::fstatat(folder->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return system_failure(path, errno);
  return info;
}

}  // namespace ca::workers
