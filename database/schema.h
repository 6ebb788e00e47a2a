// Numbers that the programs and the schema (driver/migrations) agree on.
#pragma once

#include <cstdint>

namespace ca::workers {

// symbols.id = file_id * symbols_per_file + ordinal.
inline constexpr std::int64_t symbols_per_file = 4'194'304;

// files.analyser_version: raise it when the analyser finds other facts in the same bytes, or when the same imports lead elsewhere
// (analysis/imports); maintenance then has every file indexed again.
inline constexpr int analyser_version = 2;

// A file is given up on (status dead) after this many attempts that failed because of the file itself: it cannot be
// read, the analyser did not survive it, the database refuses what was found.
inline constexpr int max_failures = 3;
// And after this many claims that never came to an end, for whatever reason their indexers died.
inline constexpr int max_attempts = 30;

// A claim that is not finished by then is anybody's again.
inline constexpr int lease_seconds = 120;

// index_queue.priority
inline constexpr int priority_live = 0;
inline constexpr int priority_scan = 1;
inline constexpr int priority_refresh = 2;

}  // namespace ca::workers
