// A fuzz target: a function that takes any bytes and holds what it exercises to its word.
//
// CA_FUZZ_TARGET(name) { ... input ... } defines one. With CODE_ANALYSIS_LIBFUZZER it becomes libFuzzer's entry point, a program
// a target; otherwise all targets register themselves in one program, `fuzz_replay`. A property that does not hold is a
// CA_CHECK: both ways of running take the abort for a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/check.h"

namespace ca::fuzz {

using Target = void (*)(std::string_view input);

struct Registration {
  Registration(const char* name, Target target);
};

// Cuts an input into the numbers and pieces that a target wants; at the end it gives zeros and empty pieces.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    const std::string_view one = take(1);
    return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one[0]);
  }
  std::string_view take(std::size_t count) {
    const std::string_view piece = rest_.substr(0, count);
    rest_.remove_prefix(piece.size());
    return piece;
  }
  // Up to the next `end`, which is taken too.
  std::string_view until(char end) {
    const std::size_t at = rest_.find(end);
    const std::string_view piece = rest_.substr(0, at);
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + 1);
    return piece;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace ca::fuzz

#ifdef CODE_ANALYSIS_LIBFUZZER
#define CA_FUZZ_TARGET(name)                                                        \
  static void fuzz_##name(std::string_view input);                                  \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    fuzz_##name({reinterpret_cast<const char*>(data), size});                       \
    return 0;                                                                       \
  }                                                                                 \
  static void fuzz_##name(std::string_view input)
#else
#define CA_FUZZ_TARGET(name)                                                          \
  static void fuzz_##name(std::string_view input);                                    \
  static const ca::fuzz::Registration registration_of_##name(#name, fuzz_##name);     \
  static void fuzz_##name(std::string_view input)
#endif
