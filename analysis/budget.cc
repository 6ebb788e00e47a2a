#include "analysis/budget.h"

#include <tree_sitter/api.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <new>

namespace ca::analysis {
namespace {

constexpr std::int64_t base_ns = 2'000'000'000, ns_per_mib = 4'000'000'000;
constexpr std::size_t base_bytes = 128u << 20, bytes_per_byte = 256;
// A single step of the parser can take minutes. It allocates in it, so the clock is looked at there too.
constexpr std::uint32_t allocations_per_look = 1024;

thread_local Budget* current_budget = nullptr;

}  // namespace

std::int64_t processor_time_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

// Stands before each of the parser's blocks.
struct alignas(std::max_align_t) Budget::Block {
  Block* previous;
  Block* next;
  std::size_t size;
  Budget* owner;  // null: allocated outside of any budget
};

// The allocator of the parser. Its functions throw through C code, which is compiled for that (grammars/CMakeLists.txt).
struct ParserMemory {
  using Block = Budget::Block;

  static void* allocate(std::size_t size) { return take(std::malloc(sizeof(Block) + checked(size)), size); }
  static void* allocate_zero(std::size_t count, std::size_t size) {
    if (size > 0 && count > SIZE_MAX / 2 / size) throw std::bad_alloc();
    return take(std::calloc(1, sizeof(Block) + checked(count * size)), count * size);
  }
  static void* reallocate(void* memory, std::size_t size) {
    if (memory == nullptr) return allocate(size);
    Block* block = static_cast<Block*>(memory) - 1;
    const std::size_t old_size = block->size;
    if (size > old_size) checked(size - old_size);
    unlink(block);
    void* moved = std::realloc(block, sizeof(Block) + size);
    if (moved == nullptr) {
      link(block, old_size);
      throw std::bad_alloc();
    }
    return link(static_cast<Block*>(moved), size);
  }
  static void release(void* memory) {
    if (memory == nullptr) return;
    Block* block = static_cast<Block*>(memory) - 1;
    unlink(block);
    std::free(block);
  }

 private:
  static std::size_t checked(std::size_t size) {
    if (size > SIZE_MAX / 2) throw std::bad_alloc();
    if (Budget* budget = current_budget) {
      if (budget->used_ + budget->parser_used_ + size > budget->limit_) throw OverBudget{OverBudget::What::memory};
      if (++budget->allocations_ % allocations_per_look == 0) Budget::check_time();
    }
    return size;
  }

  static void* take(void* memory, std::size_t size) {
    if (memory == nullptr) throw std::bad_alloc();
    auto* block = static_cast<Block*>(memory);
    block->owner = current_budget;
    return link(block, size);
  }

  static void* link(Block* block, std::size_t size) {
    block->size = size;
    if (Budget* budget = block->owner) {
      block->previous = nullptr;
      block->next = budget->first_;
      if (block->next != nullptr) block->next->previous = block;
      budget->first_ = block;
      budget->parser_used_ += size;
      budget->peak_ = std::max(budget->peak_, budget->parser_used_);
    }
    return block + 1;
  }

  static void unlink(Block* block) {
    Budget* budget = block->owner;
    if (budget == nullptr) return;
    (block->previous != nullptr ? block->previous->next : budget->first_) = block->next;
    if (block->next != nullptr) block->next->previous = block->previous;
    budget->parser_used_ -= block->size;
  }
};

Budget::Budget(std::size_t source_bytes)
    : limit_(base_bytes + bytes_per_byte * source_bytes),
      deadline_ns_(processor_time_ns() + base_ns + ns_per_mib * static_cast<std::int64_t>(source_bytes) / (1 << 20)),
      outer_(current_budget) {
  [[maybe_unused]] static const bool is_set = [] {
    ts_set_allocator(ParserMemory::allocate, ParserMemory::allocate_zero, ParserMemory::reallocate, ParserMemory::release);
    return true;
  }();
  current_budget = this;
}

Budget::~Budget() {
  current_budget = outer_;
  for (Block* block = first_; block != nullptr;) {
    Block* next = block->next;
    std::free(block);
    block = next;
  }
}

bool Budget::is_time_spent() { return current_budget != nullptr && processor_time_ns() > current_budget->deadline_ns_; }

void Budget::check_time() {
  if (is_time_spent()) throw OverBudget{OverBudget::What::time};
}

void Budget::charge(std::size_t bytes) {
  if (current_budget == nullptr) return;
  current_budget->used_ += bytes;
  if (current_budget->used_ + current_budget->parser_used_ > current_budget->limit_) throw OverBudget{OverBudget::What::memory};
}

}  // namespace ca::analysis
