#include "cli/code_mapper/tree.h"

#include <algorithm>
#include <filesystem>

#include "analysis/paths/ignore.h"
#include "analysis/paths/names.h"
#include "common/posix.h"

namespace ca::code_mapper {
namespace {

namespace fs = std::filesystem;
namespace paths = analysis::paths;

constexpr std::size_t max_ignore_bytes = 1u << 20;

// Returns the text of an ignore file, "" if there is none that is a plain file. What keeps it from being read is added to
// `errors`.
std::string ignore_text(const fs::path& path, std::vector<std::string>& errors) {
  std::error_code error;
  const fs::file_type type = fs::symlink_status(path, error).type();
  if (type != fs::file_type::regular && type != fs::file_type::none) return {};
  Result<std::string> text = type == fs::file_type::none ? failure(path.string() + ": " + error.message())
                                                         : read_file(path.string(), max_ignore_bytes);
  if (!text) errors.push_back(text.error().message);
  return text ? std::move(*text) : std::string();
}

bool leave_out(const std::string& name, const std::string& path, bool is_directory, const Options& options, const paths::IgnoreTree& ignore) {
  if (is_directory && paths::is_generated_folder(name)) return true;
  if (is_directory && !options.include_tests && paths::is_test_folder(name)) return true;
  if (!is_directory && paths::is_secret(path)) return true;
  return ignore.ignored_here(path, is_directory);
}

}  // namespace

Tree find_files(const Options& options) {
  Tree tree;
  paths::IgnoreTree ignore;
  ignore.set_override(options.config.exclude);
  ignore.set_fallback(ignore_text(fs::path(options.root_dir) / ".git/info/exclude", tree.errors));
  std::vector<std::string> folders = {""};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    const fs::path full = folder.empty() ? fs::path(options.root_dir) : fs::path(options.root_dir) / folder;
    std::error_code error;
    fs::directory_iterator entry(full, error), end;
    if (!error) ignore.set(folder, ignore_text(full / ".gitignore", tree.errors));
    for (; !error && entry != end; entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      const std::string path = folder.empty() ? name : folder + "/" + name;
      std::error_code unknown;
      const fs::file_type type = entry->symlink_status(unknown).type();
      if (type == fs::file_type::none) tree.errors.push_back(entry->path().string() + ": " + unknown.message());
      const bool is_directory = type == fs::file_type::directory;
      if (!is_directory && type != fs::file_type::regular) {
        tree.left_out.push_back(path);
        continue;
      }
      const bool is_left_out = leave_out(name, path, is_directory, options, ignore);
      (is_left_out ? tree.left_out : is_directory ? folders : tree.files).push_back(path);
    }
    if (error) {
      tree.errors.push_back(full.string() + ": " + error.message());
      tree.left_out.push_back(folder);  // what is in it is not missing
    }
  }
  std::sort(tree.files.begin(), tree.files.end());
  return tree;
}

}  // namespace ca::code_mapper
