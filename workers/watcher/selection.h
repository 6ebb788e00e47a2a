// Which files and folders of one project are looked at: git's ignore rules, the configuration's excludes, no version
// control or package folders, no links, no files that hold secrets by their name.
#pragma once

#include <string>
#include <string_view>

#include "analysis/paths/ignore.h"
#include "common/builtin_config.h"

namespace ca::workers {

class Selection {
 public:
  explicit Selection(const ProjectConfig& project);

  // The rules of the .gitignore in `folder` ("": the root); without text: there is none. Rules of a folder must be set
  // before what is in it is asked about.
  void set_rules(std::string_view folder, std::string_view text);
  void remove_rules(std::string_view folder);
  // .git/info/exclude of the root.
  void set_repository_excludes(std::string_view text);

  // Paths are relative to the root, without slashes at their ends. These two answer for any path.
  bool takes_file(std::string_view path) const;
  bool takes_folder(std::string_view path) const;
  // The same where the folder above is known to be taken, as in a walk from the root.
  bool takes_file_here(std::string_view path) const;
  bool takes_folder_here(std::string_view path) const;

 private:
  analysis::paths::IgnoreTree rules_;
  bool index_secrets_;
};

// Names that no column can hold: not UTF-8, or longer than an index entry may be.
bool can_be_stored(std::string_view path);

}  // namespace ca::workers
