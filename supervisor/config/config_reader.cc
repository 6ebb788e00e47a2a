#include "supervisor/config/config_reader.h"

#include <sys/resource.h>

#include <new>

#include "common/posix.h"
#include "supervisor/byte_stream.h"
#include "supervisor/config/checker.h"
#include "supervisor/config/complete.h"
#include "supervisor/config/make_plan.h"
#include "supervisor/config/print.h"
#include "supervisor/config/source_file.h"
#include "supervisor/config/yaml_tree.h"

namespace ca {
namespace {

using config::Diagnostics;

constexpr std::string_view outcome_format = "code-analysis outcome 1\n";

// A valid file takes tens of megabytes and of milliseconds; a reader that takes more than this dies, alone.
constexpr rlim_t memory_bound = rlim_t{768} << 20;  // bytes of address space
constexpr rlim_t time_bound = 10;                   // seconds of CPU time

struct Loaded {
  std::optional<config::Settings> code_analysis;
  std::optional<Plan> plan;
};

Loaded load_checked(const std::string& file, Diagnostics& diagnostics) {
  const config::LoadedSource loaded = config::load_source(file, diagnostics);
  if (!loaded.ok) return {};
  const config::NodePtr root = config::parse_yaml(loaded.source.text, diagnostics);
  if (!root) return {};
  const config::Host host = config::this_host();
  config::Settings settings = config::check(*root, host.variable, loaded.source.folder, diagnostics);
  config::Settings& code_analysis = settings.section("code_analysis");
  config::complete(code_analysis, host, loaded.source.folder, diagnostics);
  Plan plan = config::make_plan(code_analysis, loaded.source.path, host, diagnostics);
  if (diagnostics.any_error()) return {};
  plan.warnings = diagnostics.warnings();
  return {std::move(code_analysis), std::move(plan)};
}

// Nothing that a file says may end in an exception that nobody catches.
Loaded load(const std::string& file, Diagnostics& diagnostics) {
  try {
    return load_checked(file, diagnostics);
  } catch (const std::bad_alloc&) {
    diagnostics.error({}, "reading the configuration takes too much memory");
  } catch (const std::exception& error) {
    diagnostics.error({}, std::string("reading the configuration failed: ") + error.what());
  }
  return {};
}

void bound(int resource, rlim_t limit) {
  rlimit current{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &current) != 0) return;
  current.rlim_cur = current.rlim_cur < limit ? current.rlim_cur : limit;
  ::setrlimit(static_cast<__rlimit_resource>(resource), &current);
}

void bound_this_process() {
#ifndef __SANITIZE_ADDRESS__  // which reserves terabytes of address space
  bound(RLIMIT_AS, memory_bound);
#endif
  bound(RLIMIT_CPU, time_bound);
  bound(RLIMIT_CORE, 0);
}

std::string to_bytes(ReadOutcome outcome) {
  std::optional<std::string> plan;
  if (outcome.plan) plan = serialise(*outcome.plan);
  ByteWriter writer;
  writer.all(plan, outcome.errors, outcome.warnings);
  return std::string(outcome_format) + writer.take();
}

}  // namespace

ReadOutcome read_configuration(const std::string& file, bool starting) {
  Diagnostics diagnostics(file, starting);
  Loaded loaded = load(file, diagnostics);
  return {std::move(loaded.plan), diagnostics.errors(), diagnostics.marked_warnings()};
}

PrintedConfig print_config(const std::string& file) {
  Diagnostics diagnostics(file, false);
  const Loaded loaded = load(file, diagnostics);
  if (!loaded.code_analysis) return {"", diagnostics.errors()};
  return {config::print(*loaded.code_analysis), {}};
}

int reader_main(const std::string& file, int out_fd, bool starting) {
  bound_this_process();
  return write_all(out_fd, to_bytes(read_configuration(file, starting))) ? 0 : 1;
}

Result<ReadOutcome> parse_outcome(std::string_view bytes) {
  if (bytes.substr(0, outcome_format.size()) != outcome_format) {
    return failure("the configuration reader ended without a result");
  }
  ByteReader reader(bytes.substr(outcome_format.size()));
  std::optional<std::string> plan;
  ReadOutcome outcome;
  reader.all(plan, outcome.errors, outcome.warnings);
  if (!reader.at_end()) return failure("the configuration reader's result is incomplete");
  if (!plan) return outcome;
  auto whole = deserialise(*plan);
  if (!whole) return tl::unexpected(whole.error());
  outcome.plan = std::move(*whole);
  return outcome;
}

}  // namespace ca
