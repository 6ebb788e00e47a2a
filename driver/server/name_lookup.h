// Host names to addresses, without blocking the loop: getaddrinfo(3) runs in one of libuv's threads.
//
// A look-up may take as long as the resolver likes. Requests for a name that is being looked up share that look-up, so that
// a resolver that hangs occupies one thread per name at most.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "driver/io/event_loop.h"

namespace ca::driver {

using Addresses = std::vector<std::string>;  // numeric, in the resolver's order

// Blocks. Errors: the name is unknown, or the resolver failed.
Result<Addresses> resolve_by_system(const std::string& name);

class NameLookup {
 public:
  using Resolve = std::function<Result<Addresses>(const std::string& name)>;  // called in a thread; may block
  using Done = std::function<void(const Result<Addresses>& addresses)>;
  using Ticket = std::shared_ptr<Done>;

  explicit NameLookup(EventLoop& loop, Resolve resolve = resolve_by_system);
  ~NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  // Calls `done` later, on the loop, unless the ticket is gone by then.
  [[nodiscard]] Ticket look_up(const std::string& name, Done done);

 private:
  struct Work;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ca::driver
