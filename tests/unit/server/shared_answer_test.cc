#include "server/database/shared_answer.h"

#include <atomic>
#include <future>
#include <stdexcept>
#include <vector>

#include "server/database/gate.h"
#include "tests/support/catch.h"

using namespace ca;
using namespace ca::server;

TEST_CASE("all who ask while an answer is made share it, even if it is not fresh any more") {
  SharedAnswer<int> shared;
  std::atomic<int> made{0};
  std::promise<void> may_end;
  const auto end = may_end.get_future().share();
  const auto ask = [&] {
    return shared.get([&](int& answer) {
      end.wait();
      answer = ++made;
      return Milliseconds(0);
    });
  };
  std::vector<std::future<int>> all;
  for (int i = 0; i < 8; ++i) all.push_back(std::async(std::launch::async, ask));
  may_end.set_value();
  int highest = 0;
  for (auto& one : all) highest = std::max(highest, one.get());
  CHECK(highest == made);
  CHECK(ask() == made);
}

TEST_CASE("an answer is made again only once it is not fresh any more") {
  SharedAnswer<int> shared;
  int made = 0;
  const auto ask = [&](Milliseconds fresh_for) {
    return shared.get([&](int& answer) {
      answer = ++made;
      return fresh_for;
    });
  };
  CHECK(ask(Milliseconds(0)) == 1);
  CHECK(ask(Milliseconds(3'600'000)) == 2);
  CHECK(ask(Milliseconds(0)) == 2);
}

TEST_CASE("an exception reaches the one who made the answer, and the next one makes it anew") {
  SharedAnswer<int> shared;
  CHECK_THROWS_AS(shared.get([](int&) -> Milliseconds { throw std::runtime_error("no"); }), std::runtime_error);
  CHECK(shared.get([](int& answer) {
    answer = 5;
    return Milliseconds(0);
  }) == 5);
}

TEST_CASE("a gate lets in as many as it has places, and refuses at once if its queue is full") {
  Gate gate(2, 0);
  const auto first = gate.enter(Milliseconds(0));
  auto second = gate.enter(Milliseconds(0));
  CHECK(first);
  CHECK(second);
  CHECK_FALSE(gate.enter(Milliseconds(3'600'000)));
  second.reset();
  CHECK(gate.enter(Milliseconds(0)));
}

TEST_CASE("who waits at a gate gets the place that another gives back") {
  Gate gate(1, 1);
  auto first = gate.enter(Milliseconds(0));
  auto waits = std::async(std::launch::async, [&] { return gate.enter(Milliseconds(60'000)) != nullptr; });
  first.reset();
  CHECK(waits.get());
  CHECK_FALSE((first = gate.enter(Milliseconds(0)), gate.enter(Milliseconds(1))));
}
