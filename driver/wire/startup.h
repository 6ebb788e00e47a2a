// A client's first packet, the only one without a type byte: start-up, a request for encryption, or a cancel request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/result.h"

namespace ca::wire {

inline constexpr std::uint32_t protocol_3_0 = 3u << 16;

struct StartupMessage {
  std::uint32_t version = 0;                                      // major << 16 | minor; the major is 3
  std::vector<std::pair<std::string, std::string>> parameters;    // in the order sent, protocol options left out
  std::vector<std::string> protocol_options;                      // names that begin with "_pq_."

  // The last value given for NAME; empty where there is none.
  std::string_view parameter(std::string_view name) const noexcept;
  // The client must be told that it gets plain 3.0 (NegotiateProtocolVersion).
  bool needs_negotiation() const noexcept { return version != protocol_3_0 || !protocol_options.empty(); }
};

struct SslRequest {};
struct GssEncryptionRequest {};
struct CancelRequest {
  std::uint32_t process_id = 0;
  std::uint32_t secret = 0;
};

using FirstPacket = std::variant<StartupMessage, SslRequest, GssEncryptionRequest, CancelRequest>;

// Takes the packet off the front of `input`; nullopt while bytes are missing (then nothing is taken).
// Errors: a length below 8 or above 10000 bytes, a major version other than 3, a body that is not pairs of C strings.
Result<std::optional<FirstPacket>> take_first_packet(std::string_view& input);

// Appends the packets themselves (the driver sends a cancel request; tests send the others).
void append_startup(std::string& out, std::uint32_t version,
                    const std::vector<std::pair<std::string, std::string>>& parameters);
void append_cancel_request(std::string& out, CancelRequest request);
void append_ssl_request(std::string& out);
void append_gss_encryption_request(std::string& out);

}  // namespace ca::wire
