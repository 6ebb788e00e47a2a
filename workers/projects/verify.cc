#include "workers/projects/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "common/clock.h"
#include "workers/database/text.h"
#include "workers/files/beneath.h"
#include "workers/indexer/content.h"
#include "workers/watcher/selection.h"
#include "workers/watcher/walk.h"

namespace ca::workers {

namespace {

struct Row {
  std::string stamp, status, hash;
};
using Rows_by_path = std::unordered_map<std::string, Row>;

struct Subject {
  std::string id;
  ProjectConfig project;
};

tl::unexpected<Error> refused(const DbError& error) { return failure("the database: " + error.message); }

Result<Subject> find(Session& session, const std::string& name) {
  const auto rows = session.execute(
      "SELECT id, path, index_secrets, array_to_json(exclude) FROM projects WHERE name = $1 AND origin <> 'removed'", {name});
  if (!rows) return refused(rows.error());
  if (rows->size() == 0) return failure(fmt::format("there is no project {}; see: project list", name));
  return Subject{std::string(rows->text(0, 0)),
                 {name, std::string(rows->text(0, 1)), text_list(rows->text(0, 3)), rows->text(0, 2) == "t"}};
}

Result<Rows_by_path> stored(Session& session, const std::string& project) {
  const auto rows = session.execute(
      "SELECT path, stamp, status, encode(content_hash, 'hex') FROM files WHERE project_id = $1::integer", {project});
  if (!rows) return refused(rows.error());
  Rows_by_path files;
  for (int i = 0; i < rows->size(); ++i) {
    files.emplace(rows->text(i, 0), Row{std::string(rows->text(i, 1)), std::string(rows->text(i, 2)), std::string(rows->text(i, 3))});
  }
  return files;
}

// Whether the bytes are those that the row speaks of. A file that vanishes meanwhile is for the next look.
bool is_true(const Subject& subject, const FileSeen& file, const Row& row) {
  if (row.status == "dead") return row.stamp == file.stamp;
  const Content content = read_content(subject.project.path, file.path);
  if (row.status == "skipped") return content.kind == Content::Kind::not_source;
  return content.kind == Content::Kind::text && content.hash == row.hash;
}

Result<Verification> look(const Stop& stop, Session& session, const Subject& subject) {
  const auto root = open_root(subject.project.path);
  if (!root) return failure(fmt::format("project {}: its root cannot be opened: {}", subject.project.name, root.error().message));
  Selection selection(subject.project);
  std::vector<FileSeen> seen;
  WalkCallbacks callbacks;
  callbacks.folder = [](const std::string&, int) {};
  callbacks.file = [&](FileSeen file) { seen.push_back(std::move(file)); };
  callbacks.unstorable = [](const std::string&) {};
  callbacks.breath = [&] { return !stop.requested(); };
  if (!walk(root->get(), "", selection, callbacks)) return failure("interrupted");
  auto rows = stored(session, subject.id);
  if (!rows) return tl::unexpected(rows.error());
  Verification result;
  for (const FileSeen& file : seen) {
    if (stop.requested()) return failure("interrupted");
    ++result.files;
    const auto row = rows->find(file.path);
    if (row == rows->end()) {
      result.mismatches.push_back({Mismatch::Kind::missing, file.path});
      continue;
    }
    if (row->second.status == "dead") ++result.dead;
    if (row->second.status == "pending") {
      result.mismatches.push_back({Mismatch::Kind::pending, file.path});
    } else if (!is_true(subject, file, row->second)) {
      result.mismatches.push_back({Mismatch::Kind::stale, file.path});
    }
    rows->erase(row);
  }
  for (const auto& [path, row] : *rows) result.mismatches.push_back({Mismatch::Kind::extra, path});
  std::sort(result.mismatches.begin(), result.mismatches.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return result;
}

}  // namespace

const char* mismatch_name(Mismatch::Kind kind) {
  switch (kind) {
    case Mismatch::Kind::missing: return "missing";
    case Mismatch::Kind::extra: return "extra";
    case Mismatch::Kind::stale: return "stale";
    case Mismatch::Kind::pending: return "pending";
  }
  return "";
}

Result<Verification> verify_project(const Stop& stop, Session& session, const std::string& name, Milliseconds patience) {
  const auto subject = find(session, name);
  if (!subject) return tl::unexpected(subject.error());
  const Instant latest = MonotonicClock::now() + patience;
  constexpr Milliseconds pause{200};
  for (;;) {
    auto result = look(stop, session, *subject);
    if (!result || result->mismatches.empty() || MonotonicClock::now() + pause >= latest) return result;
    (void)wait_readable(stop, -1, -1, pause);
  }
}

}  // namespace ca::workers
