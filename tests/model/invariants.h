// The numbered invariants of docs/lifecycle.md, checked on every step and in every state of the exploration.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/model/world.h"

namespace ca::model {

inline constexpr int invariant_count = 25;  // numbered from 1

// One line a number, as docs/lifecycle.md has it in full. REQUIRES: 1 <= number <= invariant_count.
const char* invariant_text(int number);

struct Violation {
  int invariant;
  std::string detail;
};

// Counts how often each invariant was put to the test (not merely passed by), and keeps the first violation.
class Verdict {
 public:
  // `holds` is what the invariant demands here.
  void demand(int invariant, bool holds, const std::string& detail) {
    ++checked_[static_cast<std::size_t>(invariant)];
    if (!holds && !first_) first_ = Violation{invariant, detail};
  }
  std::uint64_t checked(int invariant) const { return checked_[static_cast<std::size_t>(invariant)]; }
  const std::optional<Violation>& first() const { return first_; }

 private:
  std::array<std::uint64_t, invariant_count + 1> checked_{};
  std::optional<Violation> first_;
};

// Makes the move: time passes, the production step runs, the observer follows its orders one by one and checks each.
World make(const Configuration& configuration, const World& before, const Move& move, Verdict& verdict);

// What must hold between two events.
void check_state(const Configuration& configuration, const World& world, Verdict& verdict);

}  // namespace ca::model
