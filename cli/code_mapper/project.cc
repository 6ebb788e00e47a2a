#include "cli/code_mapper/project.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <limits>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

#include "analysis/content.h"
#include "analysis/text.h"
#include "cli/code_mapper/baseline.h"
#include "cli/code_mapper/progress.h"
#include "common/posix.h"
#include "common/unique_fd.h"

namespace ca::code_mapper {
namespace {

using analysis::ContentKind;
using analysis::Issue;
using analysis::Language;

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max() / 2;

// Whether the file may be source: by its name alone, or by its first bytes if the name tells nothing. Errors: it cannot be read.
Result<bool> may_be_source(const std::string& full, const std::string& path) {
  if (analysis::detect_language(path, {})) return true;
  UniqueFd fd(::open(full.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd.get() < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return false;  // gone
  if (fd.get() < 0) return system_failure("cannot open " + full, errno);
  std::array<char, analysis::inspected_bytes> first;
  ssize_t count = ::read(fd.get(), first.data(), first.size());
  if (count < 0) return system_failure(full, errno);
  return analysis::inspect(path, std::string_view(first.data(), static_cast<std::size_t>(count))).kind == ContentKind::source;
}

// One file, or nothing where it is no source. Errors: it cannot be read; throws std::bad_alloc.
Result<std::optional<MappedFile>> map_file(const Options& options, const std::string& path) {
  const std::string full = options.root_dir + "/" + path;
  Result<bool> is_candidate = may_be_source(full, path);
  if (!is_candidate) return tl::unexpected(is_candidate.error());
  if (!*is_candidate) return std::optional<MappedFile>();
  Result<std::string> bytes = read_file(full, no_limit);
  if (!bytes) return tl::unexpected(bytes.error());
  const analysis::ContentType type = analysis::inspect(path, *bytes);
  if (type.kind != ContentKind::source) return std::optional<MappedFile>();
  MappedFile file;
  file.path = path;
  file.shown = analysis::to_valid_utf8(path);
  file.language = *type.language;
  file.facts = analysis::analyse(file.language, path, *bytes, options.config.limits_for(path, options.limits));
  file.facts.references.clear();  // nothing of code_mapper needs them
  file.facts.references.shrink_to_fit();
  return std::optional<MappedFile>(std::move(file));
}

// A file for which there was no memory.
MappedFile unmapped(const std::string& path) {
  MappedFile file;
  file.path = path;
  file.shown = analysis::to_valid_utf8(path);
  file.language = analysis::detect_language(path, {}).value_or(Language::bash);
  file.facts = analysis::without_definitions({}, "there is not enough memory to analyse this file; its definitions are not known");
  return file;
}

// The work of all threads.
class Mapping {
 public:
  Mapping(const Options& options, const Tree& tree)
      : options_(options), tree_(tree), mapped_(tree.files.size()), progress_(tree.files.size(), options.verbose) {}

  // Takes files until none is left. Any number of threads at once.
  void work() {
    for (std::size_t i = next_++; i < tree_.files.size(); i = next_++) {
      if (!map(i)) {
        std::lock_guard lock(mutex_);
        short_of_memory_.push_back(i);
      }
      progress_.note(tree_.files[i]);
    }
  }

  // After all threads: those for which there was no memory once more, one at a time. Then what they need is all there is.
  void finish(Project& project) {
    for (const std::size_t i : short_of_memory_) {
      if (!map(i)) mapped_[i] = unmapped(tree_.files[i]);
    }
    for (std::optional<MappedFile>& file : mapped_) {
      if (file) project.files.push_back(std::move(*file));
    }
    project.errors.insert(project.errors.end(), errors_.begin(), errors_.end());
  }

 private:
  // Returns false if there is not enough memory.
  bool map(std::size_t i) {
    try {
      Result<std::optional<MappedFile>> file = map_file(options_, tree_.files[i]);
      if (file) {
        mapped_[i] = std::move(*file);
      } else {
        std::lock_guard lock(mutex_);
        errors_.push_back(file.error().message);
      }
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  const Options& options_;
  const Tree& tree_;
  std::vector<std::optional<MappedFile>> mapped_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;  // over the two below
  std::vector<std::string> errors_;
  std::vector<std::size_t> short_of_memory_;
  Progress progress_;
};

}  // namespace

Project map_project(const Options& options, const Tree& tree) {
  Project project;
  project.errors = tree.errors;
  Mapping mapping(options, tree);
  const unsigned jobs = options.jobs > 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  threads.reserve(jobs);
  try {
    for (unsigned i = 1; i < jobs && i < tree.files.size(); ++i) threads.emplace_back([&] { mapping.work(); });
  } catch (const std::exception&) {  // the system gives no more threads or no memory for them: those that there are do the work
  }
  mapping.work();
  for (std::thread& thread : threads) thread.join();
  mapping.finish(project);
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
