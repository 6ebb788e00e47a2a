// Small total wrappers over POSIX calls: EINTR handled, errors as values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"

namespace ca {

// Reads FILE whole. Errors: open or read failed; larger than `limit` bytes (code EFBIG).
Result<std::string> read_file(const std::string& path, std::size_t limit);

// Reads from fd up to end of file. Errors: read failed; more than `limit` bytes (EFBIG). Blocks.
Result<std::string> read_to_end(int fd, std::size_t limit);

// Writes all bytes. Errors: write failed (EAGAIN too, where fd does not block). Blocks on a blocking fd.
Status write_all(int fd, std::string_view bytes);

// A memory file that holds `bytes`, sealed against any change, offset 0, close-on-exec. Errors: memfd_create, write, seal.
Result<UniqueFd> sealed_memory_file(const char* name, std::string_view bytes);

// Name of a signal ("SIGTERM"; "SIG" + number where it has none).
std::string signal_name(int signal_number);
// "TERM", "SIGTERM" or a number to a signal number; 0 where it is none.
int signal_number(std::string_view name);

}  // namespace ca
