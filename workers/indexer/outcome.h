// What became of one claimed file, before it is stored.
#pragma once

#include <string>

#include "analysis/facts.h"
#include "workers/indexer/claim.h"

namespace ca::workers {

struct Outcome {
  enum class Kind {
    indexed,    // new facts
    unchanged,  // the same bytes and the same analyser as what is stored
    skipped,    // not source text
    dead,       // given up on
    retry,      // this attempt failed, another one may do better
    later,      // the file could not be looked at, for no fault of its own. Whether it is there the watcher finds out
  };
  Claim claim;
  Kind kind = Kind::indexed;
  std::string reason;    // for skipped, dead, retry, later
  std::string language;  // "": none that is known
  std::string hash;
  std::uint32_t line_count = 0;
  analysis::Facts facts;
};

// Reads and analyses the claimed file. A file that was tried before is tried in a child process first, so that one that
// crashes the analyser costs its indexer no second time. Blocks.
Outcome work_on(const Claim& claim);

// An attempt that failed because of the file: retry, or dead where it was the last one.
Outcome failed_attempt(const Claim& claim, std::string reason);

}  // namespace ca::workers
