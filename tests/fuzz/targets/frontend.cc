// From clients: the first packets, the stream of messages, and what the driver reads out of them. The first byte says in which
// pieces the stream arrives.
#include "driver/client/startup_options.h"
#include "driver/session/prepared_statements.h"
#include "driver/sql/session_state.h"
#include "driver/sql/sql_scanner.h"
#include "driver/wire/messages.h"
#include "driver/wire/startup.h"
#include "tests/fuzz/targets/stream_pieces.h"

namespace {

using namespace ca;

const driver::HarmlessFunctions functions({"own", "schema.own"});

struct Session {
  driver::PreparedStatements statements;
  driver::SessionState state;
  driver::StatementId next_id = 1;
};

void look_at_sql(std::string_view sql, driver::SessionState& state) {
  const driver::SqlTraits traits = driver::inspect_sql(sql, functions);
  CA_CHECK(!traits.deallocates_one || !traits.name.empty() || sql.find("\"\"") != std::string_view::npos);
  state.sent(traits);
  const driver::Pins ties = traits.pins & ~driver::pin::reset;
  CA_CHECK((state.pins() & traits.pins) == traits.pins && (ties == 0 || state.owns_connection()));
  CA_CHECK(driver::pins_text(traits.pins).empty() == (ties == 0));
  // What can be said of a text can be said of it where more stands before and behind it.
  const auto among = driver::inspect_sql("SELECT 1;" + std::string(sql), functions);
  CA_CHECK(among.pins == traits.pins && among.writes == traits.writes && among.begins_transaction == traits.begins_transaction);
  // Where the dialect is doubtful, no more is proven.
  const auto doubtful = driver::inspect_sql(sql, functions, {false, false});
  CA_CHECK((doubtful.pins & traits.pins) == traits.pins);
  driver::SqlScanner scanner(sql);
  std::size_t length = 0;
  for (auto token = scanner.next(); token.kind != driver::TokenKind::end; token = scanner.next()) length += token.text.size();
  CA_CHECK(length <= sql.size() && scanner.next().kind == driver::TokenKind::end);
}

void on_parse(std::string_view body, Session& session) {
  const auto parse = wire::read_parse(body);
  if (!parse) return;
  look_at_sql(parse->query, session.state);
  const auto id = session.next_id++;
  session.statements.define(parse->name, parse->tail, driver::inspect_sql(parse->query, functions), id);
  const auto* found = session.statements.find(parse->name);
  CA_CHECK(found != nullptr && found->id == id && found->tail == parse->tail);
  // What is sent on for it reads back to the same.
  std::string rewritten;
  wire::append_parse(rewritten, parse->name, parse->tail);
  const auto again = wire::read_parse(std::string_view(rewritten).substr(5));
  CA_CHECK(again && again->query == parse->query && again->name == parse->name);
}

void on_close(std::string_view body, Session& session) {
  const auto target = wire::read_target(body);
  if (!target) return;
  CA_CHECK(target->kind == 'S' || target->kind == 'P');
  if (target->kind != 'S') return;
  session.statements.erase(target->name);
  CA_CHECK(session.statements.find(target->name) == nullptr);
}

void on_message(const wire::Slice& slice, Session& session) {
  if (!slice.first) return;
  const std::string_view body = slice.body();
  switch (slice.type) {
    case 'Q':
      if (const auto query = wire::read_query(body)) look_at_sql(*query, session.state);
      break;
    case 'P': on_parse(body, session); break;
    case 'B':
      if (const auto names = wire::read_bind_names(body)) session.statements.find(names->statement);
      break;
    case 'C': on_close(body, session); break;
    case 'D': (void)wire::read_target(body); break;
    case 'E': (void)wire::valid_execute(body); break;
    default: break;
  }
}

// True where a session begins.
bool first_packets(std::string_view& stream) {
  for (int count = 0; count < 4; ++count) {
    const std::size_t before = stream.size();
    auto packet = wire::take_first_packet(stream);
    CA_CHECK(stream.size() <= before);
    if (!packet || !*packet) return false;
    const auto* startup = std::get_if<wire::StartupMessage>(&**packet);
    if (startup == nullptr) continue;
    const auto options = driver::read_startup_options(*startup, [](std::string_view) { return std::string("UTF8"); });
    driver::SessionState fresh;
    if (options) look_at_sql(driver::settings_sql(options->settings), fresh);
    return true;
  }
  return false;
}

}  // namespace

CA_FUZZ_TARGET(frontend) {
  fuzz::Input parts(input);
  const std::size_t piece = 1 + parts.byte() % 64;
  std::string_view stream = parts.rest();
  if (!first_packets(stream)) stream = parts.rest();
  Session session;
  fuzz::cut_stream(wire::frontend_grammar, stream, piece, [&](const wire::Slice& slice) { on_message(slice, session); });
  fuzz::check_pieces(wire::frontend_grammar, stream, piece);
}
