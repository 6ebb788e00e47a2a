#include "supervisor/config/config_reader.h"

#include "supervisor/byte_stream.h"

namespace ca {
namespace {

constexpr std::string_view format = "code-analysis outcome 1\n";


}  // namespace

Result<ReadOutcome> parse_outcome(std::string_view bytes) {
  if (bytes.substr(0, format.size()) != format) return failure("the configuration reader sent no result");
  ByteReader reader(bytes.substr(format.size()));
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
