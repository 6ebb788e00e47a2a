#include "workers/indexer/content.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <cstring>

#include "analysis/content.h"
#include "common/posix.h"
#include "workers/files/beneath.h"
#include "workers/files/root.h"

namespace ca::workers {

namespace {

Content without_bytes(Content::Kind kind, std::string reason) {
  Content content;
  content.kind = kind;
  content.reason = std::move(reason);
  return content;
}

// Why the file itself, below an open root, could not be opened or read. ELOOP and EXDEV: a link is in the way.
Content not_read(const char* what, int code) {
  auto kind = Content::Kind::unavailable;
  if (means_gone(code) || code == ELOOP || code == EXDEV) kind = Content::Kind::vanished;
  if (means_closed(code) || code == EIO || code == ENXIO || code == EFBIG) kind = Content::Kind::unreadable;
  return without_bytes(kind, fmt::format("{}: {}", what, std::strerror(code)));
}

// What the first bytes and the size say before the whole is read; nullopt: read on.
std::optional<Content> judge(std::string_view path, std::string_view first, std::int64_t size) {
  const analysis::ContentType type = analysis::inspect(path, first);
  if (type.kind == analysis::ContentKind::binary) return without_bytes(Content::Kind::not_source, "binary file");
  if (size <= static_cast<std::int64_t>(largest_file)) return std::nullopt;
  const std::string reason = fmt::format("{} bytes, more than the limit of {}", size, largest_file);
  return without_bytes(type.language ? Content::Kind::too_large : Content::Kind::not_source, reason);
}

}  // namespace

std::string hash_of(std::string_view bytes) {
  const auto hash = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

Content read_content(const std::string& root, const std::string& path) {
  const auto root_fd = open_root(root);
  if (!root_fd) return without_bytes(Content::Kind::unavailable, "its root cannot be opened: " + root_fd.error().message);
  const auto fd = open_beneath(root_fd->get(), path, O_RDONLY);
  if (!fd) {
    // A folder above it may be closed. Opening that one again will not change the stamp of the file, so nobody may give
    // the file up.
    const bool is_hidden = means_closed(fd.error().code) && !stat_beneath(root_fd->get(), path);
    if (is_hidden) return without_bytes(Content::Kind::unavailable, "a folder above it cannot be looked into");
    return not_read("cannot be opened", fd.error().code);
  }
  struct stat info {};
  if (::fstat(fd->get(), &info) != 0) return not_read("cannot be read", errno);
  if (!S_ISREG(info.st_mode)) return without_bytes(Content::Kind::vanished, "not a regular file");
  char first[analysis::inspected_bytes];
  const ssize_t count = ::pread(fd->get(), first, sizeof first, 0);
  if (count < 0) return not_read("cannot be read", errno);
  if (auto verdict = judge(path, {first, static_cast<std::size_t>(count)}, info.st_size)) return *verdict;
  auto bytes = read_to_end(fd->get(), 2 * largest_file);
  if (!bytes) return not_read("cannot be read", bytes.error().code);
  const analysis::ContentType type = analysis::inspect(path, *bytes);
  if (type.kind == analysis::ContentKind::binary) return without_bytes(Content::Kind::not_source, "binary file");
  Content content;
  content.bytes = std::move(*bytes);
  content.language = type.language;
  content.hash = hash_of(content.bytes);
  return content;
}

}  // namespace ca::workers
