// sd_notify(3) towards our own parent (systemd, a container manager, another supervisor), sent by the started process.
#pragma once

#include <string>
#include <string_view>

namespace ca {

class ParentNotify {
 public:
  // Remembers NOTIFY_SOCKET; without it every call is a no-op.
  static ParentNotify from_environment();

  // One message, lines separated by newlines. Blocks: one second at most, where the receiver does not read.
  void send(std::string_view message) const noexcept;

 private:
  std::string path_;
};

}  // namespace ca
