#include "workers/indexer/left_out.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

#include "workers/files/beneath.h"

namespace ca::workers {

namespace {

constexpr std::size_t most_a_folder = 10'000;

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

std::string joined(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : folder + "/" + std::string(name);
}

bool has_file(const std::vector<std::string>& files, const std::string& path) {
  return std::binary_search(files.begin(), files.end(), path);
}

bool has_folder(const std::vector<std::string>& files, const std::string& path) {
  const auto first = std::lower_bound(files.begin(), files.end(), path + "/");
  return first != files.end() && first->starts_with(path + "/");
}

struct Listing {
  std::vector<std::string> folders, left_out;
};

Listing list(int root, const std::string& folder, const std::vector<std::string>& files) {
  Listing found;
  auto fd = open_beneath(root, folder, O_RDONLY | O_DIRECTORY);
  const std::unique_ptr<DIR, CloseFolder> entries(fd ? ::fdopendir(fd->get()) : nullptr);
  if (!entries) return {{}, {folder}};
  (void)fd->release();
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(entries.get());
    if (entry == nullptr && errno != 0) return {std::move(found.folders), {folder}};
    if (entry == nullptr) return found;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    std::string path = joined(folder, name);
    if (has_folder(files, path)) {
      found.folders.push_back(std::move(path));
    } else if (!has_file(files, path)) {
      found.left_out.push_back(std::move(path));
    }
    if (found.left_out.size() > most_a_folder) return {std::move(found.folders), {folder}};
  }
}

}  // namespace

std::vector<std::string> left_out(int root, const std::vector<std::string>& files) {
  std::vector<std::string> result, open_folders = {""};
  while (!open_folders.empty()) {
    const std::string folder = std::move(open_folders.back());
    open_folders.pop_back();
    Listing found = list(root, folder, files);
    std::move(found.left_out.begin(), found.left_out.end(), std::back_inserter(result));
    std::move(found.folders.begin(), found.folders.end(), std::back_inserter(open_folders));
  }
  return result;
}

}  // namespace ca::workers
