#include "supervisor/shell/io/loop.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ctime>

#include "tests/support/catch.h"

using namespace ca;
using namespace ca::shell;

namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
  }
  void write() const { REQUIRE(::write(write_end.get(), "x", 1) == 1); }
  void read() const {
    char byte;
    REQUIRE(::read(read_end.get(), &byte, 1) == 1);
  }
  UniqueFd read_end, write_end;
};

void hold_up(Milliseconds time) {
  const timespec pause{0, time.count() * 1'000'000};
  ::nanosleep(&pause, nullptr);
}

}  // namespace

TEST_CASE("a timer that is due fires after what could be read by then was read, however late both are seen") {
  Loop loop;
  Pipe pipe;
  std::string order;
  auto watch = FdWatch::make(loop, pipe.read_end.get(), EPOLLIN, [&](std::uint32_t) {
    pipe.read();
    order += "read ";
  });
  REQUIRE(watch);
  const Instant deadline = MonotonicClock::now() + Milliseconds(5);
  Timer timer(loop, [&] {
    order += "time ";
    CHECK(loop.facts_until() >= deadline);
    loop.stop();
  });
  // The first callback holds the loop up over the deadline, and another fact comes meanwhile.
  Pipe first;
  auto slow = FdWatch::make(loop, first.read_end.get(), EPOLLIN, [&](std::uint32_t) {
    first.read();
    pipe.write();
    hold_up(Milliseconds(20));
    order += "slow ";
  });
  REQUIRE(slow);
  first.write();
  timer.set(deadline);
  loop.run();
  CHECK(order == "slow read time ");
}

TEST_CASE("a timer never fires early, and one that is set again or destroyed does not fire for its former time") {
  Loop loop;
  int fired = 0;
  const Instant end = MonotonicClock::now() + Milliseconds(15);
  Timer last(loop, [&] { CHECK(MonotonicClock::now() >= end); loop.stop(); });
  Timer moved(loop, [&] { ++fired; });
  {
    Timer destroyed(loop, [&] { FAIL("a timer that is gone has fired"); });
    destroyed.set(MonotonicClock::now());
  }
  moved.set(MonotonicClock::now());
  moved.set(std::nullopt);
  last.set(end);
  loop.run();
  CHECK(fired == 0);
}

TEST_CASE("a timer that sets itself to now leaves every turn its facts") {
  Loop loop;
  Pipe pipe;
  pipe.write();
  int turns = 0;
  Timer busy(loop, [&] {
    if (++turns < 1000) busy.set(MonotonicClock::now());
  });
  auto watch = FdWatch::make(loop, pipe.read_end.get(), EPOLLIN, [&](std::uint32_t) { loop.stop(); });
  REQUIRE(watch);
  busy.set(MonotonicClock::now());
  loop.run();
  CHECK(turns <= 2);
}

TEST_CASE("a callback may destroy its own watch and others that are due in the same turn") {
  Loop loop;
  Pipe pipes[3];
  std::unique_ptr<FdWatch> watches[3];
  int called = 0;
  for (int i = 0; i < 3; ++i) {
    pipes[i].write();
    auto watch = FdWatch::make(loop, pipes[i].read_end.get(), EPOLLIN, [&](std::uint32_t) {
      ++called;
      for (auto& one : watches) one.reset();
    });
    REQUIRE(watch);
    watches[i] = std::move(*watch);
  }
  loop.turn();
  loop.turn();
  CHECK(called == 1);
}

TEST_CASE("a descriptor that cannot be watched is an error, and the loop goes on") {
  Loop loop;
  const UniqueFd file(::memfd_create("file", MFD_CLOEXEC));
  CHECK(FdWatch::make(loop, file.get(), EPOLLIN, [](std::uint32_t) {}).error().code == EPERM);
  CHECK(FdWatch::make(loop, -1, EPOLLIN, [](std::uint32_t) {}).error().code == EBADF);
  loop.turn();
}

TEST_CASE("a loop for which there is no descriptor says so") {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  const Loop loop;
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(loop.usable().error().code == EMFILE);
}
