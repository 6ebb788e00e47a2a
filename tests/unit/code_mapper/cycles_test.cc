#include "cli/code_mapper/cycles.h"

#include "tests/support/catch.h"

using ca::code_mapper::find_cycles;
using Cycles = std::vector<std::vector<std::size_t>>;

TEST_CASE("no circle is found where there is none") {
  CHECK(find_cycles({}).empty());
  CHECK(find_cycles({{1, 2}, {2}, {}}).empty());
}

TEST_CASE("each group of nodes that reach each other gives one shortest circle") {
  CHECK(find_cycles({{1}, {0}}) == Cycles{{0, 1}});
  // 0 reaches itself over 1 and over 1, 2, 3: the short way is told.
  CHECK(find_cycles({{1}, {2, 0}, {3}, {0}}) == Cycles{{0, 1}});
  CHECK(find_cycles({{1}, {2}, {0}, {4}, {3}, {0}}) == Cycles{{0, 1, 2}, {3, 4}});
}

TEST_CASE("a chain of 200,000 files overflows nothing") {
  std::vector<std::vector<std::size_t>> edges(200000);
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) edges[i].push_back(i + 1);
  edges.back().push_back(0);
  CHECK(find_cycles(edges).at(0).size() == edges.size());
}
