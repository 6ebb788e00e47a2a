#include "driver/reply_queue.h"

#include "tests/support/catch.h"

using namespace ca::driver;
using Kind = ReplyQueue::Kind;

namespace {
std::vector<ReplyQueue::FailedParse> failed;
}

TEST_CASE("the reply to a hidden Parse is hidden and the client's own is shown, in the order sent") {
  ReplyQueue queue;
  queue.push(Kind::hidden_close);
  queue.push(Kind::hidden_parse, 7);
  queue.push(Kind::client_parse, 8);
  queue.push(Kind::client_close);
  queue.push(Kind::sync);
  CHECK(queue.close_complete() == std::optional(false));
  CHECK(queue.parse_complete() == std::optional(false));
  CHECK(queue.parse_complete() == std::optional(true));
  CHECK(queue.close_complete() == std::optional(true));
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
  CHECK(queue.parse_complete() == std::optional(true));
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
  CHECK(queue.parse_complete() == std::optional(true));
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

TEST_CASE("a Sync sent before the server said CopyInResponse has no reply, and the group is open again") {
  ReplyQueue queue;
  queue.push(Kind::client_parse, 1);
  queue.push(Kind::sync);
  CHECK(queue.parse_complete().has_value());
  CHECK(queue.copy_in());
  CHECK(queue.copying_in());
  CHECK(queue.ready_count() == 0);
  queue.push(Kind::copy_end);
  CHECK_FALSE(queue.copying_in());
  queue.push(Kind::sync);
  failed.clear();
  CHECK(queue.ready(failed).awaited);
}

TEST_CASE("a Sync sent after the end of the COPY counts, though CopyInResponse had not come") {
  ReplyQueue queue;
  queue.push(Kind::sync);      // read by the server within the COPY
  queue.push(Kind::copy_end);
  queue.push(Kind::sync);
  CHECK_FALSE(queue.copy_in());
  CHECK_FALSE(queue.copying_in());
  CHECK(queue.ready_count() == 1);
}

TEST_CASE("COPY in a simple query keeps the query's own ReadyForQuery") {
  ReplyQueue queue;
  queue.push(Kind::query);
  CHECK_FALSE(queue.copy_in());
  CHECK(queue.copying_in());
  CHECK(queue.ready_count() == 1);
  failed.clear();
  queue.error(failed);  // the COPY failed
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
  CHECK(queue.parse_complete() == std::optional(true));
  CHECK(queue.listen_complete());
  CHECK_FALSE(queue.listen_complete());
  CHECK(queue.close_complete() == std::optional(true));
  failed.clear();
  CHECK(queue.ready(failed).awaited);
  queue.push(Kind::listen);
  queue.push(Kind::sync);
  queue.error(failed);
  CHECK_FALSE(queue.listen_complete());
  CHECK(queue.ready(failed).awaited);
  CHECK(queue.empty());
}
