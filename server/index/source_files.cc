#include "server/index/source_files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/check.h"
#include "common/posix.h"
#include "common/unique_fd.h"
#include "server/http/parameters.h"

namespace ca::server {

namespace {

UniqueFd open_beneath(int root, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;  // a pipe must not hold the server up
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  int fd = -1;
  do {
    fd = static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));  // EAGAIN: something was renamed meanwhile
  return UniqueFd(fd);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string copy(text);
  std::transform(copy.begin(), copy.end(), copy.begin(), lower);
  return copy;
}

std::string valid_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string valid;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80) valid += c;
    else if (valid.size() < 3 || valid.compare(valid.size() - 3, 3, "\xEF\xBF\xBD") != 0) valid += "\xEF\xBF\xBD";
  }
  return valid;
}

// At most `size` bytes, and no character cut in two.
std::string_view cut(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace

Result<std::string> read_source(const std::string& root, const std::string& path) {
  const UniqueFd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  // Without a code: the file may be there.
  if (!folder) return failure(std::string("cannot open the project's folder: ") + std::strerror(errno));
  const UniqueFd file = open_beneath(folder.get(), path);
  if (!file) return system_failure("cannot open " + path, errno);
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return system_failure(path, errno);
  if (!S_ISREG(about.st_mode)) return failure(path + " is no regular file");
  auto bytes = read_to_end(file.get(), max_source_bytes);
  if (!bytes) return failure(path + ": " + bytes.error().message, bytes.error().code);
  return bytes;
}

bool is_not_there(const Error& error) {
  return error.code == ENOENT || error.code == ENOTDIR || error.code == ELOOP || error.code == EXDEV;
}

Excerpt excerpt_of(std::string_view text, std::int64_t start_line, std::int64_t end_line) {
  Excerpt excerpt{std::max<std::int64_t>(start_line, 1), 0, 0, ""};
  std::string lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
    ++excerpt.line_count;
    if (excerpt.line_count >= excerpt.start_line && excerpt.line_count <= end_line) {
      lines += text.substr(at, end - at);
      excerpt.end_line = excerpt.line_count;
    }
    at = end;
  }
  excerpt.text = valid_utf8(lines);
  return excerpt;
}

bool has_nul_at_start(std::string_view text) {
  constexpr std::size_t beginning = 8192;
  return text.substr(0, beginning).find('\0') != std::string_view::npos;
}

std::vector<LineMatch> matching_lines(std::string_view text, std::string_view needle, bool case_sensitive,
                                      std::size_t limit) {
  CA_CHECK(!needle.empty());
  constexpr std::size_t longest_line = 400;
  std::vector<LineMatch> matches;
  if (has_nul_at_start(text)) return matches;
  const std::string lowered_text = case_sensitive ? "" : lowered(text);
  const std::string lowered_needle = case_sensitive ? "" : lowered(needle);
  const std::string_view hay = case_sensitive ? text : lowered_text;
  const std::string_view wanted = case_sensitive ? needle : lowered_needle;
  std::int64_t line = 1;
  std::size_t counted = 0;  // newlines before this are in `line`
  for (std::size_t at = 0; matches.size() < limit;) {
    const void* found = ::memmem(hay.data() + at, hay.size() - at, wanted.data(), wanted.size());
    if (found == nullptr) break;
    const auto position = static_cast<std::size_t>(static_cast<const char*>(found) - hay.data());
    line += std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                       text.begin() + static_cast<std::ptrdiff_t>(position), '\n');
    counted = position;
    const auto before = position == 0 ? std::string_view::npos : text.rfind('\n', position - 1);
    const auto start = before == std::string_view::npos ? 0 : before + 1;
    const auto end = std::min(text.find('\n', position), text.size());
    matches.push_back({line, valid_utf8(cut(text.substr(start, end - start), longest_line))});
    at = std::min(end + 1, text.size());
    if (at == text.size()) break;
  }
  return matches;
}

}  // namespace ca::server
