// Breadth first through every world that the production step can come to, with the liveness of each proved at the end.
#pragma once

#include <cstddef>
#include <string>

#include "tests/model/invariants.h"

namespace ca::model {

struct Exploration {
  std::size_t states = 0;
  std::size_t steps = 0;
  bool complete = false;    // false: a violation was found, or more than `most_states`
  std::string failure;      // the violation and the moves that lead to it; empty where there is none
};

Exploration explore(const Configuration& configuration, std::size_t most_states, Verdict& verdict);

}  // namespace ca::model
