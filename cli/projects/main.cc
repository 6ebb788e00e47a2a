// libexec/code-analysis/projects: what code-analysisctl asks the database. Reaches it by PGHOST, PGPORT, ... like any client.
// Exit code 0 done, 1 refused, failed, or (verify) tree and database differ; 64 usage.
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "cli/projects/command_line.h"
#include "cli/projects/registry.h"
#include "cli/projects/verify.h"
#include "common/exit_code.h"
#include "common/printable.h"

namespace ca::workers {
namespace {

constexpr Milliseconds patience{3'000};

int fail(const std::string& reason) {
  fmt::print(stderr, "code-analysisctl: {}\n", printable_lines(reason));
  return exit_code::failed;
}

int add(Session& session, const ProjectConfig& project) {
  if (auto added = add_project(session, project); !added) return fail(added.error().message);
  fmt::print("project {} is watched: {}\n", printable(project.name), printable(project.path));
  return exit_code::ok;
}

int remove(Session& session, const std::string& name) {
  const auto removed = remove_project(session, name);
  if (!removed) return fail(removed.error().message);
  fmt::print("project {} is removed, with {} files\n", printable(name), *removed);
  return exit_code::ok;
}

int show(Session& session, bool json, bool with_paths) {
  const auto found = progress(session);
  if (!found) return fail(found.error().message);
  fmt::print("{}", json ? printable_json(found->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) + "\n" : progress_text(*found, with_paths));
  return exit_code::ok;
}

int verify(const Stop& stop, Session& session, const std::string& name, bool json) {
  const auto found = verify_project(stop, session, name, patience);
  if (!found) return fail(found.error().message);
  if (json) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& mismatch : found->mismatches) list.push_back({{"kind", mismatch_name(mismatch.kind)}, {"path", mismatch.path}});
    const nlohmann::json all{{"project", name}, {"files", found->files}, {"dead", found->dead}, {"mismatches", std::move(list)}};
    fmt::print("{}\n", printable_json(all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
  } else {
    for (const auto& mismatch : found->mismatches) fmt::print("{:<8} {}\n", mismatch_name(mismatch.kind), printable(mismatch.path));
    fmt::print("{}: {} files compared, {} differ, {} given up on\n", printable(name), found->files, found->mismatches.size(), found->dead);
  }
  return found->mismatches.empty() ? exit_code::ok : exit_code::failed;
}

int run(const Stop& stop, const ProjectCommand& command) {
  Session session(stop);
  // A person waits: the first failure is told rather than waited out.
  session.on_trouble([](const std::string& reason) { std::exit(fail("the database cannot be reached: " + reason)); });
  switch (command.verb) {
    case ProjectVerb::add: return add(session, command.project);
    case ProjectVerb::remove: return remove(session, command.project.name);
    case ProjectVerb::list: return show(session, command.json, true);
    case ProjectVerb::status: return show(session, command.json, false);
    case ProjectVerb::verify: return verify(stop, session, command.project.name, command.json);
  }
  return exit_code::failed;
}

}  // namespace
}  // namespace ca::workers

int main(int argc, char** argv) {
  std::error_code error;
  const auto command = ca::workers::parse_project_command({argv + 1, argv + argc}, std::filesystem::current_path(error).string());
  if (!command) {
    fmt::print(stderr, "code-analysisctl: {}\n", ca::printable(command.error().message));
    return ca::exit_code::usage;
  }
  return ca::workers::run(ca::workers::Stop::install(), *command);
}
