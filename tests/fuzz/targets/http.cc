// The head of an HTTP request: where it ends is the same however it arrives, and what is parsed says one thing only.
#include <string>

#include "server/http/head.h"
#include "tests/fuzz/target.h"

CA_FUZZ_TARGET(http) {
  if (input.size() > 16384) return;
  std::size_t scanned = 0;
  const auto size = ca::server::head_size(input, scanned);
  CA_CHECK(scanned <= input.size() && (!size || *size <= input.size()));

  std::size_t scanned_in_pieces = 0;
  for (std::size_t end = 1; end <= input.size(); ++end) {
    const auto found = ca::server::head_size(input.substr(0, end), scanned_in_pieces);
    if (!found) continue;
    CA_CHECK(size && *found == *size);
    break;
  }

  const std::string_view head = input.substr(0, size.value_or(input.size()));
  (void)ca::server::path_of(head);
  const auto parsed = ca::server::parse_head(head);
  if (!parsed) {
    CA_CHECK(parsed.error().status >= 400 && parsed.error().status < 600 && !parsed.error().reason.empty());
  } else {
    CA_CHECK(size.has_value());  // a head without its end is no request
    CA_CHECK(!parsed->is_chunked || parsed->content_length == 0);
    CA_CHECK(parsed->request.path.starts_with('/') || parsed->request.path == "*");
  }
}
