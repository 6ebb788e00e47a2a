#include "driver/session/reply_queue.h"

#include "tests/support/catch.h"

using namespace ca::driver;
using Kind = ReplyQueue::Kind;

namespace {
std::vector<ReplyQueue::Undone> failed;

// Whether the client is to see it.
std::optional<bool> shown(const std::optional<ReplyQueue::Completed>& completed) {
  return completed ? std::optional(completed->of_client) : std::nullopt;
}
}

TEST_CASE("the reply to a hidden Parse is hidden and the client's own is shown, in the order sent") {
  ReplyQueue queue;
  queue.push(Kind::hidden_close);
  queue.push(Kind::hidden_parse, 7);
  queue.push(Kind::client_parse, 8);
  queue.push(Kind::client_close);
  queue.push(Kind::sync);
  CHECK(shown(queue.close_complete()) == std::optional(false));
  CHECK(shown(queue.parse_complete()) == std::optional(false));
  CHECK(shown(queue.parse_complete()) == std::optional(true));
  CHECK(shown(queue.close_complete()) == std::optional(true));
  CHECK(queue.ready_count() == 1);
  failed.clear();
  CHECK(queue.ready(failed).awaited);
  CHECK(failed.empty());
  CHECK(queue.empty());
}

TEST_CASE("a reply that nobody asked for is told") {
  ReplyQueue queue;
  failed.clear();
  CHECK_FALSE(queue.parse_complete().has_value());
  CHECK_FALSE(queue.ready(failed).awaited);
  queue.push(Kind::sync);
  CHECK_FALSE(queue.close_complete().has_value());
}

TEST_CASE("an error drops what is not answered any more, up to its own Sync") {
  ReplyQueue queue;
  queue.push(Kind::client_parse, 1);
  queue.push(Kind::hidden_parse, 2);
  queue.push_local("local");
  queue.push(Kind::sync);
  queue.push(Kind::client_parse, 3);
  queue.push(Kind::sync);
  failed.clear();
  queue.error(failed);
  REQUIRE(failed.size() == 2);
  CHECK(failed[0].statement == 1);
  CHECK(failed[0].of_client);
  CHECK(failed[1].statement == 2);
  CHECK_FALSE(failed[1].of_client);
  CHECK(queue.ready_count() == 2);
  CHECK(queue.ready(failed).local.empty());
  CHECK(shown(queue.parse_complete()) == std::optional(true));
}

TEST_CASE("an error in a simple query drops nothing of what comes after it") {
  ReplyQueue queue;
  queue.push(Kind::query);
  queue.push(Kind::client_parse, 1);
  queue.push(Kind::sync);
  failed.clear();
  queue.error(failed);
  CHECK(failed.empty());
  CHECK(queue.ready(failed).awaited);
  CHECK(shown(queue.parse_complete()) == std::optional(true));
}

TEST_CASE("what the driver answers itself comes before the ReadyForQuery of its own group") {
  ReplyQueue queue;
  queue.push(Kind::query);
  queue.push_local("DEALLOCATE");
  queue.push(Kind::sync);
  failed.clear();
  CHECK(queue.ready(failed).local.empty());
  CHECK(queue.ready(failed).local == "DEALLOCATE");
}

TEST_CASE("nothing but data follows a COPY until it is known whether it began") {
  ReplyQueue queue;
  queue.push(Kind::client_parse, 1);
  queue.push(Kind::copy);
  CHECK(queue.awaits_copy());
  CHECK(queue.parse_complete().has_value());
  SECTION("it began") {
    CHECK(queue.copy_in());
    CHECK(queue.copying_in());
    CHECK_FALSE(queue.awaits_copy());
    queue.push(Kind::copy_end);
    CHECK_FALSE(queue.copying_in());
    CHECK_FALSE(queue.empty());
    queue.copy_complete();
    CHECK(queue.empty());
  }
  SECTION("it was refused") {
    failed.clear();
    queue.error(failed);
    CHECK_FALSE(queue.needs_proof());
    CHECK_FALSE(queue.awaits_copy());
  }
  SECTION("it was a COPY to the client") {
    queue.copy_complete();
    CHECK(queue.empty());
  }
  SECTION("its CopyDone was sent already, so that a Sync behind it counts") {
    queue.push(Kind::copy_end);
    CHECK_FALSE(queue.awaits_copy());
    queue.push(Kind::sync);
    CHECK(queue.copy_in());
    CHECK_FALSE(queue.copying_in());
    CHECK(queue.ready_count() == 1);
  }
}

TEST_CASE("CopyInResponse that no message can have caused is told") {
  ReplyQueue queue;
  CHECK_FALSE(queue.copy_in());
  queue.push(Kind::sync);
  CHECK_FALSE(queue.copy_in());
}

TEST_CASE("a Sync within a COPY that succeeds has no reply") {
  ReplyQueue queue;
  queue.push(Kind::copy);
  CHECK(queue.copy_in());
  queue.push(Kind::sync);
  CHECK(queue.ready_count() == 0);
  queue.push(Kind::copy_end);
  CHECK(queue.copy_in_doubt());
  queue.push(Kind::sync);
  queue.copy_complete();
  CHECK_FALSE(queue.copy_in_doubt());
  CHECK(queue.ready_count() == 1);
  failed.clear();
  CHECK(queue.ready(failed).awaited);
  CHECK(queue.empty());
}

TEST_CASE("after a COPY that failed with a Sync within, each ReadyForQuery but those of the proof is the client's") {
  const auto [sent_after_it, skipped, answered] = GENERATE(table<bool, bool, int>(
      {{false, false, 1}, {false, true, 0}, {true, false, 2}, {true, true, 1}}));
  ReplyQueue queue;
  queue.push(Kind::copy);
  CHECK(queue.copy_in());
  queue.push(Kind::sync);
  if (sent_after_it) {
    queue.push(Kind::copy_end);
    queue.push(Kind::sync);
  }
  failed.clear();
  queue.error(failed);
  REQUIRE(queue.needs_proof());
  queue.begin_proof();
  CHECK(queue.proving());
  int shown = 0;
  const int of_client = (skipped ? 0 : 1) + (sent_after_it ? 1 : 0);
  for (int count = 0; count < of_client + 1; ++count) shown += queue.proof_ready('I').shown ? 1 : 0;
  CHECK(queue.proof_close());
  const auto end = queue.proof_ready('I');
  CHECK(end.over);
  CHECK_FALSE(end.shown);
  CHECK(shown == answered);
  CHECK(end.answered == (answered > 0));
  CHECK(queue.empty());
}

TEST_CASE("COPY in a simple query keeps the query's own ReadyForQuery") {
  ReplyQueue queue;
  queue.push(Kind::copy_query);
  CHECK(queue.awaits_copy());
  CHECK(queue.copy_in());
  CHECK(queue.copying_in());
  CHECK(queue.ready_count() == 1);
  failed.clear();
  queue.error(failed);  // the COPY failed
  CHECK_FALSE(queue.needs_proof());
  CHECK_FALSE(queue.copying_in());
  CHECK(queue.ready(failed).awaited);
}

TEST_CASE("a queue that never runs empty does not grow") {
  ReplyQueue queue;
  queue.push(Kind::sync);
  failed.clear();
  for (int round = 0; round < 100000; ++round) {
    queue.push(Kind::sync);
    REQUIRE(queue.ready(failed).awaited);
    REQUIRE(queue.ready_count() == 1);
  }
}

TEST_CASE("what stands in for the Execute of a LISTEN is answered in its place, and not at all after an error") {
  ReplyQueue queue;
  queue.push(Kind::client_parse, 1);
  queue.push(Kind::listen);
  queue.push(Kind::client_close);
  queue.push(Kind::sync);
  CHECK_FALSE(queue.listen_complete());
  CHECK(shown(queue.parse_complete()) == std::optional(true));
  CHECK(queue.listen_complete());
  CHECK_FALSE(queue.listen_complete());
  CHECK(shown(queue.close_complete()) == std::optional(true));
  failed.clear();
  CHECK(queue.ready(failed).awaited);
  queue.push(Kind::listen);
  queue.push(Kind::sync);
  queue.error(failed);
  CHECK_FALSE(queue.listen_complete());
  CHECK(queue.ready(failed).awaited);
  CHECK(queue.empty());
}

TEST_CASE("a description reaches who asked for it, in the order sent, and what failed has none") {
  ReplyQueue queue;
  const auto told = std::make_shared<Description>();
  queue.push_describe(Kind::describe, 4, told);
  queue.push_describe(Kind::hidden_describe, 5, nullptr);
  CHECK(queue.awaits_description());
  CHECK(queue.next() == Kind::describe);
  CHECK(queue.described({11, 12}) == 4);
  CHECK(told->parameters == 11);
  CHECK(told->row == 12);
  CHECK(queue.described({13, 14}) == 5);
  CHECK_FALSE(queue.awaits_description());
  queue.push_describe(Kind::describe_portal, 4, told);
  CHECK(queue.described({0, 15}) == 4);
  CHECK(told->parameters == 11);
  CHECK(told->row == 15);
  queue.push_refused("ours");
  CHECK(queue.next() == Kind::refused);
  CHECK(queue.take_refused() == "ours");
  failed.clear();
  queue.error(failed);
  CHECK(queue.empty());
}

TEST_CASE("a row's hash depends on names, types and modifiers, and on nothing else") {
  const auto row = [](std::string name, char table, char type, char modifier, char format) {
    std::string body{"\0\1", 2};
    body += name + '\0';
    body += std::string{"\0\0\0", 3} + table + std::string{"\0\1", 2};
    body += std::string{"\0\0\0", 3} + type + std::string{"\0\4", 2};
    return hash_row(body + std::string{"\0\0\0", 3} + modifier + '\0' + format);
  };
  const auto base = row("a", 1, 23, 0, 0);
  CHECK(row("a", 2, 23, 0, 1) == base);
  CHECK(row("b", 1, 23, 0, 0) != base);
  CHECK(row("a", 1, 20, 0, 0) != base);
  CHECK(row("a", 1, 23, 9, 0) != base);
  CHECK(hash_row({}) != 0);
  CHECK(hash_row({}) != base);
}

TEST_CASE("of the Parses that fail with their group, only the one at its head may have failed by itself") {
  ReplyQueue queue;
  queue.push_parse(Kind::client_parse, 1);
  queue.push_parse(Kind::client_parse, 2, std::make_shared<Redefinition>(Redefinition{"a", {}}));
  queue.push(Kind::sync);
  queue.push_parse(Kind::hidden_parse, 3);
  CHECK(queue.has_parse_of(2));
  failed.clear();
  queue.error(failed);
  REQUIRE(failed.size() == 2);
  CHECK_FALSE(failed[0].skipped);
  CHECK(failed[1].skipped);
  CHECK(failed[1].redefinition->name == "a");
  CHECK_FALSE(queue.has_parse_of(2));
  CHECK(queue.has_parse_of(3));
}

TEST_CASE("a Parse that succeeds and a Close tell which statement they were about") {
  ReplyQueue queue;
  queue.push_parse(Kind::client_parse, 4, std::make_shared<Redefinition>(Redefinition{"b", {}}));
  queue.push(Kind::client_close, 4);
  const auto parse = queue.parse_complete();
  REQUIRE(parse);
  CHECK(parse->statement == 4);
  CHECK(parse->redefinition->name == "b");
  const auto close = queue.close_complete();
  REQUIRE(close);
  CHECK(close->statement == 4);
}
