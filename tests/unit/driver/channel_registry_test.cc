#include "driver/notifications/channel_registry.h"

#include <algorithm>
#include <chrono>

#include "driver/notifications/notifications.h"
#include "tests/support/catch.h"

using namespace ca::driver;
using Added = ChannelRegistry::Added;

namespace {

struct Client final : NotificationListener {
  void notified(const NotificationPtr&) override {}
  void listen_answered(std::string_view) override {}
  void listening_lost(const std::string&) override {}
};

ca::Instant at(int seconds) { return ca::Instant(std::chrono::seconds(seconds)); }

using Names = std::vector<std::string>;
using Listeners = std::vector<NotificationListener*>;

}  // namespace

TEST_CASE("PostgreSQL is asked once for a channel, and all who wait for it listen at its answer") {
  ChannelRegistry registry;
  Client one, other, late;
  CHECK(registry.add(one, "a", at(0)) == Added::first);
  registry.asked("a", 1);
  CHECK(registry.add(other, "a", at(0)) == Added::waits);
  CHECK(registry.listeners("a").empty());
  CHECK(registry.confirmed("a", 1) == Listeners{&one, &other});
  CHECK(registry.add(late, "a", at(0)) == Added::listens);
  CHECK(registry.listeners("a").size() == 3);
  CHECK(registry.add(late, "a", at(0)) == Added::listens);
  CHECK(registry.channels_of(late) == 1);
  CHECK(registry.listener_count() == 3);
}

TEST_CASE("the answer to a LISTEN that was given up meanwhile confirms nothing") {
  ChannelRegistry registry;
  Client one;
  registry.add(one, "a", at(0));
  registry.asked("a", 1);
  CHECK(registry.remove(one, "a") == Names{"a"});
  CHECK(registry.confirmed("a", 1).empty());
  CHECK(registry.add(one, "a", at(0)) == Added::first);
  registry.asked("a", 2);
  CHECK(registry.confirmed("a", 1).empty());
  CHECK_FALSE(registry.listens(one, "a"));
  CHECK(registry.confirmed("a", 2) == Listeners{&one});
  CHECK(registry.listens(one, "a"));
}

TEST_CASE("a channel is unwanted when its last listener has gone, whichever way it goes") {
  ChannelRegistry registry;
  Client one, other;
  for (const char* name : {"a", "b", "c"}) {
    registry.add(one, name, at(0));
    registry.asked(name, 1);
    registry.confirmed(name, 1);
  }
  registry.add(other, "b", at(0));
  CHECK(registry.remove(one, "a") == Names{"a"});
  CHECK(registry.remove(one, "a").empty());
  CHECK(registry.remove_all(one) == Names{"c"});
  CHECK(registry.channels() == Names{"b"});
  CHECK(registry.remove_all(one).empty());
  CHECK(registry.remove_all(other) == Names{"b"});
  CHECK(registry.empty());
  CHECK(registry.listener_count() == 0);
}

TEST_CASE("withdrawing gives up what is waited for and keeps what is listened on") {
  ChannelRegistry registry;
  Client one;
  registry.add(one, "a", at(0));
  registry.asked("a", 1);
  registry.confirmed("a", 1);
  registry.add(one, "b", at(0));
  CHECK(registry.withdraw(one) == Names{"b"});
  CHECK(registry.channels_of(one) == 1);
  CHECK(registry.listens(one, "a"));
}

TEST_CASE("a refused LISTEN leaves nothing behind, and the next one asks again") {
  ChannelRegistry registry;
  Client one;
  registry.add(one, "a", at(0));
  registry.asked("a", 1);
  CHECK(registry.refused("a", 2).empty());
  CHECK(registry.refused("a", 1) == Listeners{&one});
  CHECK(registry.empty());
  CHECK(registry.channels_of(one) == 0);
  CHECK(registry.add(one, "a", at(0)) == Added::first);
}

TEST_CASE("at a loss those who have listened are named, and those who wait go on waiting") {
  ChannelRegistry registry;
  Client one, other;
  registry.add(one, "a", at(0));
  registry.asked("a", 1);
  registry.confirmed("a", 1);
  registry.add(one, "b", at(0));
  registry.asked("b", 2);
  registry.add(other, "b", at(5));
  CHECK(registry.unconfirm() == Listeners{&one});
  CHECK(registry.confirmed("b", 2).empty());
  CHECK(registry.remove_all(one) == Names{"a"});
  registry.asked("b", 3);
  CHECK(registry.confirmed("b", 3) == Listeners{&other});
}

TEST_CASE("who waits for too long is refused, and no other") {
  ChannelRegistry registry;
  Client one, other;
  registry.add(one, "a", at(1));
  registry.add(other, "a", at(3));
  registry.add(one, "b", at(3));
  CHECK(registry.refuse_older(at(2)) == Listeners{&one});
  CHECK(registry.channels_of(one) == 1);
  CHECK(registry.refuse_older(at(2)).empty());
  CHECK(registry.refuse_older(at(3)).size() == 2);
  CHECK(registry.empty());
}
