#include "supervisor/guardian/parent_notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace ca {

void NotifyQueue::push(std::string message) {
  const auto variable = [](std::string_view text) { return text.substr(0, text.find('=')); };
  const auto is_replaced = [&](const std::string& kept) { return variable(kept) == variable(message); };
  messages_.erase(std::remove_if(messages_.begin(), messages_.end(), is_replaced), messages_.end());
  messages_.push_back(std::move(message));
}

ParentNotify ParentNotify::from_environment() {
  ParentNotify notify;
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path != nullptr && (path[0] == '/' || path[0] == '@')) notify.path_ = path;
  if (notify.path_.size() >= sizeof sockaddr_un::sun_path) notify.path_.clear();
  return notify;
}

void ParentNotify::send(std::string message) {
  if (path_.empty()) return;
  queue_.push(std::move(message));
  flush();
}

void ParentNotify::flush() {
  while (!queue_.empty()) {
    Sent sent = send_now(queue_.front());
    if (sent == Sent::no_receiver) sent = send_now(queue_.front());  // another socket may have taken its place
    if (sent != Sent::yes) return;
    queue_.pop();
  }
}

bool ParentNotify::connect() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.data(), path_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) return false;
  socket_ = std::move(fd);
  return true;
}

ParentNotify::Sent ParentNotify::send_now(const std::string& message) {
  if (!socket_ && !connect()) return Sent::no_receiver;
  ssize_t count = 0;
  do {
    count = ::send(socket_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  if (count >= 0) return Sent::yes;
  if (errno == EAGAIN) return Sent::no_room;
  socket_.reset();  // so that nobody polls a descriptor that cannot help
  return Sent::no_receiver;
}

}  // namespace ca
