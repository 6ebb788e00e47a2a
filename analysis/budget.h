// The processor time and the memory that the analysis of one file may take.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ca::analysis {

// Of this thread: a busy machine makes no file too complex.
std::int64_t processor_time_ns();

// Thrown when a budget is spent. Nothing but analyse() catches it.
struct OverBudget {
  enum class What : std::uint8_t { time, memory } what;
};

// The budget of the calling thread, from its construction to its destruction. It covers the parser's allocations: those beyond the
// limit throw OverBudget, and those that the system refuses throw std::bad_alloc, through the parser's C code too. What the parser
// still holds at the end is freed then, so nothing of it leaks.
//
// 2 s and 4 s more per MiB (real source takes 0.2 s per MiB); 128 MiB and 256 bytes more per byte (real source takes up to 120).
class Budget {
 public:
  explicit Budget(std::size_t source_bytes);
  ~Budget();

  // Of the innermost budget of this thread. Without one these do nothing.
  static bool is_time_spent();
  // Errors: throws OverBudget if the time is spent.
  static void check_time();
  // Counts memory other than the parser's. Errors: throws OverBudget.
  static void charge(std::size_t bytes);

  std::size_t memory_limit() const { return limit_; }
  // The most that the parser held at once. For tests and measurements.
  std::size_t parser_peak() const { return peak_; }

  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

 private:
  friend struct ParserMemory;
  struct Block;

  std::size_t limit_, used_ = 0, parser_used_ = 0, peak_ = 0;
  std::int64_t deadline_ns_;  // of this thread's processor time
  std::uint32_t allocations_ = 0;
  Block* first_ = nullptr;    // the parser's blocks
  Budget* outer_;
};

}  // namespace ca::analysis
