#include "workers/watcher/watches.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>

namespace ca::workers {

namespace {

constexpr std::uint32_t interesting = IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO |
                                      IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;

bool is_below(const std::string& path, const std::string& folder) {
  return folder.empty() || path == folder ||
         (path.size() > folder.size() && path[folder.size()] == '/' && path.compare(0, folder.size(), folder) == 0);
}

}  // namespace

Result<Watches> Watches::make() {
  UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd) return system_failure("inotify_init1", errno);
  return Watches(std::move(fd));
}

Status Watches::add(const std::string& folder, int folder_fd) {
  // By descriptor: the folder that is listed is the one that is watched, however long its path is.
  const std::string name = "/proc/self/fd/" + std::to_string(folder_fd);
  const int descriptor = ::inotify_add_watch(fd_.get(), name.c_str(), interesting);
  if (descriptor < 0) {
    const int code = errno;
    if (code == ENOSPC) return failure("fs.inotify.max_user_watches is reached", code);
    return system_failure("inotify_add_watch", code);
  }
  // A folder that was moved keeps its descriptor and gets a new name; a new folder may take an old one's name.
  forget(descriptor);
  if (const auto old = descriptors_.find(folder); old != descriptors_.end()) {
    (void)::inotify_rm_watch(fd_.get(), old->second);
    forget(old->second);
  }
  folders_[descriptor] = folder;
  descriptors_[folder] = descriptor;
  return {};
}

void Watches::forget(int descriptor) {
  const auto found = folders_.find(descriptor);
  if (found == folders_.end()) return;
  descriptors_.erase(found->second);
  folders_.erase(found);
}

void Watches::drop(const std::string& folder) {
  // "a", "a!b", "a/b": what lies below is not one range of the order, but it is within the range of the common
  // beginning.
  auto next = descriptors_.lower_bound(folder);
  while (next != descriptors_.end() && next->first.compare(0, folder.size(), folder) == 0) {
    const auto here = next++;
    if (!is_below(here->first, folder)) continue;
    const int descriptor = here->second;
    (void)::inotify_rm_watch(fd_.get(), descriptor);
    forget(descriptor);
  }
}

Changes Watches::take() {
  Changes changes;
  alignas(inotify_event) char buffer[64 << 10];
  for (;;) {
    const ssize_t size = ::read(fd_.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return changes;
    for (ssize_t at = 0; at < size;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event.len);
      note(event, changes);
    }
  }
}

void Watches::note(const inotify_event& event, Changes& changes) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) changes.overflowed = true;
  const auto found = folders_.find(event.wd);
  if (found == folders_.end()) return;
  const std::string& folder = found->second;
  if (event.len > 0) {
    changes.paths.push_back((folder.empty() ? "" : folder + "/") + event.name);
  } else if (folder.empty() && (event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0) {
    changes.root_lost = true;
  } else if ((event.mask & IN_UNMOUNT) != 0) {
    changes.paths.push_back(folder);
  }
  if ((event.mask & IN_IGNORED) != 0) forget(event.wd);
}

}  // namespace ca::workers
