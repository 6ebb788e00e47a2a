// Search for literal text in the files of the index, as the JSON API and MCP use it. It reads the files themselves.
#pragma once

#include <string>

#include "common/clock.h"
#include "server/database/database.h"
#include "server/database/gate.h"

namespace ca::server {

struct TextQuery {
  std::string text;  // not empty
  std::string project;
  std::string path;  // a prefix
  std::string language;
  bool case_sensitive = false;
  std::size_t limit = 50;
  Milliseconds time{5'000};  // then what was found until then is the answer
};

struct TextMatches {
  Rows results;           // [{"project", "path", "line", "text"}], by project and path
  bool complete = false;  // every file was looked at
  std::size_t files_searched = 0;
};

// Any number of threads at once; four searches run at a time, further ones wait their turn: a page that asks at each
// keystroke must not keep all of the machine busy.
class TextSearch {
 public:
  explicit TextSearch(Database& database) : database_(database) {}

  // Errors: as Database; busy_here if no turn came within query.time. Blocks: about twice query.time at most.
  tl::expected<TextMatches, DatabaseError> run(const TextQuery& query);

 private:
  static constexpr int at_once = 4;
  static constexpr int most_waiting = 64;

  Database& database_;
  Gate gate_{at_once, most_waiting};
};

}  // namespace ca::server
