#include "driver/io/event_loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "common/unique_fd.h"
#include "tests/support/catch.h"

using namespace ca;
using namespace ca::driver;

namespace {

struct Pair {
  UniqueFd ours, theirs;
  Pair() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    ours.reset(fds[0]);
    theirs.reset(fds[1]);
  }
  void say(char c) { REQUIRE(::write(theirs.get(), &c, 1) == 1); }
  char hear() {
    char c = 0;
    return ::read(ours.get(), &c, 1) == 1 ? c : '-';
  }
};

// One turn of the loop over what is due now, twice: what a level-triggered poll has not let go of comes again.
void turn(EventLoop& loop) {
  for (int count = 0; count < 2; ++count) uv_run(loop.raw(), UV_RUN_NOWAIT);
}

}  // namespace

TEST_CASE("what comes while reading is stopped is not told, and is told once reading goes on") {
  EventLoop loop;
  Pair pair;
  int calls = 0;
  Poll poll(loop, pair.ours.get(), [&](int events) {
    CHECK(events == UV_READABLE);
    ++calls;
    pair.hear();
  });
  poll.want(UV_READABLE);
  poll.want(0);
  turn(loop);
  pair.say('a');
  pair.say('b');
  turn(loop);
  turn(loop);
  CHECK(calls == 0);
  poll.want(UV_READABLE);
  turn(loop);
  CHECK(calls == 2);
}

TEST_CASE("stopping and going on between two arrivals loses neither") {
  EventLoop loop;
  Pair pair;
  std::string heard;
  Poll poll(loop, pair.ours.get(), [&](int) { heard += pair.hear(); });
  poll.want(UV_READABLE);
  for (const char c : {'a', 'b', 'c'}) {
    poll.want(0);
    poll.want(UV_READABLE);
    pair.say(c);
    turn(loop);
  }
  CHECK(heard == "abc");
}

TEST_CASE("a poll that wants nothing does not wake its loop for what stands there") {
  EventLoop loop;
  Pair pair;
  Poll poll(loop, pair.ours.get(), [](int) { FAIL("nothing was wanted"); });
  poll.want(UV_READABLE);
  turn(loop);
  poll.want(0);
  pair.say('a');
  turn(loop);  // the one look that finds out
  CHECK(uv_loop_alive(loop.raw()) == 0);
}

TEST_CASE("room to write is told only while it is wanted") {
  EventLoop loop;
  Pair pair;
  int writable = 0;
  Poll poll(loop, pair.ours.get(), [&](int events) { writable += (events & UV_WRITABLE) != 0 ? 1 : 0; });
  poll.want(UV_READABLE | UV_WRITABLE);
  turn(loop);
  CHECK(writable == 2);
  poll.want(UV_READABLE);
  pair.say('a');
  turn(loop);
  CHECK(writable == 2);
}

TEST_CASE("a peer that goes while nothing but its going is wanted is told") {
  EventLoop loop;
  Pair pair;
  int told = 0;
  Poll poll(loop, pair.ours.get(), [&](int events) {
    told = events;
    poll.want(0);
  });
  poll.want(UV_READABLE);
  poll.want(UV_DISCONNECT);
  pair.say('a');
  turn(loop);
  CHECK(told == 0);
  pair.theirs.reset();
  turn(loop);
  CHECK((told & UV_DISCONNECT) != 0);
}

TEST_CASE("a handler may end its own poll") {
  EventLoop loop;
  Pair pair;
  auto poll = std::make_unique<Poll>(loop, pair.ours.get(), [](int) {});
  int calls = 0;
  poll = std::make_unique<Poll>(loop, pair.ours.get(), [&](int) {
    ++calls;
    poll.reset();
  });
  poll->want(UV_READABLE);
  pair.say('a');
  turn(loop);
  turn(loop);
  CHECK(calls == 1);
}
