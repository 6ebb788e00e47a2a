// fuzz_replay: every target of this folder without libFuzzer, as CTest runs them: each seed once, then random changes of seeds.
//   fuzz_replay [--seed N] [--count N] [--only TARGET] FOLDER...
// A FOLDER has a folder of inputs for each target. Before each run the input is written to fuzz_replay.input, which stays
// where the run ends in a crash; `fuzz_replay --only TARGET FILE` runs that file alone. Exit code 0: no finding; 64: usage.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "common/posix.h"
#include "common/unique_fd.h"
#include "tests/fuzz/target.h"

namespace {

namespace fs = std::filesystem;
using Random = std::mt19937_64;

constexpr const char* input_file = "fuzz_replay.input";
constexpr std::size_t longest_input = 32 << 10;

std::map<std::string, ca::fuzz::Target>& targets() {
  static std::map<std::string, ca::fuzz::Target> all;
  return all;
}

struct Options {
  std::uint64_t seed = 1;
  int count = 500;
  std::string only;
  std::vector<fs::path> places;
};

std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> seeds_of(const std::string& target, const Options& options) {
  std::vector<fs::path> files;
  for (const fs::path& place : options.places) {
    if (fs::is_regular_file(place)) files.push_back(place);
    if (!fs::is_directory(place / target)) continue;
    for (const auto& entry : fs::directory_iterator(place / target)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // the same order everywhere, so that a seed number means the same inputs
  std::vector<std::string> seeds;
  for (const fs::path& file : files) seeds.push_back(read_file(file));
  return seeds;
}

void change(std::string& text, const std::vector<std::string>& seeds, Random& random) {
  const auto below = [&](std::size_t limit) { return limit == 0 ? 0 : static_cast<std::size_t>(random() % limit); };
  const std::size_t at = below(text.size() + 1);
  switch (below(7)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(random());
      break;
    case 1:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
      break;
    case 2: text.insert(at, 1, static_cast<char>(random())); break;
    case 3: text.erase(at, 1 + below(8)); break;
    case 4: text.insert(at, text.substr(below(text.size() + 1), below(64))); break;
    case 5: {
      const std::string& other = seeds[below(seeds.size())];
      text.insert(at, other.substr(below(other.size() + 1), below(64)));
      break;
    }
    default: {
      constexpr char edges[] = {'\0', '\n', '\x7f', '\x80', '\xff', '"', '{', '\\'};
      if (at < text.size()) text[at] = edges[below(sizeof edges)];
      break;
    }
  }
}

// The input at hand, kept where a crash leaves it.
class Witness {
 public:
  Witness() : fd_(::open(input_file, O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {}
  ~Witness() { ::unlink(input_file); }
  void run(ca::fuzz::Target target, const std::string& input) {
    [[maybe_unused]] const bool written =
        ::ftruncate(fd_.get(), 0) == 0 && ::pwrite(fd_.get(), input.data(), input.size(), 0) >= 0;
    target(input);
  }

 private:
  ca::UniqueFd fd_;
};

bool run_target(const std::string& name, ca::fuzz::Target target, const Options& options) {
  const auto seeds = seeds_of(name, options);
  if (seeds.empty()) {
    fmt::print(stderr, "{}: no inputs\n", name);
    return false;
  }
  const auto start = std::chrono::steady_clock::now();
  Witness witness;
  for (const std::string& seed : seeds) witness.run(target, seed);
  Random random(options.seed);
  for (int i = 0; i < options.count; ++i) {
    std::string text = seeds[random() % seeds.size()];
    for (std::uint64_t changes = 1 + random() % 8; changes > 0; --changes) change(text, seeds, random);
    if (text.size() > longest_input) text.resize(longest_input);
    witness.run(target, text);
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  fmt::print("{:<14} {:>4} inputs, {} changed ones, {:.1f} s\n", name, seeds.size(), options.count, taken.count());
  return true;
}

bool read_arguments(int count, char** arguments, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    if (word.substr(0, 2) != "--") {
      options.places.emplace_back(word);
      continue;
    }
    if (i + 1 == count) return false;
    const std::string value = arguments[++i];
    if (word == "--only") {
      options.only = value;
    } else if (word == "--seed") {
      options.seed = std::strtoull(value.c_str(), nullptr, 10);
    } else if (word == "--count") {
      options.count = std::atoi(value.c_str());
    } else {
      return false;
    }
  }
  const bool one_file = options.places.size() == 1 && fs::is_regular_file(options.places.front());
  if (one_file) options.count = 0;
  return !options.places.empty() && (options.only.empty() ? !one_file : targets().count(options.only) == 1);
}

}  // namespace

ca::fuzz::Registration::Registration(const char* name, Target target) { targets().emplace(name, target); }

int main(int count, char** arguments) {
  Options options;
  if (!read_arguments(count, arguments, options)) {
    fmt::print(stderr, "usage: fuzz_replay [--seed N] [--count N] [--only TARGET] FOLDER...\n"
                       "       fuzz_replay --only TARGET FILE\n");
    return 64;
  }
  fmt::print("seed {} (again: --seed {} --count {}); a crash leaves its input in {}\n", options.seed, options.seed,
             options.count, (fs::current_path() / input_file).native());
  std::fflush(stdout);
  bool all = true;
  for (const auto& [name, target] : targets()) {
    if (options.only.empty() || options.only == name) all = run_target(name, target, options) && all;
    std::fflush(stdout);
  }
  return all ? 0 : 1;
}
