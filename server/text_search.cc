#include "server/text_search.h"

#include "server/parameters.h"
#include "server/queries.h"
#include "server/source_files.h"

namespace ca::server {

// One of the searches that may run; given back at its end.
class TextSearch::Turn {
 public:
  Turn(TextSearch& search, Milliseconds patience) : search_(search) {
    std::unique_lock lock(search_.mutex_);
    taken_ = search_.returned_.wait_for(lock, patience, [&] { return search_.free_ > 0; });
    if (taken_) --search_.free_;
  }
  ~Turn() {
    if (!taken_) return;
    const std::lock_guard lock(search_.mutex_);
    ++search_.free_;
    search_.returned_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  bool taken() const { return taken_; }

 private:
  TextSearch& search_;
  bool taken_ = false;
};

tl::expected<TextMatches, DatabaseError> TextSearch::run(const TextQuery& query) {
  const Turn turn(*this, query.time);
  if (!turn.taken()) return tl::unexpected(DatabaseError{DatabaseFailure::timeout, "too many searches at once"});
  const auto files = database_.query(
      sql::source_paths, {query.project, like_escape(query.path), query.language, std::to_string(max_source_bytes)});
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
    if (!bytes) continue;  // gone since it was indexed
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
