// The supervisor half's messages to the guardian. The link is full if the guardian is stopped: then they are kept, and
// merged, until it reads again.
#pragma once

#include <string>

#include "supervisor/both_halves/link.h"
#include "supervisor/guardian/parent_notify.h"
#include "supervisor/shell/io/loop.h"

namespace ca::shell {

class LinkSender {
 public:
  LinkSender(Loop& loop, int link) : loop_(loop), link_(link) {}  // REQUIRES: `link` outlives it

  // Sends a message for our own parent (sd_notify). Never blocks.
  void notify(std::string text);

  // Reports that the tree is ready for the first time. Never blocks.
  void tree_is_ready();

 private:
  void flush();
  bool send_all();
  void watch_for_room();

  Loop& loop_;
  int link_;
  NotifyQueue queue_;
  bool ready_is_kept_ = false;
  UniqueFd room_;
  std::unique_ptr<FdWatch> room_watch_;
};

}  // namespace ca::shell
