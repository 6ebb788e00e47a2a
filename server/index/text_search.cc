#include "server/index/text_search.h"

#include "server/http/parameters.h"
#include "server/index/queries.h"
#include "server/index/source_files.h"

namespace ca::server {

tl::expected<TextMatches, DatabaseError> TextSearch::run(const TextQuery& query) {
  const auto turn = gate_.enter(query.time);
  if (!turn) return tl::unexpected(DatabaseError{DatabaseFailure::busy_here, "too many searches at once"});
  const auto files = database_.query(
      sql::source_paths, {query.project, like_escape(query.path), query.language, std::to_string(max_source_bytes)},
      Cost::large);
  if (!files) return tl::unexpected(files.error());
  const auto deadline = MonotonicClock::now() + query.time;
  TextMatches matches{Rows::array(), files->size() < sql::max_source_paths, 0};
  for (const auto& file : *files) {
    if (matches.results.size() >= query.limit || MonotonicClock::now() >= deadline) {
      matches.complete = false;
      break;
    }
    const auto& path = file["path"].get_ref<const std::string&>();
    const auto bytes = read_source(file["root"].get_ref<const std::string&>(), path);
    if (!bytes) {
      if (!is_not_there(bytes.error())) matches.complete = false;
      continue;
    }
    ++matches.files_searched;
    const auto left = query.limit - matches.results.size();
    for (auto& match : matching_lines(*bytes, query.text, query.case_sensitive, left)) {
      matches.results.push_back(
          {{"project", file["project"]}, {"path", path}, {"line", match.line}, {"text", std::move(match.text)}});
    }
  }
  // What fills the limit exactly in the last file may have more behind it.
  matches.complete = matches.complete && matches.results.size() < query.limit;
  return matches;
}

}  // namespace ca::server
