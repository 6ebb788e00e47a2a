#include "common/builtin_config.h"

#include <cstdlib>

#include "common/posix.h"
#include "common/unique_fd.h"

namespace ca {

Result<std::string> take_config_text() {
  const char* text = std::getenv("CONFIG_FD");
  if (text == nullptr) {
    return failure("CONFIG_FD is not set: this program is started by code-analysisd, not by hand");
  }
  const UniqueFd fd(std::atoi(text));
  ::unsetenv("CONFIG_FD");
  constexpr std::size_t limit = 16 << 20;
  return read_to_end(fd.get(), limit);
}

}  // namespace ca
