// What a child says of itself: sd_notify datagrams, and the lines of the readiness pipe. The first byte picks which.
#include "supervisor/shell/child/notify_socket.h"
#include "supervisor/shell/child/readiness_parser.h"
#include "tests/fuzz/target.h"

namespace {

using ca::shell::ReadinessFact;
using ca::shell::ReadinessParser;

void notify_text(std::string_view text) {
  const auto message = ca::shell::parse_notify_text(text);
  CA_CHECK(!message.is_ready || text.find("READY=1") != std::string_view::npos);
  CA_CHECK(!message.is_stopping || text.find("STOPPING=1") != std::string_view::npos);
  if (!message.status) return;
  CA_CHECK(message.status->size() <= 400 && message.status->find('\n') == std::string::npos);
  CA_CHECK(text.find("STATUS=" + *message.status) != std::string_view::npos);
}

std::vector<ReadinessFact> facts_of(std::string_view bytes, std::size_t piece) {
  ReadinessParser parser;
  std::vector<ReadinessFact> all;
  while (!bytes.empty()) {
    for (auto& fact : parser.feed(bytes.substr(0, piece))) all.push_back(std::move(fact));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  for (auto& fact : parser.end_of_file()) all.push_back(std::move(fact));
  return all;
}

// However a pipe cuts the bytes, the facts are the same, and the last one decides.
void readiness(std::string_view bytes, std::size_t piece) {
  const auto whole = facts_of(bytes, bytes.size() + 1);
  const auto cut = facts_of(bytes, piece);
  CA_CHECK(whole.size() == cut.size() && !whole.empty());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CA_CHECK(whole[i].kind == cut[i].kind && whole[i].text == cut[i].text);
    CA_CHECK((whole[i].kind == ReadinessFact::Kind::progress) == (i + 1 < whole.size()));
    CA_CHECK(whole[i].text.size() < ReadinessParser::line_limit);
  }
}

}  // namespace

CA_FUZZ_TARGET(notify) {
  ca::fuzz::Input parts(input);
  const unsigned choice = parts.byte();
  if (choice % 2 == 0) return notify_text(parts.rest());
  readiness(parts.rest(), 1 + choice / 2 % 16);
}
