#include "workers/watcher/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

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

// Returns the rules in a file, "" if there is no regular file of that name. Git follows no link there either.
Result<std::string> rules_text(int root, const std::string& path) {
  const auto fd = open_beneath(root, path, O_RDONLY);
  if (!fd) {
    const int code = fd.error().code;
    if (means_gone(code) || code == ELOOP || code == ENXIO) return "";
    return tl::unexpected(fd.error());
  }
  struct stat info {};
  if (::fstat(fd->get(), &info) != 0) return system_failure(path, errno);
  if (!S_ISREG(info.st_mode)) return "";
  auto text = read_to_end(fd->get(), largest_rules_file);
  if (!text && text.error().code == EFBIG) return "";
  return text;
}

class Walk {
 public:
  Walk(const Root& root, Selection& selection, const WalkCallbacks& callbacks)
      : root_(root.fd()), selection_(selection), callbacks_(callbacks) {}

  WalkEnd run(const std::string& start) {
    open_folders_.push_back(start);
    while (!open_folders_.empty() && !end_.stopped) {
      const std::string folder = std::move(open_folders_.back());
      open_folders_.pop_back();
      list(folder);
    }
    return std::move(end_);
  }

 private:
  void list(const std::string& path) {
    auto fd = open_beneath(root_, path, O_RDONLY | O_DIRECTORY);
    if (!fd) return note(path, fd.error());
    callbacks_.folder(path, fd->get());
    load_rules(path);
    const std::unique_ptr<DIR, CloseFolder> listing(::fdopendir(fd->get()));
    if (!listing) return note(path, system_failure(path, errno).value());
    const int folder_fd = fd->release();
    while (!end_.stopped) {
      errno = 0;
      const dirent* entry = ::readdir(listing.get());
      if (entry == nullptr && errno != 0) note(path, system_failure(path, errno).value());
      if (entry == nullptr) return;
      const bool is_dots = std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0;
      if (!is_dots) look_at(folder_fd, path, *entry);
      if (++entries_ % entries_per_breath == 0 && !callbacks_.breath()) end_.stopped = true;
    }
  }

  void look_at(int folder_fd, const std::string& folder, const dirent& entry) {
    if (entry.d_type != DT_DIR && entry.d_type != DT_REG && entry.d_type != DT_UNKNOWN) return;
    struct stat info {};
    if (::fstatat(folder_fd, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
      return note(folder, system_failure(joined(folder, entry.d_name), errno).value());
    }
    const std::string path = joined(folder, entry.d_name);
    const bool is_folder = S_ISDIR(info.st_mode) && selection_.takes_folder_here(path);
    const bool is_file = S_ISREG(info.st_mode) && selection_.takes_file_here(path);
    if (!is_folder && !is_file) return;
    if (!can_be_stored(path)) return callbacks_.unstorable(path);
    if (is_folder) {
      open_folders_.push_back(path);
    } else {
      callbacks_.file(file_seen(path, info));
    }
  }

  // A rules file that cannot be read keeps the rules that are known.
  void load_rules(const std::string& folder) {
    if (const auto text = rules_text(root_, joined(folder, ".gitignore"))) {
      selection_.set_rules(folder, *text);
    } else if (!means_closed(text.error().code)) {
      note(folder, text.error());
    }
    if (!folder.empty()) return;
    if (const auto excludes = rules_text(root_, ".git/info/exclude")) {
      selection_.set_repository_excludes(*excludes);
    } else if (!means_closed(excludes.error().code)) {
      note(folder, excludes.error());
    }
  }

  // A look into `folder` failed.
  void note(const std::string& folder, const Error& error) {
    if (means_gone(error.code)) return;
    if (means_closed(error.code)) {
      end_.closed.insert(folder);
    } else if (!end_.failed) {
      end_.failed = error;
    }
  }

  int root_;
  Selection& selection_;
  const WalkCallbacks& callbacks_;
  std::vector<std::string> open_folders_;
  long entries_ = 0;
  WalkEnd end_;
};

}  // namespace

bool WalkEnd::proves_gone(const std::string& path) const {
  if (stopped || failed) return false;
  if (closed.empty()) return true;
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    if (closed.contains(path.substr(0, slash))) return false;
  }
  return !closed.contains("");
}

WalkEnd walk(const Root& root, const std::string& start, Selection& selection, const WalkCallbacks& callbacks) {
  return Walk(root, selection, callbacks).run(start);
}

}  // namespace ca::workers
