#include "driver/wire/startup.h"

#include "driver/wire/bytes.h"
#include "tests/support/catch.h"

using namespace ca;

namespace {

std::string startup_bytes(std::uint32_t version = wire::protocol_3_0) {
  std::string out;
  wire::append_startup(out, version, {{"user", "u"}, {"database", "code_analysis"}, {"_pq_.x", "1"}, {"user", "v"}});
  return out;
}

}  // namespace

TEST_CASE("a startup packet is taken only once its last byte is there") {
  const std::string packet = startup_bytes();
  for (std::size_t count = 0; count < packet.size(); ++count) {
    std::string_view input(packet.data(), count);
    const auto taken = wire::take_first_packet(input);
    REQUIRE(taken.has_value());
    CHECK_FALSE(taken->has_value());
    CHECK(input.size() == count);
  }
  const std::string more = packet + "Q";
  std::string_view input = more;
  const auto taken = wire::take_first_packet(input);
  REQUIRE(taken.has_value());
  REQUIRE(taken->has_value());
  CHECK(input == "Q");
  const auto& message = std::get<wire::StartupMessage>(**taken);
  CHECK(message.parameter("database") == "code_analysis");
  CHECK(message.parameter("user") == "v");
  CHECK(message.parameter("absent").empty());
  CHECK(message.parameters.size() == 3);
  CHECK(message.protocol_options == std::vector<std::string>{"_pq_.x"});
  CHECK(message.needs_negotiation());
}

TEST_CASE("a newer minor version is negotiated and another major version is refused") {
  const std::string newer = startup_bytes(wire::protocol_3_0 + 2);
  std::string_view input = newer;
  CHECK(std::get<wire::StartupMessage>(**wire::take_first_packet(input)).needs_negotiation());
  const std::string old = startup_bytes(2u << 16);
  input = old;
  CHECK(wire::take_first_packet(input).error().message.find("2.0") != std::string::npos);
}

TEST_CASE("requests for encryption and cancel requests are told apart") {
  std::string packets;
  wire::append_ssl_request(packets);
  wire::append_gss_encryption_request(packets);
  wire::append_cancel_request(packets, {77, 0xdeadbeef});
  std::string_view input = packets;
  CHECK(std::holds_alternative<wire::SslRequest>(**wire::take_first_packet(input)));
  CHECK(std::holds_alternative<wire::GssEncryptionRequest>(**wire::take_first_packet(input)));
  const auto last = wire::take_first_packet(input);
  const auto& cancel = std::get<wire::CancelRequest>(**last);
  CHECK(cancel.process_id == 77);
  CHECK(cancel.secret == 0xdeadbeef);
  CHECK(input.empty());
}

TEST_CASE("a startup packet of a wrong length or form is refused before it is waited for") {
  std::string bad;
  SECTION("too short") { wire::append_u32(bad, 7); }
  SECTION("an HTTP request") { bad = "GET / HTTP/1.1\r\n\r\n"; }
  SECTION("a TLS client hello") { bad = std::string("\x16\x03\x01\x02\x00\x01", 6); }
  SECTION("longer than any") { wire::append_u32(bad, 10001); }
  SECTION("no terminator") {
    wire::append_u32(bad, 13);
    wire::append_u32(bad, wire::protocol_3_0);
    bad += "user";
    bad += '\0';
  }
  SECTION("a name without a value") {
    wire::append_u32(bad, 12);
    wire::append_u32(bad, wire::protocol_3_0);
    bad += "usr";
    bad += '\0';
  }
  SECTION("a cancel request with a byte too many") {
    wire::append_u32(bad, 17);
    wire::append_u32(bad, 1234u << 16 | 5678);
    bad += "123456789";
  }
  std::string_view input = bad;
  CHECK_FALSE(wire::take_first_packet(input).has_value());
}
