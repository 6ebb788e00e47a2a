#include "driver/session/scheduler.h"

#include <array>
#include <string>
#include <vector>

#include "driver/session/lease_budget.h"
#include "tests/support/catch.h"

using namespace ca;
using namespace ca::driver;

namespace {

struct Person : Waiter {
  Person(std::string the_name, Priority the_priority) : name(std::move(the_name)) { priority = the_priority; }
  std::string name;
};

Instant at(int milliseconds) { return Instant{} + std::chrono::milliseconds(milliseconds); }

}  // namespace

TEST_CASE("within a class the first come is the first served") {
  Scheduler scheduler;
  Person a("a", Priority::normal), b("b", Priority::normal), c("c", Priority::normal);
  scheduler.push(a, at(1));
  scheduler.push(b, at(2));
  scheduler.push(c, at(3));
  CHECK(scheduler.oldest() == &a);
  scheduler.remove(b);
  CHECK_FALSE(b.waiting());
  CHECK(scheduler.pop() == &a);
  CHECK(scheduler.pop() == &c);
  CHECK(scheduler.pop() == nullptr);
  CHECK(scheduler.size() == 0);
}

TEST_CASE("between classes that all wait the turns are 16 to 4 to 1, and nobody starves") {
  Scheduler scheduler;
  std::array<int, priority_count> turns{};
  std::vector<std::unique_ptr<Person>> people;
  for (int each = 0; each < 3; ++each) {
    for (const auto priority : {Priority::interactive, Priority::normal, Priority::bulk}) {
      people.push_back(std::make_unique<Person>("", priority));
      scheduler.push(*people.back(), at(each));
    }
  }
  for (int turn = 0; turn < 2100; ++turn) {
    Waiter* next = scheduler.pop();
    REQUIRE(next != nullptr);
    ++turns[static_cast<std::size_t>(next->priority)];
    scheduler.push(*next, at(turn));
  }
  CHECK(turns[0] == Approx(1600).margin(20));
  CHECK(turns[1] == Approx(400).margin(20));
  CHECK(turns[2] == Approx(100).margin(20));
}

TEST_CASE("a class that had nobody waiting saves no turns up") {
  Scheduler scheduler;
  Person busy("busy", Priority::interactive);
  for (int turn = 0; turn < 1000; ++turn) {
    scheduler.push(busy, at(turn));
    REQUIRE(scheduler.pop() == &busy);
  }
  Person late1("late1", Priority::bulk), late2("late2", Priority::bulk);
  scheduler.push(late1, at(2000));
  scheduler.push(late2, at(2000));
  int bulk_turns = 0;
  for (int turn = 0; turn < 10; ++turn) {
    if (!busy.waiting()) scheduler.push(busy, at(2000));
    if (scheduler.pop()->priority == Priority::bulk) ++bulk_turns;
  }
  CHECK(bulk_turns <= 2);
}

TEST_CASE("classes that are not allowed keep their place") {
  Scheduler scheduler;
  Person bulk("bulk", Priority::bulk), normal("normal", Priority::normal);
  scheduler.push(bulk, at(1));
  CHECK(scheduler.pop(3) == nullptr);
  scheduler.push(normal, at(2));
  CHECK(scheduler.pop(3) == &normal);
  CHECK(scheduler.size(Priority::bulk) == 1);
  CHECK(scheduler.pop() == &bulk);
}

TEST_CASE("priorities are read by their names only") {
  Priority priority = Priority::normal;
  CHECK(parse_priority("bulk", priority));
  CHECK(priority == Priority::bulk);
  CHECK_FALSE(parse_priority("urgent", priority));
  CHECK_FALSE(parse_priority("", priority));
  CHECK(priority == Priority::bulk);
  CHECK(priority_name(Priority::interactive) == "interactive");
}

TEST_CASE("each kind of lease has its limit, and bulk work leaves the last quarter") {
  constexpr unsigned without_bulk = 3;
  LeaseBudget budget(4, 2);
  CHECK(budget.allowed(LeaseMode::shared) == Scheduler::all_classes);
  for (int count = 0; count < 3; ++count) budget.lend(LeaseMode::shared);
  CHECK(budget.allowed(LeaseMode::shared) == without_bulk);
  budget.lend(LeaseMode::shared);
  CHECK(budget.allowed(LeaseMode::shared) == 0);
  CHECK(budget.allowed(LeaseMode::exclusive) == Scheduler::all_classes);
  budget.lend(LeaseMode::exclusive);
  CHECK(budget.allowed(LeaseMode::exclusive) == without_bulk);
  budget.take_back(LeaseMode::shared);
  CHECK(budget.allowed(LeaseMode::shared) == without_bulk);
}

TEST_CASE("with one connection of a kind bulk work may have it") {
  LeaseBudget budget(1, 1);
  CHECK(budget.allowed(LeaseMode::shared) == Scheduler::all_classes);
  CHECK(budget.allowed(LeaseMode::exclusive) == Scheduler::all_classes);
}

TEST_CASE("a shared lease that becomes exclusive never lifts the sum over both limits") {
  LeaseBudget budget(2, 1);
  budget.lend(LeaseMode::exclusive);
  budget.lend(LeaseMode::shared);
  budget.make_exclusive();
  CHECK(budget.exclusive() == 2);  // one beyond its limit
  CHECK(budget.allowed(LeaseMode::exclusive) == 0);
  CHECK(budget.allowed(LeaseMode::shared) != 0);
  budget.lend(LeaseMode::shared);
  CHECK(budget.in_use() == budget.total_limit());
  CHECK(budget.allowed(LeaseMode::shared) == 0);
  budget.take_back(LeaseMode::exclusive);
  CHECK(budget.allowed(LeaseMode::shared) != 0);
}

TEST_CASE("no more requests are grantable than there are places for their classes") {
  struct Request : Waiter {};
  std::array<Request, 9> requests;
  Scheduler queue;
  const auto push = [&](std::size_t at, Priority priority) {
    requests[at].priority = priority;
    queue.push(requests[at], Instant{});
  };
  LeaseBudget budget(4, 8);
  for (std::size_t at = 0; at < 6; ++at) push(at, Priority::bulk);
  CHECK(budget.grantable(LeaseMode::shared, queue) == 3);
  CHECK(budget.grantable(LeaseMode::exclusive, queue) == 6);
  push(6, Priority::normal);
  push(7, Priority::interactive);
  CHECK(budget.grantable(LeaseMode::shared, queue) == 4);
  for (int count = 0; count < 3; ++count) budget.lend(LeaseMode::shared);
  CHECK(budget.grantable(LeaseMode::shared, queue) == 1);
  for (int count = 0; count < 9; ++count) budget.lend(LeaseMode::exclusive);  // one beyond its limit
  CHECK(budget.grantable(LeaseMode::shared, queue) == 0);
}
