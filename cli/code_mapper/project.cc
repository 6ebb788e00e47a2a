#include "cli/code_mapper/project.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

#include "analysis/text.h"
#include "cli/code_mapper/baseline.h"
#include "cli/code_mapper/progress.h"
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
  if (fd.get() < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return std::optional<Language>();  // gone
  if (fd.get() < 0) return system_failure("cannot open " + full, errno);
  std::array<char, 256> first;
  ssize_t count = ::read(fd.get(), first.data(), first.size());
  if (count < 0) return system_failure(full, errno);
  return analysis::detect_language(path, std::string_view(first.data(), static_cast<std::size_t>(count)));
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
  file.facts = analysis::analyse(file.language, path, *bytes, options.config.limits_for(path, options.limits));
  file.facts.references.clear();  // nothing of code_mapper needs them
  file.facts.references.shrink_to_fit();
  return std::optional<MappedFile>(std::move(file));
}

}  // namespace

Project map_project(const Options& options, const Tree& tree) {
  Project project;
  project.errors = tree.errors;
  std::vector<std::optional<MappedFile>> mapped(tree.files.size());
  std::atomic<std::size_t> next{0};
  std::mutex mutex;  // over errors
  Progress progress(tree.files.size(), options.verbose);
  auto work = [&] {
    for (std::size_t i = next++; i < tree.files.size(); i = next++) {
      Result<std::optional<MappedFile>> file = map_file(options, tree.files[i]);
      progress.note(tree.files[i]);
      if (file) {
        mapped[i] = std::move(*file);
        continue;
      }
      std::lock_guard lock(mutex);
      project.errors.push_back(file.error().message);
    }
  };
  const unsigned jobs = options.jobs > 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < jobs && i < tree.files.size(); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  for (std::optional<MappedFile>& file : mapped) {
    if (file) project.files.push_back(std::move(*file));
  }
  std::sort(project.errors.begin(), project.errors.end());
  project.errors.erase(std::unique(project.errors.begin(), project.errors.end()), project.errors.end());
  return project;
}

Status apply_rules(const Options& options, Project& project) {
  Baseline baseline;
  if (!options.baseline_file.empty()) {
    Result<std::string> text = read_file(options.baseline_file, Baseline::max_bytes);
    if (!text) return tl::unexpected(text.error());
    Result<Baseline> read = Baseline::parse(*text);
    if (!read) return failure(options.baseline_file + " is no code_issues.yaml: " + read.error().message);
    baseline = std::move(*read);
  }
  for (MappedFile& file : project.files) {
    std::erase_if(file.facts.issues, [&](Issue& issue) {
      const Config::Verdict verdict = options.config.verdict(file.path, issue.id);
      if (verdict.is_off) return true;
      issue.severity = verdict.severity.value_or(issue.severity);
      return baseline.take(file.shown, issue);
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
