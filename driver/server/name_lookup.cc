#include "driver/server/name_lookup.h"

#include <netdb.h>
#include <sys/socket.h>

#include <map>

#include "common/check.h"

namespace ca::driver {

Result<Addresses> resolve_by_system(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &raw); error != 0) return failure(::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(raw, ::freeaddrinfo);
  Addresses addresses;
  for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0) addresses.emplace_back(text);
  }
  return addresses;
}

struct NameLookup::State {
  EventLoop& loop;
  Resolve resolve;
  std::map<std::string, std::vector<std::weak_ptr<Done>>> waiting;  // by the name that is being looked up
  bool over = false;
};

struct NameLookup::Work {
  uv_work_t work{};
  std::shared_ptr<State> state;
  std::string name;
  Result<Addresses> addresses;
};

NameLookup::NameLookup(EventLoop& loop, Resolve resolve) : state_(new State{loop, std::move(resolve), {}}) {}

NameLookup::~NameLookup() { state_->over = true; }

NameLookup::Ticket NameLookup::look_up(const std::string& name, Done done) {
  auto ticket = std::make_shared<Done>(std::move(done));
  auto& waiting = state_->waiting[name];
  waiting.push_back(ticket);
  if (waiting.size() > 1) return ticket;
  auto* work = new Work{{}, state_, name, {}};
  work->work.data = work;
  const auto run = [](uv_work_t* raw) {
    auto* self = static_cast<Work*>(raw->data);
    self->addresses = self->state->resolve(self->name);
  };
  const auto after = [](uv_work_t* raw, int) {
    const std::unique_ptr<Work> self(static_cast<Work*>(raw->data));
    if (self->state->over) return;
    const auto node = self->state->waiting.extract(self->name);
    for (const auto& one : node.mapped()) {
      if (const auto wanted = one.lock()) (*wanted)(self->addresses);
    }
    if (self->state->loop.settle) self->state->loop.settle();
  };
  CA_CHECK(uv_queue_work(state_->loop.raw(), &work->work, run, after) == 0);
  return ticket;
}

}  // namespace ca::driver
