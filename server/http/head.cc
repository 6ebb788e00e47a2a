#include "server/http/head.h"

#include <algorithm>
#include <charconv>

namespace ca::server {

namespace {

constexpr std::size_t most_headers = 100;
constexpr std::size_t most_parameters = 100;

tl::unexpected<HttpRefusal> refused(std::string reason, int status = 400) {
  return tl::unexpected(HttpRefusal{status, std::move(reason)});
}

bool is_token_character(char c) {
  const bool is_alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_alphanumeric || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

// What may stand in a request target: no space, no control character, nothing beyond ASCII, no fragment.
bool is_target_character(char c) { return c > 0x20 && c < 0x7f && c != '#'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the next line off `rest`. Nullopt: it does not end with CRLF, or has a CR or LF elsewhere.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos || end == 0 || rest[end - 1] != '\r') return std::nullopt;
  const auto line = rest.substr(0, end - 1);
  rest.remove_prefix(end + 1);
  if (line.find('\r') != std::string_view::npos) return std::nullopt;
  return line;
}

void parse_query(std::string_view text, std::vector<std::pair<std::string, std::string>>& query) {
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    const auto value = pair.substr(std::min(equals + 1, pair.size()));
    if (!pair.empty()) query.emplace_back(percent_decoded(pair.substr(0, equals), true), percent_decoded(value, true));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// "/path?query", or "http://host/path?query", whose host must be that of the header.
struct Target {
  std::string_view authority;  // empty: origin form
  std::string_view path;
};

std::optional<Target> split_target(std::string_view target) {
  if (target.empty() || !std::all_of(target.begin(), target.end(), is_target_character)) return std::nullopt;
  if (target.front() == '/' || target == "*") return Target{{}, target};
  constexpr std::string_view scheme = "http://";
  if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) return std::nullopt;
  target.remove_prefix(scheme.size());
  const auto end = std::min(target.find_first_of("/?"), target.size());
  if (end == 0 || target.substr(0, end).find('@') != std::string_view::npos) return std::nullopt;
  return Target{target.substr(0, end), end < target.size() && target[end] == '/' ? target.substr(end) : "/"};
}

struct RequestLine {
  std::string_view method;
  Target target;
  bool is_1_1;
};

tl::expected<RequestLine, HttpRefusal> parse_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return refused("the request line is not METHOD TARGET VERSION");
  const auto version = line.substr(last + 1);
  const auto target = split_target(line.substr(first + 1, last - first - 1));
  if (!is_token(line.substr(0, first))) return refused("the method is no token");
  if (!target) return refused("the request target is not valid");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return version.substr(0, 5) == "HTTP/" ? refused("only HTTP/1.1 is spoken here", 505)
                                           : refused("the version is not HTTP");
  }
  return RequestLine{line.substr(0, first), *target, version == "HTTP/1.1"};
}

tl::expected<void, HttpRefusal> parse_header(std::string_view line, Request& request) {
  if (line.front() == ' ' || line.front() == '\t') return refused("a header is continued on a second line");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return refused("a header's name is no token");
  const auto value = trimmed(line.substr(colon + 1));
  if (std::any_of(value.begin(), value.end(), is_control)) return refused("a header has a control character");
  if (request.headers.size() >= most_headers) return refused("there are too many headers", 431);
  request.headers.emplace_back(line.substr(0, colon), value);
  return {};
}

// The body's length is told in exactly one way, or there is no body.
tl::expected<void, HttpRefusal> read_framing(HttpHead& head, bool is_1_1) {
  const auto lengths = head.request.header_values("Content-Length");
  const auto codings = head.request.header_values("Transfer-Encoding");
  if (lengths.size() + codings.size() > 1) return refused("the body's length is told more than once");
  if (!codings.empty()) {
    if (!is_1_1 || !equals_ignoring_case(codings.front(), "chunked"))
      return refused("this transfer coding is not known");
    head.is_chunked = true;
  }
  if (lengths.empty()) return {};
  const auto& text = lengths.front();
  const bool is_number =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  const auto error = std::from_chars(text.data(), text.data() + text.size(), head.content_length).ec;
  if (!is_number || error != std::errc()) return refused("Content-Length is no number");
  return {};
}

tl::expected<void, HttpRefusal> check_host(const Request& request, std::string_view authority, bool is_1_1) {
  const auto hosts = request.header_values("Host");
  if (hosts.size() > 1) return refused("there are two Host headers");
  if (hosts.empty() && is_1_1) return refused("the Host header is missing");
  if (!authority.empty() && (hosts.empty() || !equals_ignoring_case(hosts.front(), authority))) {
    return refused("the request target names another host than the Host header");
  }
  return {};
}

bool names_option(const std::vector<std::string>& values, std::string_view option) {
  for (std::string_view value : values) {
    while (!value.empty()) {
      const auto end = std::min(value.find(','), value.size());
      if (equals_ignoring_case(trimmed(value.substr(0, end)), option)) return true;
      value.remove_prefix(std::min(end + 1, value.size()));
    }
  }
  return false;
}

}  // namespace

std::string percent_decoded(std::string_view text, bool plus_is_space) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
  };
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && digit(text[at + 1]) >= 0 && digit(text[at + 2]) >= 0) {
      decoded += static_cast<char>(digit(text[at + 1]) * 16 + digit(text[at + 2]));
      at += 2;
    } else {
      decoded += plus_is_space && text[at] == '+' ? ' ' : text[at];
    }
  }
  return decoded;
}

std::optional<std::size_t> head_size(std::string_view bytes, std::size_t& scanned) {
  for (auto at = bytes.find('\n', scanned); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    scanned = at + 1;
    if (at == 0 || bytes[at - 1] != '\r') return at + 1;  // a bare LF: refused whatever follows
    if (at >= 3 && bytes.substr(at - 3, 4) == "\r\n\r\n") return at + 1;
    if (at == 1) return at + 1;  // an empty request line
  }
  scanned = bytes.size();
  return std::nullopt;
}

std::string_view path_of(std::string_view head) {
  const auto line = head.substr(0, head.find('\r'));
  const auto begin = line.find(' ');
  if (begin == std::string_view::npos) return {};
  return line.substr(begin + 1, std::min(line.find_first_of(" ?", begin + 1), line.size()) - begin - 1);
}

tl::expected<HttpHead, HttpRefusal> parse_head(std::string_view head) {
  auto rest = head;
  const auto first = take_line(rest);
  if (!first) return refused("a line does not end with CR LF");
  const auto line = parse_request_line(*first);
  if (!line) return tl::unexpected(line.error());
  HttpHead parsed;
  for (;;) {
    const auto next = take_line(rest);
    if (!next) return refused("a line does not end with CR LF");
    if (next->empty()) break;
    if (const auto header = parse_header(*next, parsed.request); !header) return tl::unexpected(header.error());
  }
  if (const auto host = check_host(parsed.request, line->target.authority, line->is_1_1); !host) {
    return tl::unexpected(host.error());
  }
  if (const auto framing = read_framing(parsed, line->is_1_1); !framing) return tl::unexpected(framing.error());
  parsed.request.method = line->method;
  const auto question = std::min(line->target.path.find('?'), line->target.path.size());
  parsed.request.path = percent_decoded(line->target.path.substr(0, question), false);
  parse_query(line->target.path.substr(std::min(question + 1, line->target.path.size())), parsed.request.query);
  if (parsed.request.query.size() > most_parameters) return refused("there are too many parameters");
  const auto expects = parsed.request.header_values("Expect");
  parsed.expects_continue =
      line->is_1_1 && expects.size() == 1 && equals_ignoring_case(expects.front(), "100-continue");
  if (!expects.empty() && !parsed.expects_continue) return refused("this expectation cannot be met", 417);
  parsed.keeps_alive = line->is_1_1 && !names_option(parsed.request.header_values("Connection"), "close");
  return parsed;
}

}  // namespace ca::server
