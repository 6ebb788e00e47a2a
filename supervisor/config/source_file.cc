#include "supervisor/config/source_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/posix.h"

namespace ca::config {
namespace {

Result<std::string> read_regular_file(const std::string& file) {
  // O_NONBLOCK: a named pipe without a writer would otherwise hold the open up for ever.
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return system_failure("cannot be opened", errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return system_failure("fstat", errno);
  if (!S_ISREG(status.st_mode)) return failure("is not a regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > max_file_size) return failure(fmt::format("is {} bytes long; at most 4 MiB are read", size));
  return read_to_end(fd.get(), max_file_size);
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

bool is_forbidden_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

bool check_text(std::string_view text, Diagnostics& diagnostics) {
  Mark mark;
  for (std::size_t at = 0; at < text.size();) {
    if (is_forbidden_control(text[at])) {
      diagnostics.error(mark, text[at] == '\0'
                                  ? std::string("a NUL byte; the file is not text")
                                  : fmt::format("a control character (byte 0x{:02x})", static_cast<unsigned char>(text[at])));
      return false;
    }
    if (mark.column > max_line_length && text[at] != '\n') {
      diagnostics.error(mark, "the line is longer than 256 KiB");
      return false;
    }
    const std::size_t length = utf8_length(text.substr(at, 4));
    if (length == 0) {
      diagnostics.error(mark, fmt::format("byte 0x{:02x} is not valid UTF-8", static_cast<unsigned char>(text[at])));
      return false;
    }
    mark = text[at] == '\n' ? Mark{mark.line + 1, 1} : Mark{mark.line, mark.column + static_cast<int>(length)};
    at += length;
  }
  return true;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second >= 0xa0;
  const bool too_large = first == 0xf4 && second >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text.substr(0, 4));
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

LoadedSource load_source(const std::string& file, Diagnostics& diagnostics) {
  auto text = read_regular_file(file);
  if (!text) {
    diagnostics.error({}, "the configuration file " + text.error().message);
    return {};
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(file, error);
  const auto folder = error ? std::filesystem::path() : std::filesystem::canonical(absolute.parent_path(), error);
  if (error || !is_utf8(absolute.native()) || !is_utf8(folder.native())) {
    diagnostics.error({}, "the folder of the configuration file cannot be named" + (error ? ": " + error.message() : ""));
    return {};
  }
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text->starts_with(byte_order_mark)) text->erase(0, byte_order_mark.size());
  if (!check_text(*text, diagnostics)) return {};
  // "link/.." is not what it looks like: such a path stays as it was given.
  const bool has_parent = std::find(absolute.begin(), absolute.end(), "..") != absolute.end();
  const std::string path = has_parent ? absolute.native() : absolute.lexically_normal().native();
  return {true, {std::move(*text), path, folder.native()}};
}

}  // namespace ca::config
