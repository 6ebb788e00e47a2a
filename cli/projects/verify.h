// Compares a project's tree with what the database says of it, byte for byte (by content hash).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "database/session.h"

namespace ca::workers {

struct Mismatch {
  enum class Kind {
    missing,  // in the tree, not in the database
    extra,    // in the database, not in the tree
    stale,    // the bytes are not those that were indexed
    pending,  // noticed, and not indexed yet
    unseen,   // a file or folder that cannot be looked into, so that nothing is known of it
  };
  Kind kind = Kind::missing;
  std::string path;
  bool operator==(const Mismatch&) const = default;
};
const char* mismatch_name(Mismatch::Kind kind);  // "missing", ...

struct Verification {
  std::int64_t files = 0;  // compared
  std::int64_t dead = 0;   // of them given up on: known, so no mismatch
  std::vector<Mismatch> mismatches;
};

// What differs is looked at again for up to `patience`, so that changes under way are no mismatches. Blocks: reads every file.
// Errors: no such project; its root cannot be opened, or is empty on another file system than before; a look-up that failed
// for lack of resources or by an I/O error; the database.
Result<Verification> verify_project(const Stop& stop, Session& session, const std::string& name, Milliseconds patience);

}  // namespace ca::workers
