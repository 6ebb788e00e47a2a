#include "supervisor/shell/child/procfs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include "common/posix.h"
#include "common/unique_fd.h"

namespace ca::shell {

namespace {

std::string read_of(pid_t pid, const char* name, std::size_t limit) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/%s", static_cast<int>(pid), name);
  auto text = read_file(path, limit);
  return text ? std::move(*text) : std::string();
}

}  // namespace

std::optional<ProcessStat> process_stat(pid_t pid) {
  const std::string text = read_of(pid, "stat", 4096);
  const std::size_t after_name = text.rfind(')');  // the name may hold anything, a parenthesis too
  if (after_name == std::string::npos) return std::nullopt;
  ProcessStat stat;
  int parent = 0;
  unsigned flags = 0;
  unsigned long user = 0, system = 0;
  long pages = 0;
  const int fields = std::sscanf(text.c_str() + after_name + 1,
                                 " %c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %*u %ld",
                                 &stat.state, &parent, &flags, &user, &system, &pages);
  if (fields != 6) return std::nullopt;
  constexpr unsigned kernel_exiting_flag = 0x4;  // PF_EXITING
  stat.parent = parent;
  stat.is_exiting = (flags & kernel_exiting_flag) != 0 || stat.state == 'Z' || stat.state == 'X';
  stat.cpu_ms = static_cast<std::int64_t>(user + system) * 1000 / ::sysconf(_SC_CLK_TCK);
  stat.rss_bytes = static_cast<std::int64_t>(pages) * ::sysconf(_SC_PAGESIZE);
  return stat;
}

std::string command_line(pid_t pid) {
  std::string text = read_of(pid, "cmdline", 4 << 20);
  while (!text.empty() && text.back() == '\0') text.pop_back();
  if (text.empty()) {
    std::string name = read_of(pid, "comm", 64);
    if (!name.empty() && name.back() == '\n') name.pop_back();
    return name.empty() ? "" : "[" + name + "]";
  }
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\0' || c == '\n'; }, ' ');
  constexpr std::size_t limit = 400;
  if (text.size() > limit) text.resize(limit);
  return text;
}

namespace {

// Where the kernel says that the environment is. Both are 0 during execve, for a zombie, and if we may not know.
struct EnvironmentRange {
  unsigned long begin = 0, end = 0;
  bool operator==(const EnvironmentRange&) const = default;
};

EnvironmentRange environment_range(pid_t pid) {
  constexpr int fields_before = 47;  // between the name and env_start, proc(5)
  const std::string text = read_of(pid, "stat", 4096);
  std::size_t at = text.rfind(')');
  for (int i = 0; i <= fields_before && at != std::string::npos; ++i) at = text.find(' ', at + 1);
  EnvironmentRange range;
  if (at == std::string::npos || std::sscanf(text.c_str() + at, " %lu %lu", &range.begin, &range.end) != 2) return {};
  return range;
}

Marker parse_marker(std::string_view text) {
  Marker marker;
  constexpr std::string_view process = "CODE_ANALYSIS_PROCESS=", tree = "CODE_ANALYSIS_TREE=";
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    const std::string_view entry = text.substr(begin, end - begin);
    if (entry.substr(0, process.size()) == process) marker.process = entry.substr(process.size());
    if (entry.substr(0, tree.size()) == tree) marker.tree = entry.substr(tree.size());
    begin = end + 1;
  }
  return marker;
}

}  // namespace

// A read that an execve interrupts ends early, without an error. So it counts only if the kernel places the environment
// at the same addresses before and after, and as many bytes came. CAP_PERFMON allows the read but shows no addresses:
// then a second read must bring the same.
std::optional<Marker> marker_of(pid_t pid) {
  const EnvironmentRange before = environment_range(pid);
  const std::string text = read_of(pid, "environ", 8 << 20);
  if (before.end == 0) {
    const bool is_whole = !text.empty() && read_of(pid, "environ", 8 << 20) == text;
    return is_whole ? std::optional(parse_marker(text)) : std::nullopt;
  }
  if (environment_range(pid) != before || text.size() != before.end - before.begin) return std::nullopt;
  return parse_marker(text);
}

std::optional<uid_t> uid_of_closed(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  const UniqueFd file(::open((folder + "/environ").c_str(), O_RDONLY | O_CLOEXEC));
  const bool is_closed = !file && (errno == EACCES || errno == EPERM);
  struct stat info{};
  if (!is_closed || ::stat(folder.c_str(), &info) != 0) return std::nullopt;
  return info.st_uid;
}

bool is_or_descends_from(pid_t pid, pid_t ancestor) {
  for (int depth = 0; depth < 256 && pid > 1; ++depth) {
    if (pid == ancestor) return true;
    const auto stat = process_stat(pid);
    if (!stat) return false;
    pid = stat->parent;
  }
  return false;
}

}  // namespace ca::shell
