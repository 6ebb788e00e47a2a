// Explores every configuration and prints what was checked. Exit code 0: all invariants hold; 1: one does not, with the
// moves that lead there; 2: more states than --most allows.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/model/configurations.h"
#include "tests/model/explore.h"

using namespace ca::model;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void print_checks(const Verdict& verdict) {
  for (int number = 1; number <= invariant_count; ++number) {
    std::printf("I%-2d  %12llu  %s\n", number, static_cast<unsigned long long>(verdict.checked(number)), invariant_text(number));
  }
}

}  // namespace

int main(int argc, char** argv) {
  bool long_run = false, brief = false;
  const char* only = nullptr;
  std::size_t most_states = 50'000'000;
  for (int at = 1; at < argc; ++at) {
    if (std::strcmp(argv[at], "--long") == 0) long_run = true;
    else if (std::strcmp(argv[at], "--brief") == 0) brief = true;
    else if (std::strncmp(argv[at], "--most=", 7) == 0) most_states = std::strtoull(argv[at] + 7, nullptr, 10);
    else if (argv[at][0] != '-') only = argv[at];
    else return std::fprintf(stderr, "usage: model [--long] [--brief] [--most=STATES] [CONFIGURATION]\n"), 64;
  }
  Verdict verdict;
  bool explored = false;
  for (const Configuration& configuration : configurations(long_run)) {
    if (only && configuration.name != only) continue;
    const auto start = std::chrono::steady_clock::now();
    const Exploration result = explore(configuration, most_states, verdict);
    explored = true;
    if (!brief) {
      std::printf("%-12s %9zu states %10zu steps %6.1f s\n", configuration.name.c_str(), result.states, result.steps,
                  seconds_since(start));
      std::fflush(stdout);
    }
    if (result.complete) continue;
    if (result.failure.empty()) return std::printf("%s: too many states\n", configuration.name.c_str()), 2;
    std::printf("%s", result.failure.c_str());
    return 1;
  }
  if (!brief) print_checks(verdict);
  return explored ? 0 : 64;
}
