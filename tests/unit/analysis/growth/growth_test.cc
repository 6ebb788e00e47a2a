// The cost of a file grows with its size and no faster, whatever it repeats or nests: time, memory, facts.
#include <cstdlib>
#include <new>
#include <string>

#include "analysis/analyse.h"
#include "analysis/budget.h"
#include "analysis/syntax_tree.h"
#include "tests/support/catch.h"
#include "tests/support/time_scale.h"
#include "tests/unit/analysis/growth/shapes.h"

namespace {

thread_local std::size_t allocated_bytes = 0;  // by operator new, from the start: the parser's own memory is not in it

}  // namespace

void* operator new(std::size_t size) {
  allocated_bytes += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  allocated_bytes += size;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace ca::analysis;

constexpr std::size_t large = 256 << 10, growth = 4;
// A quadratic place grows 16 times. What is below the slack does not count, so that no noise fails a test.
constexpr double most_growth = 8, slack_s = 0.08;
constexpr std::size_t slack_bytes = 1 << 20, facts_per_byte = 150;

struct Cost {
  double own_s = 0, parse_s = 0;
  std::size_t allocated = 0, facts = 0;
};

std::size_t size_of(const Facts& facts) {
  std::size_t size = facts.docstring.size();
  for (const Symbol& symbol : facts.symbols) {
    size += symbol.name.size() + symbol.qualified_name.size() + symbol.signature.size() + symbol.docstring.size();
  }
  for (const Import& import : facts.imports) size += import.target.size() + import.name.size() + import.alias.size();
  for (const Reference& reference : facts.references) size += reference.name.size();
  for (const Issue& issue : facts.issues) size += issue.message.size();
  return size;
}

Cost cost_of(const growth::LanguageShapes& language, const growth::Shape& shape, std::size_t bytes) {
  const std::string source = growth::write(shape, bytes);
  const std::size_t before = allocated_bytes;
  const std::int64_t start_ns = processor_time_ns();
  const Facts facts = analyse(language.language, language.path, source);
  const double all_s = static_cast<double>(processor_time_ns() - start_ns) / 1e9;
  Cost cost;
  cost.parse_s = static_cast<double>(last_parse_ns()) / 1e9;
  cost.own_s = all_s - cost.parse_s;
  cost.allocated = allocated_bytes - before;
  cost.facts = size_of(facts);
  return cost;
}

bool grows_in_time(const Cost& small, const Cost& big) { return big.own_s > most_growth * small.own_s + slack_s * time_scale(); }

void check(const growth::LanguageShapes& language, const growth::Shape& shape) {
  INFO(language_name(language.language) << ": " << shape.name);
  std::size_t bytes = large;
  Cost small = cost_of(language, shape, bytes / growth);
  if (small.parse_s > 0.1 * time_scale()) {  // the parser's own growth, which has its budget
    bytes = large / growth;
    small = cost_of(language, shape, bytes / growth);
  }
  Cost big = cost_of(language, shape, bytes);
  CHECK(big.allocated <= 6 * small.allocated + slack_bytes);
  CHECK(big.facts <= facts_per_byte * bytes);
  for (int attempt = 0; attempt < 3 && grows_in_time(small, big); ++attempt) {  // a busy machine
    small = cost_of(language, shape, bytes / growth);
    big = cost_of(language, shape, bytes);
  }
  INFO("own time: " << small.own_s << " s, then " << big.own_s << " s");
  CHECK_FALSE(grows_in_time(small, big));
}

void check_all(Language language) {
  for (const growth::LanguageShapes& one : growth::all_shapes()) {
    if (one.language != language) continue;
    REQUIRE(one.shapes.size() > 50);
    for (const growth::Shape& shape : one.shapes) check(one, shape);
  }
}

}  // namespace

// One each, because CTest runs them side by side.
TEST_CASE("a construct of Python that repeats costs in proportion", "[python]") { check_all(Language::python); }
TEST_CASE("a construct of C that repeats costs in proportion", "[c]") { check_all(Language::c); }
TEST_CASE("a construct of C++ that repeats costs in proportion", "[cpp]") { check_all(Language::cpp); }
TEST_CASE("a construct of Java that repeats costs in proportion", "[java]") { check_all(Language::java); }
TEST_CASE("a construct of JavaScript that repeats costs in proportion", "[javascript]") { check_all(Language::javascript); }
TEST_CASE("a construct of TypeScript that repeats costs in proportion", "[typescript]") { check_all(Language::typescript); }
TEST_CASE("a construct of TSX that repeats costs in proportion", "[tsx]") { check_all(Language::tsx); }
TEST_CASE("a construct of Bash that repeats costs in proportion", "[bash]") { check_all(Language::bash); }
TEST_CASE("a construct of Go that repeats costs in proportion", "[go]") { check_all(Language::go); }
TEST_CASE("a construct of Rust that repeats costs in proportion", "[rust]") { check_all(Language::rust); }
