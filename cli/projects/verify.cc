#include "cli/projects/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "common/clock.h"
#include "database/text.h"
#include "workers/files/root.h"
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
  std::string id, device;
  ProjectConfig project;
};

tl::unexpected<Error> refused(const DbError& error) { return failure("the database: " + error.message); }

Result<Subject> find(Session& session, const std::string& name) {
  const auto rows = session.execute(
      "SELECT id, path, index_secrets, array_to_json(exclude), root_device FROM projects WHERE name = $1 AND origin <> 'removed'", {name});
  if (!rows) return refused(rows.error());
  if (rows->size() == 0) return failure(fmt::format("there is no project {}; see: project list", name));
  return Subject{std::string(rows->text(0, 0)),
                 std::string(rows->text(0, 4)),
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

// What differs between the file and its row; nullopt: nothing. A file that vanishes meanwhile is for the next look.
std::optional<Mismatch::Kind> compare(const Subject& subject, const FileSeen& file, const Row& row) {
  const auto if_not = [](bool same) { return same ? std::nullopt : std::optional(Mismatch::Kind::stale); };
  if (row.status == "pending") return Mismatch::Kind::pending;
  if (row.status == "dead") return if_not(row.stamp == file.stamp);
  const Content content = read_content(subject.project.path, file.path);
  switch (content.kind) {
    case Content::Kind::unreadable:
    case Content::Kind::unavailable: return Mismatch::Kind::unseen;
    case Content::Kind::not_source: return if_not(row.status == "skipped");
    case Content::Kind::text: return if_not(row.status == "indexed" && content.hash == row.hash);
    case Content::Kind::too_large:
    case Content::Kind::vanished: break;
  }
  return Mismatch::Kind::stale;
}

struct Tree {
  std::vector<FileSeen> files;
  WalkEnd end;
  Root::Identity root;
};

Result<Tree> walk_tree(const Stop& stop, const ProjectConfig& project) {
  const auto root = Root::open(project.path);
  if (!root) return failure(fmt::format("project {}: its root cannot be opened: {}", project.name, root.error().message));
  Selection selection(project);
  Tree tree;
  tree.root = root->identity();
  WalkCallbacks callbacks;
  callbacks.folder = [](const std::string&, int) {};
  callbacks.file = [&](FileSeen file) { tree.files.push_back(std::move(file)); };
  callbacks.unstorable = [](const std::string&) {};
  callbacks.breath = [&] { return !stop.requested(); };
  tree.end = walk(*root, "", selection, callbacks);
  if (tree.end.stopped) return failure("interrupted");
  const Status there = tree.end.failed ? tl::unexpected(*tree.end.failed) : root->check();
  if (!there) return failure(fmt::format("project {}: its tree cannot be looked at: {}", project.name, there.error().message));
  return tree;
}

Result<Verification> look(const Stop& stop, Session& session, const Subject& subject) {
  const auto tree = walk_tree(stop, subject.project);
  if (!tree) return tl::unexpected(tree.error());
  auto rows = stored(session, subject.id);
  if (!rows) return tl::unexpected(rows.error());
  if (tree->files.empty() && !rows->empty() && subject.device != std::to_string(tree->root.device)) {
    return failure(fmt::format("project {}: its root is empty, and not on the file system that it was on when it was last scanned",
                               subject.project.name));
  }
  Verification result;
  for (const FileSeen& file : tree->files) {
    if (stop.requested()) return failure("interrupted");
    ++result.files;
    const auto row = rows->find(file.path);
    if (row == rows->end()) {
      result.mismatches.push_back({Mismatch::Kind::missing, file.path});
      continue;
    }
    if (row->second.status == "dead") ++result.dead;
    if (const auto kind = compare(subject, file, row->second)) result.mismatches.push_back({*kind, file.path});
    rows->erase(row);
  }
  for (const auto& [path, row] : *rows) {
    if (tree->end.proves_gone(path)) result.mismatches.push_back({Mismatch::Kind::extra, path});
  }
  for (const auto& folder : tree->end.closed) result.mismatches.push_back({Mismatch::Kind::unseen, folder});
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
    case Mismatch::Kind::unseen: return "unseen";
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
