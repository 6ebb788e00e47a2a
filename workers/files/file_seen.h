// A regular file as a look at the tree finds it.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace ca::workers {

struct FileSeen {
  std::string path;           // relative to the project's root
  std::int64_t size = 0;      // bytes
  std::int64_t mtime_us = 0;  // microseconds since the epoch
  std::string stamp;          // files.stamp: any change of the content changes it (and some other changes, too)
};

FileSeen file_seen(std::string path, const struct stat& info);

}  // namespace ca::workers
