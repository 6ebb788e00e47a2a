// A client's first packets: requests for encryption, a cancel request, or the start of a session.
#include "driver/session/client_session.h"

namespace ca::driver {

namespace {

constexpr std::string_view served_database = "code_analysis";
constexpr std::string_view console_database = "driver";

}  // namespace

void ClientSession::consume_first_packets(std::string_view& input) {
  while (phase_ == Phase::startup) {
    auto packet = wire::take_first_packet(input);
    if (!packet) return fatal("08P01", packet.error().message);
    if (!*packet) return;
    if (std::holds_alternative<wire::SslRequest>(**packet) ||
        std::holds_alternative<wire::GssEncryptionRequest>(**packet)) {
      out_.text() += 'N';  // the socket is the host's own: there is nothing to encrypt
    } else if (const auto* request = std::get_if<wire::CancelRequest>(&**packet)) {
      const wire::CancelRequest meant = *request;
      input = {};            // the other client may be read now, into the same buffer
      host_.cancel(meant);   // before the end of this connection: what its sender does next is not meant
      return close();        // a cancel request has no answer
    } else {
      begin_session(std::get<wire::StartupMessage>(**packet));
    }
  }
}

void ClientSession::begin_session(const wire::StartupMessage& message) {
  startup_timeout_.reset();
  auto options = read_startup_options(message, [this](std::string_view name) { return host_.pool().parameter(name); });
  if (!options) return fatal("22023", options.error().message);
  options_ = std::move(*options);
  priority = options_.priority;
  if (options_.replication) return fatal("0A000", "replication connections are not served by the driver");
  if (options_.database != served_database && options_.database != console_database) {
    return fatal("3D000", "database \"" + options_.database + "\" does not exist: the driver serves \"code_analysis\" and "
                          "its console \"driver\"");
  }
  if (options_.database == console_database) options_.settings.clear();
  has_place_ = options_.database == served_database && host_.take_place();
  if (options_.database == served_database && !has_place_) {
    return fatal("53300", "sorry, too many clients already (max_clients)");
  }
  phase_ = options_.database == console_database ? Phase::console : Phase::active;
  if (message.needs_negotiation()) wire::append_negotiate(out_.text(), message.protocol_options);
  wire::append_authentication_ok(out_.text());
  if (options_.settings.empty()) return welcome();
  awaits_welcome_ = true;  // only PostgreSQL knows whether it takes the settings, and what it then reports
  mode = LeaseMode::exclusive;
  host_.pool().request(*this);
}

// DISCARD ALL has brought the server's own values back, and the client was told so; but its settings outlive it: they are
// set again on its next lease.
void ClientSession::tell_settings_again() {
  for (const auto& [name, value] : server_->session_parameters()) wire::append_parameter_status(out_.text(), name, value);
}

void ClientSession::welcome() {
  std::string& out = out_.text();
  for (const char* name : reported_parameters) {
    std::string value = server_ != nullptr ? server_->parameter(name) : host_.pool().parameter(name);
    if (std::string_view(name) == "application_name") value = options_.application_name;
    if (!value.empty()) wire::append_parameter_status(out, name, value);
  }
  wire::append_backend_key(out, key_.process_id, key_.secret);
  ready('I');
}

}  // namespace ca::driver
