#include "workers/watcher/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>
#include <memory>
#include <vector>

#include "common/log.h"
#include "common/posix.h"
#include "workers/files/beneath.h"

namespace ca::workers {

namespace {

constexpr std::size_t largest_rules_file = 1 << 20;
constexpr int entries_per_breath = 2000;

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

std::string joined(const std::string& folder, const char* name) {
  return folder.empty() ? std::string(name) : folder + "/" + name;
}

Result<std::string> read_beneath(int root, const std::string& path) {
  const auto fd = open_beneath(root, path, O_RDONLY);
  if (!fd) return tl::unexpected(fd.error());
  return read_to_end(fd->get(), largest_rules_file);
}

class Walk {
 public:
  Walk(int root, Selection& selection, const WalkCallbacks& callbacks)
      : root_(root), selection_(selection), callbacks_(callbacks) {}

  bool run(const std::string& start) {
    open_folders_.push_back(start);
    while (!open_folders_.empty()) {
      const std::string folder = std::move(open_folders_.back());
      open_folders_.pop_back();
      if (!list(folder)) return false;
    }
    return true;
  }

 private:
  bool list(const std::string& path) {
    auto fd = open_beneath(root_, path, O_RDONLY | O_DIRECTORY);
    if (!fd) {
      if (fd.error().code == EACCES) log::warning("cannot look into the folder {}", path);
      return true;
    }
    callbacks_.folder(path, fd->get());
    load_rules(root_, path, selection_);
    const std::unique_ptr<DIR, CloseFolder> listing(::fdopendir(fd->get()));
    if (!listing) return true;
    const int folder_fd = fd->release();
    while (const dirent* entry = ::readdir(listing.get())) {
      const bool is_dots = std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0;
      if (!is_dots) look_at(folder_fd, path, *entry);
      if (++entries_ % entries_per_breath == 0 && !callbacks_.breath()) return false;
    }
    return true;
  }

  void look_at(int folder_fd, const std::string& folder, const dirent& entry) {
    if (entry.d_type != DT_DIR && entry.d_type != DT_REG && entry.d_type != DT_UNKNOWN) return;
    struct stat info {};
    if (::fstatat(folder_fd, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) return;
    const std::string path = joined(folder, entry.d_name);
    if (S_ISDIR(info.st_mode) && selection_.takes_folder_here(path)) {
      open_folders_.push_back(path);
    } else if (S_ISREG(info.st_mode) && selection_.takes_file_here(path)) {
      if (can_be_stored(path)) {
        callbacks_.file(file_seen(path, info));
      } else {
        callbacks_.unstorable(path);
      }
    }
  }

  int root_;
  Selection& selection_;
  const WalkCallbacks& callbacks_;
  std::vector<std::string> open_folders_;
  long entries_ = 0;
};

}  // namespace

void load_rules(int root, const std::string& folder, Selection& selection) {
  if (const auto text = read_beneath(root, joined(folder, ".gitignore"))) {
    selection.set_rules(folder, *text);
  } else {
    selection.remove_rules(folder);
  }
  if (!folder.empty()) return;
  const auto excludes = read_beneath(root, ".git/info/exclude");
  selection.set_repository_excludes(excludes ? *excludes : "");
}

bool walk(int root, const std::string& start, Selection& selection, const WalkCallbacks& callbacks) {
  return Walk(root, selection, callbacks).run(start);
}

}  // namespace ca::workers
