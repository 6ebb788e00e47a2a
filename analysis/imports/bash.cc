// Bash: `source` takes a path from where the script runs, which is mostly its own folder or the project's root. A prefix that the
// shell works out ("$DIR/", "$(dirname "$0")/") is taken for a folder of the project.
#include "analysis/imports/resolver.h"

namespace ca::analysis::imports {
namespace {

// The part behind the last expansion; whether there is one at all; whether it is the script's own folder.
struct Written {
  std::string_view tail;
  bool is_expanded = false;
  bool is_own_folder = false;
  bool is_known = true;  // false: an expansion stands behind the last slash or in the middle of a name
};

Written read(std::string_view target) {
  Written out{target};
  if (target.find_first_of("*?[~") == 0) out.is_known = false;
  const std::size_t last = target.find_last_of("$)}`\"'");
  if (last == std::string_view::npos) return out;
  out.is_expanded = true;
  std::size_t end = last + 1;
  if (target[last] == '$') end = target.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_", last + 1);
  out.is_known = end < target.size() && target[end] == '/';
  if (!out.is_known) return out;
  out.tail = target.substr(end + 1);
  const std::string_view prefix = target.substr(0, end);
  for (const char* own : {"dirname", "BASH_SOURCE", "${0%"}) out.is_own_folder |= prefix.find(own) != std::string_view::npos;
  return out;
}

}  // namespace

Resolved resolve_bash(const ProjectPaths& paths, std::string_view importer, const Import& import) {
  const Written written = read(import.target);
  if (!written.is_known || written.tail.empty() || written.tail.starts_with('/')) return {};
  const std::string here = join(folder_of(importer), written.tail), at_root = join("", written.tail);
  for (const std::string& path : {here, at_root}) {
    if (!path.empty() && paths.has_file(path)) return {Resolved::Kind::file, path};
  }
  std::string path = paths.unique_file(at_root);
  if (!path.empty()) return {Resolved::Kind::file, path};
  const bool is_ours = written.is_own_folder || (!written.is_expanded && written.tail.starts_with('.') && written.tail.find('/') < 3);
  const bool hidden = here.empty() || paths.may_hide(here) || paths.may_hide(at_root);
  return is_ours && !hidden ? Resolved{Resolved::Kind::missing, {}} : Resolved();
}

}  // namespace ca::analysis::imports
