#include "driver/wire/messages.h"

#include "driver/wire/splitter.h"
#include "tests/support/catch.h"

using namespace ca;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

// The one message in `bytes`, checked to be complete and known to `grammar`.
wire::Slice only(const wire::Grammar& grammar, const std::string& bytes) {
  wire::Splitter splitter(grammar);
  std::string_view input = bytes;
  const auto slice = splitter.next(input);
  REQUIRE(slice.has_value());
  CHECK(slice->last);
  CHECK(input.empty());
  return *slice;
}

}  // namespace

TEST_CASE("an error is made with its fields and read back") {
  std::string out;
  wire::append_error(out, {"FATAL", "28000", "no entry", "detail", "hint"});
  const auto slice = only(wire::backend_grammar, out);
  CHECK(slice.type == 'E');
  const auto fields = wire::read_error(slice.body());
  CHECK(fields.severity == "FATAL");
  CHECK(fields.sqlstate == "28000");
  CHECK(fields.message == "no entry");
  CHECK(out.find("Ddetail") != std::string::npos);
  CHECK(out.find("Hhint") != std::string::npos);
}

TEST_CASE("a translated severity is taken only where there is no other") {
  CHECK(wire::read_error("SFEHLER\0VERROR\0\0"sv).severity == "ERROR");
  CHECK(wire::read_error("SFATAL\0\0"sv).severity == "FATAL");
}

TEST_CASE("an error cut off at any byte is read without a fault") {
  const std::string body = "SERROR\0VERROR\0C42601\0Msyntax\0\0"s;
  for (std::size_t count = 0; count <= body.size(); ++count) {
    const auto fields = wire::read_error(std::string_view(body).substr(0, count));
    CHECK((fields.message.empty() || fields.message == "syntax"));
  }
}

TEST_CASE("Parse is read into name, text and tail, and made anew under another name") {
  const std::string body = "old\0select $1\0\0\1\0\0\0\x17"s;
  const auto parse = wire::read_parse(body);
  REQUIRE(parse.has_value());
  CHECK(parse->name == "old");
  CHECK(parse->query == "select $1");
  std::string out;
  wire::append_parse(out, "new_name", parse->tail);
  const auto again = wire::read_parse(only(wire::frontend_grammar, out).body());
  REQUIRE(again.has_value());
  CHECK(again->name == "new_name");
  CHECK(again->tail == parse->tail);
  for (std::size_t count = 0; count < body.size(); ++count) CHECK_FALSE(wire::read_parse(std::string_view(body).substr(0, count)));
  CHECK_FALSE(wire::read_parse(body + "x"));
}

TEST_CASE("Bind is made anew under another statement name with the same values") {
  const std::string body = "portal\0stmt\0\0\0\0\1\0\0\0\2hi\0\0"s;
  const auto names = wire::read_bind_names(body);
  REQUIRE(names.has_value());
  CHECK(names->portal == "portal");
  CHECK(names->statement == "stmt");
  std::string out;
  wire::append_bind_start(out, names->portal, "another", names->rest.size());
  out += names->rest;
  const auto again = wire::read_bind_names(only(wire::frontend_grammar, out).body());
  REQUIRE(again.has_value());
  CHECK(again->statement == "another");
  CHECK(again->rest == names->rest);
}

TEST_CASE("Describe and Close name a statement or a portal and nothing else") {
  CHECK(wire::read_target("Sname\0"sv)->name == "name");
  CHECK(wire::read_target("P\0"sv)->kind == 'P');
  CHECK_FALSE(wire::read_target("Xname\0"s));
  CHECK_FALSE(wire::read_target("Sname"));
  CHECK_FALSE(wire::read_target("Sname\0more"s));
  CHECK_FALSE(wire::read_target(""));
}

TEST_CASE("Query and Execute have exactly one form") {
  CHECK(*wire::read_query("select 1\0"sv) == "select 1");
  CHECK_FALSE(wire::read_query("select 1"));
  CHECK_FALSE(wire::read_query("a\0b\0"s));
  CHECK(wire::valid_execute("\0\0\0\0\0"s));
  CHECK_FALSE(wire::valid_execute("\0\0\0\0"s));
  CHECK_FALSE(wire::valid_execute("p\0\0\0\0\0\0"s));
}

TEST_CASE("each message that the driver makes is one complete message of its direction") {
  std::string out;
  SECTION("to clients") {
    wire::append_authentication_ok(out);
    wire::append_parameter_status(out, "a", "b");
    wire::append_backend_key(out, 1, 2);
    wire::append_ready(out, 'T');
    wire::append_command_complete(out, "SHOW");
    wire::append_empty_query(out);
    wire::append_row_description(out, {"one", "two"});
    wire::append_data_row(out, {"1", ""});
    wire::append_negotiate(out, {"_pq_.x"});
    wire::Splitter splitter(wire::backend_grammar);
    std::string_view input = out;
    std::string types;
    while (const auto slice = splitter.next(input)) types += slice->type;
    CHECK(types == "RSKZCITDv");
    CHECK(input.empty());
  }
  SECTION("to servers") {
    wire::append_query(out, "select 1");
    wire::append_target(out, 'D', {'S', "s"});
    wire::append_target(out, 'C', {'P', "p"});
    wire::append_sync(out);
    wire::append_terminate(out);
    wire::Splitter splitter(wire::frontend_grammar);
    std::string_view input = out;
    std::string types;
    while (const auto slice = splitter.next(input)) types += slice->type;
    CHECK(types == "QDCSX");
    CHECK(input.empty());
  }
}

TEST_CASE("a parameter's status and a command's tag are read back") {
  const auto parameter = wire::read_parameter_status("TimeZone\0UTC\0"sv);
  REQUIRE(parameter.has_value());
  CHECK(parameter->name == "TimeZone");
  CHECK(parameter->value == "UTC");
  CHECK_FALSE(wire::read_parameter_status("TimeZone\0UTC"s));
  CHECK(*wire::read_command_tag("INSERT 0 1\0"sv) == "INSERT 0 1");
}
