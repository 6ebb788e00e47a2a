// From servers: the stream of messages, what the driver reads out of them, and the queue of replies that they are set against.
// The first byte says in which pieces the stream arrives, the second how many of the following bytes say what was sent before.
#include "driver/session/reply_queue.h"
#include "driver/wire/messages.h"
#include "tests/fuzz/targets/stream_pieces.h"

namespace {

using namespace ca;
using driver::ReplyQueue;

struct World {
  ReplyQueue replies;
  std::vector<ReplyQueue::Undone> failed;
  std::size_t awaited = 0;  // ReadyForQuery messages
  driver::StatementId next_id = 1;
};

void push(World& world, std::uint8_t choice) {
  constexpr ReplyQueue::Kind kinds[] = {ReplyQueue::Kind::client_parse, ReplyQueue::Kind::hidden_parse,
                                        ReplyQueue::Kind::client_close, ReplyQueue::Kind::hidden_close,
                                        ReplyQueue::Kind::copy_end,     ReplyQueue::Kind::query,
                                        ReplyQueue::Kind::sync,         ReplyQueue::Kind::copy,
                                        ReplyQueue::Kind::copy_query};
  if (choice % 10 == 9) return world.replies.push_local("local");
  const auto kind = kinds[choice % 10 % std::size(kinds)];
  world.replies.push(kind, world.next_id++);
}

void on_message(const wire::Slice& slice, World& world) {
  if (!slice.first) return;
  const std::string_view body = slice.last ? slice.body() : std::string_view();
  const std::size_t before = world.replies.ready_count();
  switch (slice.type) {
    case '1': (void)world.replies.parse_complete(); break;
    case '3': (void)(world.replies.proving() ? world.replies.proof_close() : world.replies.close_complete().has_value()); break;
    case 'E': {
      const auto fields = wire::read_error(body);
      CA_CHECK(fields.sqlstate.size() <= body.size() && fields.message.size() <= body.size());
      world.replies.error(world.failed);
      if (world.replies.needs_proof()) {
        world.replies.begin_proof();
        return;
      }
      break;
    }
    case 'Z': {
      if (world.replies.proving()) {
        (void)world.replies.proof_ready('I');
        break;
      }
      const auto ready = world.replies.ready(world.failed);
      CA_CHECK(!ready.awaited || before > 0);
      break;
    }
    case 'S': (void)wire::read_parameter_status(body); break;
    case 'C':
      (void)wire::read_command_tag(body);
      world.replies.copy_complete();
      break;
    case 'G': (void)world.replies.copy_in(); break;
    default: break;
  }
  CA_CHECK(world.replies.ready_count() <= before);
  for (const auto& failed : world.failed) CA_CHECK(failed.statement > 0 && failed.statement < world.next_id);
}

}  // namespace

CA_FUZZ_TARGET(backend) {
  fuzz::Input parts(input);
  const std::size_t piece = 1 + parts.byte() % 64;
  World world;
  for (const char choice : parts.take(parts.byte() % 32)) push(world, static_cast<std::uint8_t>(choice));
  fuzz::cut_stream(wire::backend_grammar, parts.rest(), piece, [&](const wire::Slice& slice) { on_message(slice, world); });
  fuzz::check_pieces(wire::backend_grammar, parts.rest(), piece);
  world.replies.clear();
  CA_CHECK(world.replies.empty() && world.replies.ready_count() == 0 && !world.replies.copying_in());
}
