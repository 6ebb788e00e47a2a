#include "supervisor/config/mask.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace ca::config {
namespace {

bool is_secret_option(std::string_view name) { return name == "password" || name == "sslpassword"; }

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

// The end of the value that begins at `at`, by libpq's rules; nothing where its quotes are not closed.
std::optional<std::size_t> value_end(std::string_view text, std::size_t at) {
  const bool in_quotes = at < text.size() && text[at] == '\'';
  if (in_quotes) ++at;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (in_quotes && text[at] == '\'') {
      return at + 1;
    } else if (!in_quotes && is_blank(text[at])) {
      return at;
    }
  }
  if (in_quotes) return std::nullopt;
  return text.size();
}

// "host=a password='b c'"; nothing where the text is not of this form.
std::optional<std::string> mask_pairs(std::string_view text) {
  std::string result;
  for (std::size_t at = skip_blanks(text, 0); at < text.size(); at = skip_blanks(text, at)) {
    const std::size_t equals = text.find('=', at);
    if (equals == std::string_view::npos) return std::nullopt;
    std::string_view name = text.substr(at, equals - at);
    while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
    if (name.empty() || std::any_of(name.begin(), name.end(), is_blank)) return std::nullopt;
    const std::size_t start = skip_blanks(text, equals + 1);
    const auto end = value_end(text, start);
    if (!end) return std::nullopt;
    if (!result.empty()) result += ' ';
    result.append(name).append("=").append(is_secret_option(name) ? masked : text.substr(start, *end - start));
    at = *end;
  }
  return result;
}

// The parameters after a URI's "?".
std::string mask_query(std::string_view query) {
  std::string result;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    // A percent sign in a name could hide which one it is.
    const std::string_view name = pair.substr(0, equals);
    const bool is_secret = is_secret_option(name) || name.find('%') != std::string_view::npos;
    if (!result.empty()) result += '&';
    result.append(is_secret ? std::string(name).append("=").append(masked) : std::string(pair));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return result;
}

// "postgresql://user:password@host/name?password=x"
std::string mask_uri(std::string_view uri) {
  const std::size_t start = uri.find("://") + 3;
  const std::size_t question = std::min(uri.find('?', start), uri.size());
  std::string_view before = uri.substr(0, question);
  std::string result;
  // A password may hold "/" unescaped by mistake: whatever stands before the last "@" counts as user and password.
  const std::size_t at = before.rfind('@');
  if (at != std::string_view::npos && at >= start) {
    const std::size_t colon = before.find(':', start);
    if (colon < at) {
      result.append(before.substr(0, colon + 1)).append(masked);
      before.remove_prefix(at);
    }
  }
  result.append(before);
  if (question < uri.size()) result.append("?").append(mask_query(uri.substr(question + 1)));
  return result;
}

}  // namespace

std::string mask_conninfo(const std::string& conninfo) {
  if (conninfo.starts_with("postgresql://") || conninfo.starts_with("postgres://")) {
    // More than one "?" or an "@" behind it: the password itself may hold the "?".
    const std::size_t question = conninfo.find('?');
    const bool is_ambiguous = question != std::string::npos && conninfo.find_first_of("@?", question + 1) != std::string::npos;
    return is_ambiguous ? std::string(masked) : mask_uri(conninfo);
  }
  return mask_pairs(conninfo).value_or(std::string(masked));
}

bool is_secret_name(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  constexpr std::array<std::string_view, 7> parts{"PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIAL", "_KEY"};
  return upper == "KEY" || std::any_of(parts.begin(), parts.end(), [&upper](std::string_view part) {
           return upper.find(part) != std::string::npos;
         });
}

}  // namespace ca::config
