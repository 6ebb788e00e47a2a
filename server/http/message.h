// A request and a response as plain values, apart from any HTTP library.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ca::server {

struct Request {
  std::string method;
  std::string path;                                            // percent-decoded, without the query
  std::vector<std::pair<std::string, std::string>> query;      // percent-decoded, in order
  std::vector<std::pair<std::string, std::string>> headers;    // names as sent
  std::string local_ip;                                        // address that the client connected to; empty: not IP
  std::string body;
  int client = -1;                                             // the connection, only to notice that it ends; -1: none

  // The first value of that name; nullopt where there is none.
  std::optional<std::string> parameter(std::string_view name) const;
  // Values of all headers of that name, upper and lower case alike.
  std::vector<std::string> header_values(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;    // further ones
};

// An error as RFC 9457 describes it: application/problem+json with status, title and detail.
Response problem(int status, std::string_view detail);

// "Not Found" for 404; "Error" for a status that is not used here.
std::string_view status_title(int status);

// Names of headers: upper and lower case alike, ASCII only.
bool equals_ignoring_case(std::string_view left, std::string_view right);

}  // namespace ca::server
