#include "driver/sql/session_state.h"

#include "driver/session/prepared_statements.h"
#include "tests/support/catch.h"

using namespace ca::driver;

namespace {

const HarmlessFunctions functions;

SqlTraits inspect(std::string_view sql) { return inspect_sql(sql, functions); }

}  // namespace

TEST_CASE("a session without transaction, state or open group may give its connection back") {
  SessionState state;
  CHECK(state.may_release());
  state.sent(inspect("select 1"));
  state.ready('I');
  CHECK(state.may_release());
}

TEST_CASE("a transaction holds the connection until the server reports its end") {
  SessionState state;
  state.sent(inspect("begin"));
  CHECK_FALSE(state.in_transaction());  // it may fail
  state.ready('T');
  CHECK(state.owns_connection());
  CHECK_FALSE(state.may_release());
  state.ready('E');
  CHECK(state.owns_connection());
  state.ready('I');
  CHECK(state.may_release());
}

TEST_CASE("session state holds the connection though its statement may have failed") {
  SessionState state;
  state.sent(inspect("set x = 1"));
  state.ready('I');
  CHECK(state.owns_connection());
  CHECK_FALSE(state.may_release());
}

TEST_CASE("an open group of messages holds the connection until its Sync is answered") {
  SessionState state;
  state.open_group();
  state.ready('I');  // of the group before
  CHECK_FALSE(state.may_release());
  state.close_group();
  CHECK(state.may_release());
}

TEST_CASE("DISCARD ALL ends all session state but what came from the start-up") {
  SessionState state;
  state.pin(pin::startup);
  state.sent(inspect("set x = 1; listen y"));
  state.sent(inspect("discard all"));
  CHECK(state.owns_connection());
  state.discarded_all();
  CHECK(state.pins() == pin::startup);
}

TEST_CASE("what is sent behind a DISCARD ALL outlives it, and what comes before one that fails stays") {
  SessionState state;
  state.sent(inspect("set x = 1"));
  state.sent(inspect("discard all"));
  state.sent(inspect("select yours()"));
  state.sent(inspect("discard all"));
  state.sent(inspect("listen y"));
  state.discarded_all();
  CHECK(state.pins() == (pin::setting | pin::unproven | pin::listen));
  state.discarded_all();
  CHECK(state.pins() == pin::listen);
  state.sent(inspect("discard all"));
  state.all_answered();
  state.sent(inspect("discard all"));
  CHECK(state.pins() == pin::listen);
  state.discarded_all();
  CHECK(state.pins() == 0);
}

TEST_CASE("a connection that is only to be reset is not kept") {
  SessionState state;
  state.sent(inspect("create table t ()"));
  CHECK(state.pins() == pin::reset);
  CHECK(state.may_release());
  state.released();
  CHECK(state.pins() == 0);
}

TEST_CASE("only what was not proven may be checked and given up") {
  SessionState state;
  state.pin(pin::startup);
  CHECK_FALSE(state.only_unproven());
  state.sent(inspect("select yours()"));
  state.sent(inspect("create table t ()"));
  CHECK(state.only_unproven());
  CHECK_FALSE(state.only_settings());
  state.ready('T');
  CHECK_FALSE(state.only_unproven());
  state.ready('I');
  state.sent(inspect("set x = 1"));
  CHECK_FALSE(state.only_unproven());
}

TEST_CASE("with its connection a session loses transaction, state and open group") {
  SessionState state;
  state.pin(pin::startup | pin::lock);
  state.ready('T');
  state.open_group();
  state.lost_connection();
  CHECK(state.transaction_status() == 'I');
  CHECK(state.pins() == pin::startup);
  CHECK_FALSE(state.group_open());
}

TEST_CASE("currval is refused where the session has drawn nothing on the connection that is its own") {
  SessionState state;
  const auto currval = inspect("select currval('s')");
  CHECK(state.must_refuse(currval));
  state.sent(inspect("select nextval('s')"));
  CHECK(state.must_refuse(currval));
  state.ready('T');
  CHECK_FALSE(state.must_refuse(currval));
  state.ready('I');
  state.pin(pin::temporary);
  CHECK_FALSE(state.must_refuse(currval));
  state.released();
  state.ready('T');
  CHECK(state.must_refuse(currval));
}

TEST_CASE("a statement defined again has another name on servers, and the unnamed one has none") {
  PreparedStatements statements;
  CHECK(statements.define("a", "tail", {}, 5).server_name == server_statement_prefix() + "5");
  CHECK(statements.define("a", "other", {}, 6).server_name == server_statement_name(6));
  CHECK(statements.define("", "x", {}, 7).server_name.empty());
  REQUIRE(statements.find("a") != nullptr);
  CHECK(statements.find("a")->tail == "other");
  statements.forget(5);  // replaced meanwhile
  CHECK(statements.find("a") != nullptr);
  statements.forget(6);
  CHECK(statements.find("a") == nullptr);
  statements.erase("never");
  statements.clear();
  CHECK(statements.empty());
}
