#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <new>
#include <vector>

#include "database/schema.h"
#include "tests/support/catch.h"
#include "tests/support/few_descriptors.h"
#include "workers/indexer/content.h"
#include "workers/indexer/fact_rows.h"
#include "workers/indexer/outcome.h"
#include "workers/indexer/probe.h"

using namespace ca::workers;
namespace analysis = ca::analysis;

TEST_CASE("equal bytes have equal hashes of 32 digits, others others") {
  CHECK(hash_of("abc").size() == 32);
  CHECK(hash_of("abc") == hash_of("abc"));
  CHECK(hash_of("abc") != hash_of("abd"));
}

TEST_CASE("a path that leads out of the root through a link is not read") {
  CHECK(read_content("/proc/self", "root/etc/passwd").kind == Content::Kind::vanished);
  CHECK(read_content("/proc/self", "../version").kind == Content::Kind::vanished);
  CHECK(read_content("/dev", "null").kind == Content::Kind::vanished);
}

TEST_CASE("a file whose root cannot be opened is not taken for vanished") {
  const auto content = read_content("/no/such/folder", "a");
  CHECK(content.kind == Content::Kind::unavailable);
  CHECK(content.reason == "its root cannot be opened: /no/such/folder: No such file or directory");
  Claim claim;
  claim.root = "/no/such/folder";
  CHECK(work_on(claim).kind == Outcome::Kind::later);
}

TEST_CASE("a file that cannot be read for want of a descriptor is neither vanished nor its own fault") {
  const ca::tests::FewDescriptors few(1);  // for the root
  CHECK(read_content("/proc/self", "status").kind == Content::Kind::unavailable);
}

TEST_CASE("work that returns is fine, work that crashes, hangs or eats all memory is an error with its reason") {
  using namespace std::chrono_literals;
  CHECK(probe([] {}, 10s));
  const auto crashed = probe([] { std::raise(SIGKILL); }, 10s);
  REQUIRE_FALSE(crashed);
  CHECK(crashed.error().message.find("SIGKILL") != std::string::npos);
  const auto hung = probe(
      [] {
        for (;;) ::pause();
      },
      50ms);
  REQUIRE_FALSE(hung);
  CHECK(hung.error().message.find("more than 50 ms") != std::string::npos);
  const auto out_of_memory = probe([] { throw std::bad_alloc(); }, 10s);
  REQUIRE_FALSE(out_of_memory);
  CHECK(out_of_memory.error().message.find("memory") != std::string::npos);
}

TEST_CASE("the third failure is the last one") {
  Claim claim;
  claim.failures = 0;
  CHECK(failed_attempt(claim, "why").kind == Outcome::Kind::retry);
  claim.failures = max_failures - 2;
  CHECK(failed_attempt(claim, "why").kind == Outcome::Kind::retry);
  claim.failures = max_failures - 1;
  const auto last = failed_attempt(claim, "why");
  CHECK(last.kind == Outcome::Kind::dead);
  CHECK(last.reason == "given up after 3 failures: why");
}

TEST_CASE("a file whose indexers all died is given up on without another look") {
  Claim claim;
  claim.root = "/no/such/folder";
  claim.attempts = max_attempts + 1;
  CHECK(work_on(claim).kind == Outcome::Kind::dead);
}

TEST_CASE("symbols get ids of their file, and references of one name become one row") {
  analysis::Facts facts;
  facts.symbols.push_back(
      {analysis::SymbolKind::class_, true, "C", "m.C", analysis::no_parent, {1, 4, 0, 0}, "class C", ""});
  facts.symbols.push_back({analysis::SymbolKind::method, true, "f", "m.C.f", 0, {2, 4, 2, 0}, "def f(self)", "d\nd"});
  facts.references.push_back({"g", analysis::ReferenceKind::call, 3, 1});
  facts.references.push_back({"a", analysis::ReferenceKind::name, 9, analysis::no_parent});
  facts.references.push_back({"g", analysis::ReferenceKind::call, 7, analysis::no_parent});
  FactRows rows;
  rows.add(5, 2, facts);
  CHECK(rows.symbols.bytes() ==
        "8388608\t5\t2\t\\N\tclass\tC\tm.C\tt\t1\t4\t0\t0\tclass C\t\n"
        "8388609\t5\t2\t8388608\tmethod\tf\tm.C.f\tt\t2\t4\t2\t0\tdef f(self)\td\\nd\n");
  CHECK(rows.references.bytes() == "2\ta\tname\t{9}\t{NULL}\n2\tg\tcall\t{3,7}\t{1,NULL}\n");
  CHECK(rows.imports.empty());
  CHECK(rows.issues.empty());
}

TEST_CASE("names longer than an index entry are cut, bad bytes in them replaced") {
  analysis::Facts facts;
  facts.symbols.push_back(
      {analysis::SymbolKind::function, true, std::string(5000, 'n'), "q\xFF", analysis::no_parent, {}, "", ""});
  FactRows rows;
  rows.add(1, 1, facts);
  CHECK(rows.symbols.bytes().find(std::string(1000, 'n') + "\tq\xEF\xBF\xBD\t") != std::string::npos);
  CHECK(rows.symbols.bytes().find(std::string(1001, 'n')) == std::string::npos);
}
