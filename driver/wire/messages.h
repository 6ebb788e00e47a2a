// The messages that the driver reads or makes itself. Everything else passes through as bytes.
// Readers take the body (without the five bytes of the header); their views point into it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ca::wire {

// ---- from clients ----

struct ParseMessage {
  std::string_view name;
  std::string_view query;
  std::string_view tail;    // query and parameter types as they stand in the message, everything after the name
};
struct BindNames {
  std::string_view portal;
  std::string_view statement;
  std::string_view rest;    // what has arrived of the message after the two names
};
struct Target {             // of Describe and Close
  char kind = 0;            // 'S' statement, 'P' portal
  std::string_view name;
};

// Errors (nullopt): the body does not have this form.
std::optional<std::string_view> read_query(std::string_view body);
std::optional<ParseMessage> read_parse(std::string_view body);
std::optional<BindNames> read_bind_names(std::string_view body);
std::optional<Target> read_target(std::string_view body);
bool valid_execute(std::string_view body);

// ---- from servers ----

struct ErrorFields {        // ErrorResponse, NoticeResponse
  std::string_view severity;  // never translated: ERROR, FATAL, PANIC, ...
  std::string_view sqlstate;
  std::string_view message;
};
struct Parameter {
  std::string_view name;
  std::string_view value;
};

ErrorFields read_error(std::string_view body);  // absent fields are empty
std::optional<Parameter> read_parameter_status(std::string_view body);
std::optional<std::string_view> read_command_tag(std::string_view body);
std::optional<std::string_view> read_notified_channel(std::string_view body);  // of a NotificationResponse
std::optional<std::string_view> read_portal(std::string_view body);            // of Execute

// ---- appended to `out`; texts hold no NUL ----

struct ErrorText {
  std::string_view severity = "ERROR";
  std::string_view sqlstate;
  std::string_view message;
  std::string_view detail = {};
  std::string_view hint = {};
  std::string_view routine = {};  // of PostgreSQL's source; clients tell some errors by it
};
void append_error(std::string& out, const ErrorText& error);

// NegotiateProtocolVersion: 3.0, and the options that are not known.
void append_negotiate(std::string& out, const std::vector<std::string>& unknown_options);
void append_authentication_ok(std::string& out);
void append_parameter_status(std::string& out, std::string_view name, std::string_view value);
void append_backend_key(std::string& out, std::uint32_t process_id, std::uint32_t secret);
void append_ready(std::string& out, char transaction_status);
void append_command_complete(std::string& out, std::string_view tag);
void append_empty_query(std::string& out);
void append_row_description(std::string& out, const std::vector<std::string>& columns);  // all of type text
void append_data_row(std::string& out, const std::vector<std::string>& values);

void append_message(std::string& out, char type, std::string_view body);
void append_query(std::string& out, std::string_view text);
void append_parse(std::string& out, std::string_view name, std::string_view tail);
// The start of a Bind, up to and with the statement name; `rest_length` more bytes of it are to be sent after.
void append_bind_start(std::string& out, std::string_view portal, std::string_view statement,
                       std::uint64_t rest_length);
void append_bind(std::string& out, std::string_view portal, std::string_view statement);  // without parameters
void append_target(std::string& out, char type, Target target);  // Describe 'D' or Close 'C'
void append_sync(std::string& out);
void append_flush(std::string& out);
void append_copy_fail(std::string& out, std::string_view why);
void append_terminate(std::string& out);

}  // namespace ca::wire
