#include "cli/code_mapper/project.h"

#include <fcntl.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cstdio>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "analysis/text.h"
#include "common/posix.h"
#include "common/unique_fd.h"

namespace ca::code_mapper {
namespace {

using analysis::Issue;
using analysis::Language;

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max() / 2;

// The language by the name alone, or by the first bytes where the name tells nothing. Errors: it cannot be read.
Result<std::optional<Language>> language_of(const std::string& full, const std::string& path) {
  if (std::optional<Language> by_name = analysis::detect_language(path, {})) return by_name;
  UniqueFd fd(::open(full.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd.get() < 0) return std::optional<Language>();  // nothing says that it is source
  std::array<char, 256> first;
  ssize_t count = ::read(fd.get(), first.data(), first.size());
  if (count <= 0) return std::optional<Language>();
  return analysis::detect_language(path, std::string_view(first.data(), static_cast<std::size_t>(count)));
}

analysis::Limits limits_for(const Options& options, const std::string& path) {
  for (auto rules = options.paths.rbegin(); rules != options.paths.rend(); ++rules) {
    if (rules->pattern.decide(path, false).value_or(false)) return rules->limits;
  }
  return options.limits;
}

// One file, or nothing where it is no source. Errors: it cannot be read.
Result<std::optional<MappedFile>> map_file(const Options& options, const std::string& path) {
  const std::string full = options.root_dir + "/" + path;
  Result<std::optional<Language>> language = language_of(full, path);
  if (!language) return tl::unexpected(language.error());
  if (!*language) return std::optional<MappedFile>();
  Result<std::string> bytes = read_file(full, no_limit);
  if (!bytes) return tl::unexpected(bytes.error());
  MappedFile file;
  file.path = path;
  file.shown = analysis::to_valid_utf8(path);
  file.language = analysis::detect_language(path, *bytes).value_or(**language);
  file.facts = analysis::analyse(file.language, path, *bytes, limits_for(options, path));
  file.facts.references.clear();  // nothing of code_mapper needs them
  file.facts.references.shrink_to_fit();
  return std::optional<MappedFile>(std::move(file));
}

// A message without its numbers: a function that grew by a line is still the same old issue.
std::string without_numbers(const std::string& message) {
  std::string out;
  for (char c : message) {
    if (!std::isdigit(static_cast<unsigned char>(c))) out.push_back(c);
  }
  return out;
}

using Known = std::map<std::string, int>;

std::string key_of(const std::string& path, const std::string& id, const std::string& message) {
  return path + "\n" + id + "\n" + without_numbers(message);
}

Result<Known> read_baseline(const std::string& path) {
  Known known;
  if (path.empty()) return known;
  Result<std::string> text = read_file(path, no_limit);
  if (!text) return tl::unexpected(text.error());
  try {
    for (const auto& issue : YAML::Load(*text)["issues"]) {
      ++known[key_of(issue["file"].as<std::string>(), issue["id"].as<std::string>(), issue["message"].as<std::string>())];
    }
  } catch (const std::exception& error) {
    return failure(path + " is no code_issues.yaml: " + error.what());
  }
  return known;
}

bool is_disabled(const Options& options, const MappedFile& file, const Issue& issue) {
  if (options.disabled.count(issue.id)) return true;
  return std::any_of(options.paths.begin(), options.paths.end(), [&](const PathRules& rules) {
    return rules.disabled.count(issue.id) && rules.pattern.decide(file.path, false).value_or(false);
  });
}

}  // namespace

Project map_project(const Options& options, Tree tree) {
  Project project;
  project.errors = std::move(tree.errors);
  std::vector<std::optional<MappedFile>> mapped(tree.files.size());
  std::atomic<std::size_t> next{0}, done{0};
  std::mutex mutex;  // over errors and the terminal
  const bool on_terminal = ::isatty(STDERR_FILENO) == 1;
  auto work = [&] {
    for (std::size_t i = next++; i < tree.files.size(); i = next++) {
      Result<std::optional<MappedFile>> file = map_file(options, tree.files[i]);
      const std::size_t count = ++done;
      if (file) mapped[i] = std::move(*file);
      if (file && !on_terminal && !options.verbose) continue;
      std::lock_guard lock(mutex);
      if (!file) project.errors.push_back(file.error().message);
      if (options.verbose) std::fprintf(stderr, "%s\n", analysis::to_valid_utf8(tree.files[i]).c_str());
      else if (on_terminal) std::fprintf(stderr, "\r%zu of %zu files", count, tree.files.size());
    }
  };
  unsigned jobs = options.jobs > 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < jobs && i < tree.files.size(); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (on_terminal && !options.verbose && !tree.files.empty()) std::fputs("\r\033[K", stderr);
  for (std::optional<MappedFile>& file : mapped) {
    if (file) project.files.push_back(std::move(*file));
  }
  return project;
}

Status drop_unwanted(const Options& options, Project& project) {
  Result<Known> known = read_baseline(options.baseline_file);
  if (!known) return tl::unexpected(known.error());
  for (MappedFile& file : project.files) {
    std::erase_if(file.facts.issues, [&](const Issue& issue) {
      if (is_disabled(options, file, issue)) return true;
      auto old = known->find(key_of(file.shown, issue.id, issue.message));
      return old != known->end() && old->second-- > 0;
    });
  }
  return {};
}

std::size_t count_issues(const Project& project, analysis::Severity at_least) {
  std::size_t count = 0;
  for (const MappedFile& file : project.files) {
    for (const Issue& issue : file.facts.issues) count += issue.severity >= at_least ? 1 : 0;
  }
  return count;
}

}  // namespace ca::code_mapper
