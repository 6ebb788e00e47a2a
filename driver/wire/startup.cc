#include "driver/wire/startup.h"

#include "driver/wire/bytes.h"

namespace ca::wire {

namespace {

constexpr std::uint32_t largest_packet = 10000;  // as PostgreSQL's own limit
constexpr std::uint32_t special_major = 1234;
constexpr std::uint32_t cancel_code = special_major << 16 | 5678;
constexpr std::uint32_t ssl_code = special_major << 16 | 5679;
constexpr std::uint32_t gss_code = special_major << 16 | 5680;

Result<FirstPacket> read_startup(std::uint32_t version, std::string_view body) {
  if (version >> 16 != 3) {
    return failure("unsupported frontend protocol " + std::to_string(version >> 16) + "." +
                   std::to_string(version & 0xffff) + ": the driver speaks 3.0");
  }
  StartupMessage message;
  message.version = version;
  Reader reader(body);
  for (;;) {
    const auto name = reader.text();
    if (!reader.ok()) return failure("invalid startup packet: no terminator");
    if (name.empty()) break;
    const auto value = reader.text();
    if (!reader.ok()) return failure("invalid startup packet: a name without a value");
    if (name.substr(0, 5) == "_pq_.") {
      message.protocol_options.emplace_back(name);
    } else {
      message.parameters.emplace_back(name, value);
    }
  }
  if (!reader.at_end()) return failure("invalid startup packet: bytes after the terminator");
  return FirstPacket{std::move(message)};
}

Result<FirstPacket> read_packet(std::string_view packet) {
  Reader reader(packet);
  const std::uint32_t code = reader.u32();
  if (code == ssl_code || code == gss_code || code == cancel_code) {
    const std::size_t expected = code == cancel_code ? 8 : 0;
    if (reader.rest().size() != expected) return failure("invalid length of startup packet");
    if (code == ssl_code) return FirstPacket{SslRequest{}};
    if (code == gss_code) return FirstPacket{GssEncryptionRequest{}};
    CancelRequest request;
    request.process_id = reader.u32();
    request.secret = reader.u32();
    return FirstPacket{request};
  }
  return read_startup(code, reader.rest());
}

void append_code(std::string& out, std::uint32_t length, std::uint32_t code) {
  append_u32(out, length);
  append_u32(out, code);
}

}  // namespace

std::string_view StartupMessage::parameter(std::string_view name) const noexcept {
  for (auto pair = parameters.rbegin(); pair != parameters.rend(); ++pair) {
    if (pair->first == name) return pair->second;
  }
  return {};
}

Result<std::optional<FirstPacket>> take_first_packet(std::string_view& input) {
  if (input.size() < 4) return std::optional<FirstPacket>{};
  const std::uint32_t length = load_u32(input.data());
  if (length < 8 || length > largest_packet) return failure("invalid length of startup packet");
  if (input.size() < length) return std::optional<FirstPacket>{};
  auto packet = read_packet(input.substr(4, length - 4));
  if (!packet) return tl::unexpected(packet.error());
  input.remove_prefix(length);
  return std::optional<FirstPacket>{std::move(*packet)};
}

void append_startup(std::string& out, std::uint32_t version,
                    const std::vector<std::pair<std::string, std::string>>& parameters) {
  const std::size_t start = out.size();
  append_code(out, 0, version);
  for (const auto& [name, value] : parameters) {
    append_text(out, name);
    append_text(out, value);
  }
  out.push_back('\0');
  store_u32(out.data() + start, static_cast<std::uint32_t>(out.size() - start));
}

void append_cancel_request(std::string& out, CancelRequest request) {
  append_code(out, 16, cancel_code);
  append_u32(out, request.process_id);
  append_u32(out, request.secret);
}

void append_ssl_request(std::string& out) { append_code(out, 8, ssl_code); }

void append_gss_encryption_request(std::string& out) { append_code(out, 8, gss_code); }

}  // namespace ca::wire
