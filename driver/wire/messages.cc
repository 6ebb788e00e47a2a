#include "driver/wire/messages.h"

#include "driver/wire/bytes.h"
#include "driver/wire/startup.h"

namespace ca::wire {

namespace {

// Writes the header at construction and the length at destruction.
class Message {
 public:
  Message(std::string& out, char type) : out_(out) {
    out_.push_back(type);
    start_ = out_.size();
    append_u32(out_, 0);
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() { store_u32(out_.data() + start_, static_cast<std::uint32_t>(out_.size() - start_)); }

 private:
  std::string& out_;
  std::size_t start_;
};

void append_field(std::string& out, char code, std::string_view text) {
  if (text.empty()) return;
  out.push_back(code);
  append_text(out, text);
}

}  // namespace

std::optional<std::string_view> read_query(std::string_view body) {
  Reader reader(body);
  const auto text = reader.text();
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return text;
}

std::optional<ParseMessage> read_parse(std::string_view body) {
  Reader reader(body);
  ParseMessage message;
  message.name = reader.text();
  message.tail = reader.rest();
  message.query = reader.text();
  const std::size_t types = reader.u16();
  if (!reader.ok() || reader.rest().size() != types * 4) return std::nullopt;
  return message;
}

std::optional<BindNames> read_bind_names(std::string_view body) {
  Reader reader(body);
  BindNames names;
  names.portal = reader.text();
  names.statement = reader.text();
  names.rest = reader.rest();
  if (!reader.ok()) return std::nullopt;
  return names;
}

std::optional<Target> read_target(std::string_view body) {
  Reader reader(body);
  Target target;
  target.kind = reader.byte();
  target.name = reader.text();
  if (!reader.ok() || !reader.at_end() || (target.kind != 'S' && target.kind != 'P')) return std::nullopt;
  return target;
}

bool valid_execute(std::string_view body) {
  Reader reader(body);
  reader.text();
  reader.u32();
  return reader.ok() && reader.at_end();
}

ErrorFields read_error(std::string_view body) {
  ErrorFields fields;
  std::string_view translated_severity;
  Reader reader(body);
  for (char code = reader.byte(); reader.ok() && code != '\0'; code = reader.byte()) {
    const auto text = reader.text();
    switch (code) {
      case 'S': translated_severity = text; break;
      case 'V': fields.severity = text; break;
      case 'C': fields.sqlstate = text; break;
      case 'M': fields.message = text; break;
      default: break;  // other fields only pass through
    }
  }
  if (fields.severity.empty()) fields.severity = translated_severity;  // servers before 9.6 send no V
  return fields;
}

std::optional<Parameter> read_parameter_status(std::string_view body) {
  Reader reader(body);
  Parameter parameter;
  parameter.name = reader.text();
  parameter.value = reader.text();
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return parameter;
}

std::optional<std::string_view> read_notified_channel(std::string_view body) {
  Reader reader(body);
  reader.u32();
  const auto channel = reader.text();
  if (!reader.ok()) return std::nullopt;
  return channel;
}

std::optional<std::string_view> read_portal(std::string_view body) {
  Reader reader(body);
  const auto portal = reader.text();
  if (!reader.ok()) return std::nullopt;
  return portal;
}

std::optional<std::string_view> read_command_tag(std::string_view body) { return read_query(body); }

void append_error(std::string& out, const ErrorText& error) {
  const Message message(out, 'E');
  append_field(out, 'S', error.severity);
  append_field(out, 'V', error.severity);
  append_field(out, 'C', error.sqlstate);
  append_field(out, 'M', error.message);
  append_field(out, 'D', error.detail);
  append_field(out, 'H', error.hint);
  append_field(out, 'R', error.routine);
  out.push_back('\0');
}

void append_negotiate(std::string& out, const std::vector<std::string>& unknown_options) {
  const Message message(out, 'v');
  append_u32(out, protocol_3_0);
  append_u32(out, static_cast<std::uint32_t>(unknown_options.size()));
  for (const auto& option : unknown_options) append_text(out, option);
}

void append_authentication_ok(std::string& out) {
  const Message message(out, 'R');
  append_u32(out, 0);
}

void append_parameter_status(std::string& out, std::string_view name, std::string_view value) {
  const Message message(out, 'S');
  append_text(out, name);
  append_text(out, value);
}

void append_backend_key(std::string& out, std::uint32_t process_id, std::uint32_t secret) {
  const Message message(out, 'K');
  append_u32(out, process_id);
  append_u32(out, secret);
}

void append_ready(std::string& out, char transaction_status) {
  const Message message(out, 'Z');
  out.push_back(transaction_status);
}

void append_command_complete(std::string& out, std::string_view tag) {
  const Message message(out, 'C');
  append_text(out, tag);
}

void append_empty_query(std::string& out) { const Message message(out, 'I'); }

void append_row_description(std::string& out, const std::vector<std::string>& columns) {
  constexpr std::uint32_t text_type = 25;
  const Message message(out, 'T');
  append_u16(out, static_cast<std::uint16_t>(columns.size()));
  for (const auto& column : columns) {
    append_text(out, column);
    append_u32(out, 0);            // no table
    append_u16(out, 0);            // no column of a table
    append_u32(out, text_type);
    append_u16(out, 0xffff);       // of variable size
    append_u32(out, 0xffffffff);   // no type modifier
    append_u16(out, 0);            // text format
  }
}

void append_data_row(std::string& out, const std::vector<std::string>& values) {
  const Message message(out, 'D');
  append_u16(out, static_cast<std::uint16_t>(values.size()));
  for (const auto& value : values) {
    append_u32(out, static_cast<std::uint32_t>(value.size()));
    out.append(value);
  }
}

void append_message(std::string& out, char type, std::string_view body) {
  const Message message(out, type);
  out += body;
}

void append_query(std::string& out, std::string_view text) {
  const Message message(out, 'Q');
  append_text(out, text);
}

void append_parse(std::string& out, std::string_view name, std::string_view tail) {
  const Message message(out, 'P');
  append_text(out, name);
  out.append(tail);
}

void append_bind_start(std::string& out, std::string_view portal, std::string_view statement,
                       std::uint64_t rest_length) {
  const std::uint64_t length = 4 + portal.size() + 1 + statement.size() + 1 + rest_length;
  out.push_back('B');
  append_u32(out, static_cast<std::uint32_t>(length));
  append_text(out, portal);
  append_text(out, statement);
}

void append_bind(std::string& out, std::string_view portal, std::string_view statement) {
  append_bind_start(out, portal, statement, 6);
  out.append(6, '\0');
}

void append_target(std::string& out, char type, Target target) {
  const Message message(out, type);
  out.push_back(target.kind);
  append_text(out, target.name);
}

void append_sync(std::string& out) { const Message message(out, 'S'); }

void append_flush(std::string& out) { const Message message(out, 'H'); }

void append_copy_fail(std::string& out, std::string_view why) {
  const Message message(out, 'f');
  append_text(out, why);
}

void append_terminate(std::string& out) { const Message message(out, 'X'); }

}  // namespace ca::wire
