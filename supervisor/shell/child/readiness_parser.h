// What a child writes to its readiness pipe, byte by byte: lines "WAITING text\n", then one line "READY\n".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ca::shell {

struct ReadinessFact {
  enum class Kind {
    ready,     // the line READY
    progress,  // a WAITING line; `text` is what it says
    lost,      // anything else: garbage, an over-long line, end of file before READY
  };
  Kind kind;
  std::string text;
};

// Tells `ready` or `lost` at most once; whatever comes after that is ignored. Memory is bounded by one line.
class ReadinessParser {
 public:
  std::vector<ReadinessFact> feed(std::string_view bytes);
  std::vector<ReadinessFact> end_of_file();

  bool is_decided() const { return is_decided_; }

  static constexpr std::size_t line_limit = 4096;

 private:
  std::string line_;
  bool is_decided_ = false;
};

}  // namespace ca::shell
