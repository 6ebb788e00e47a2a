#include "supervisor/shell/link_sender.h"

#include <sys/epoll.h>

#include <cerrno>

namespace ca::shell {

void LinkSender::notify(std::string text) {
  queue_.push(std::move(text));
  flush();
}

void LinkSender::tree_is_ready() {
  ready_is_kept_ = true;
  flush();
}

void LinkSender::flush() {
  if (!send_all() && errno == EAGAIN) return watch_for_room();
  room_watch_.reset();  // all is sent, or the guardian is dead, which its end of the link reports
  room_.reset();
}

bool LinkSender::send_all() {
  // First of all, so that READY=1 is not overtaken by a RELOADING=1 or STOPPING=1 that came after it.
  if (ready_is_kept_ && !send_message(link_, {LinkKind::ready, 0, 0, {}})) return false;
  ready_is_kept_ = false;
  while (!queue_.empty()) {
    if (!send_message(link_, {LinkKind::notify, 0, 0, queue_.front()})) return false;
    queue_.pop();
  }
  return true;
}

void LinkSender::watch_for_room() {
  if (room_watch_) return;
  // The loop watches the link for reading already, so it watches an epoll descriptor that watches the link for room.
  room_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event interest{};
  interest.events = EPOLLOUT;
  if (!room_ || ::epoll_ctl(room_.get(), EPOLL_CTL_ADD, link_, &interest) != 0) {
    room_.reset();  // out of descriptors or watches: the next message tries again
    return;
  }
  auto watch = FdWatch::make(loop_, room_.get(), EPOLLIN, [this](std::uint32_t) { flush(); });
  if (watch) room_watch_ = std::move(*watch);
}

}  // namespace ca::shell
