#include "workers/files/file_seen.h"

#include <fmt/format.h>

namespace ca::workers {

FileSeen file_seen(std::string path, const struct stat& info) {
  FileSeen seen;
  seen.path = std::move(path);
  seen.size = info.st_size;
  seen.mtime_us = info.st_mtim.tv_sec * 1'000'000 + info.st_mtim.tv_nsec / 1000;
  seen.stamp = fmt::format("{}/{}/{}.{:09}/{}.{:09}", info.st_ino, info.st_size, info.st_mtim.tv_sec,
                           info.st_mtim.tv_nsec, info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
  return seen;
}

}  // namespace ca::workers
