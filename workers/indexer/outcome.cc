#include "workers/indexer/outcome.h"

#include <fmt/format.h>

#include <new>

#include "analysis/analyse.h"
#include "analysis/source.h"
#include "database/schema.h"
#include "workers/indexer/content.h"
#include "workers/indexer/probe.h"

namespace ca::workers {

namespace {

constexpr Milliseconds probe_timeout{30'000};

Outcome without_facts(const Claim& claim, Outcome::Kind kind, std::string reason) {
  Outcome outcome;
  outcome.claim = claim;
  outcome.kind = kind;
  outcome.reason = std::move(reason);
  return outcome;
}

Outcome analysed(const Claim& claim, const Content& content) {
  Outcome outcome = without_facts(claim, Outcome::Kind::indexed, "");
  outcome.hash = content.hash;
  if (content.hash == claim.known_hash && claim.known_version == analyser_version) {
    outcome.kind = Outcome::Kind::unchanged;
    return outcome;
  }
  outcome.line_count = analysis::Source(content.bytes).line_count();
  if (!content.language) return outcome;
  outcome.language = analysis::language_name(*content.language);
  if (claim.attempts > 1) {
    const auto survived =
        probe([&] { (void)analysis::analyse(*content.language, claim.path, content.bytes); }, probe_timeout);
    if (!survived) return failed_attempt(claim, survived.error().message);
  }
  outcome.facts = analysis::analyse(*content.language, claim.path, content.bytes);
  return outcome;
}

}  // namespace

Outcome failed_attempt(const Claim& claim, std::string reason) {
  const int failures = claim.failures + 1;
  if (failures < max_failures) return without_facts(claim, Outcome::Kind::retry, std::move(reason));
  return without_facts(claim, Outcome::Kind::dead, fmt::format("given up after {} failures: {}", failures, reason));
}

namespace {

Outcome read_and_analyse(const Claim& claim) {
  const Content content = read_content(claim.root, claim.path);
  switch (content.kind) {
    case Content::Kind::text: return analysed(claim, content);
    case Content::Kind::not_source: return without_facts(claim, Outcome::Kind::skipped, content.reason);
    case Content::Kind::too_large: return without_facts(claim, Outcome::Kind::dead, content.reason);
    case Content::Kind::vanished:
    case Content::Kind::unavailable: return without_facts(claim, Outcome::Kind::later, content.reason);
    case Content::Kind::unreadable: return failed_attempt(claim, content.reason);
  }
  return {};
}

}  // namespace

Outcome work_on(const Claim& claim) {
  if (claim.attempts > max_attempts) {
    return without_facts(claim, Outcome::Kind::dead,
                         fmt::format("given up: its indexer did not survive any of {} attempts", max_attempts));
  }
  try {
    return read_and_analyse(claim);
  } catch (const std::bad_alloc&) {  // of this process's limit or of the system: another attempt may do better
    return failed_attempt(claim, "there is not enough memory to analyse it");
  }
}

}  // namespace ca::workers
