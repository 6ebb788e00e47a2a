#include "tests/support/catch.h"
#include "workers/indexer/import_pace.h"

using ca::Instant;
using ca::Milliseconds;
using ca::workers::ImportPace;

namespace {

constexpr Milliseconds nothing{-1}, poll{5000};
Instant at(int ms) { return Instant(Milliseconds(1'000'000 + ms)); }

}  // namespace

TEST_CASE("an idle indexer takes on whatever is due, at once") {
  ImportPace pace;
  CHECK(pace.due_for(true, at(0)) == Milliseconds(0));
  pace.looked(at(0));
  CHECK(pace.due_for(true, at(0)) == Milliseconds(0));
  CHECK(pace.longest_nap(poll, at(0)) == poll);
}

TEST_CASE("a round is followed by a rest of four times its time, of ten seconds at most, and then by another look") {
  ImportPace pace;
  pace.worked(Milliseconds(50), at(0));
  CHECK(pace.due_for(true, at(199)) == nothing);
  CHECK(pace.longest_nap(poll, at(0)) == Milliseconds(200));
  CHECK(pace.longest_nap(poll, at(150)) == Milliseconds(50));  // woken in between
  CHECK(pace.longest_nap(poll, at(300)) == Milliseconds(0));
  CHECK(pace.due_for(true, at(200)) == Milliseconds(0));
  pace.looked(at(200));
  CHECK(pace.longest_nap(poll, at(200)) == poll);
  pace.worked(Milliseconds(60'000), at(1000));
  CHECK(pace.longest_nap(poll, at(1000)) == poll);
  CHECK(pace.due_for(true, at(10'999)) == nothing);
  CHECK(pace.due_for(true, at(11'000)) == Milliseconds(0));
}

TEST_CASE("while files always wait, what has been due for long is taken on within ten seconds, and the rest is kept") {
  ImportPace pace;
  CHECK(pace.due_for(false, at(0)) == ImportPace::due_while_busy);
  pace.looked(at(0));
  CHECK(pace.due_for(false, at(1'999)) == nothing);
  CHECK(pace.due_for(false, at(2'000)) == ImportPace::due_while_busy);
  CHECK(ImportPace::due_while_busy + ImportPace::look_while_busy == Milliseconds(10'000));
  pace.worked(Milliseconds(1'000), at(5'000));
  CHECK(pace.due_for(false, at(8'999)) == nothing);
  CHECK(pace.due_for(false, at(9'000)) == ImportPace::due_while_busy);
}
