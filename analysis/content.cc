#include "analysis/content.h"

#include <algorithm>

#include "analysis/text.h"

namespace ca::analysis {
namespace {

constexpr std::size_t most_nuls = 100;  // one in so many bytes

// Text but for a few NUL bytes. A character that the end of `head` cuts in two counts as whole.
bool is_text_with_nuls(std::string_view head, std::size_t nuls) {
  if (nuls * most_nuls > head.size()) return false;
  for (std::size_t at = 0; at < head.size();) {
    const std::size_t length = utf8_length_at(head, at);
    if (length == 0) return head.size() - at < 4 && head.size() == inspected_bytes;
    at += length;
  }
  return true;
}

}  // namespace

ContentType inspect(std::string_view path, std::string_view bytes) {
  const std::string_view head = bytes.substr(0, inspected_bytes);
  std::optional<Language> language = detect_language(path, bytes);
  if (!is_utf16(bytes)) {
    const auto nuls = static_cast<std::size_t>(std::count(head.begin(), head.end(), '\0'));
    if (nuls > 0 && !(language && is_text_with_nuls(head, nuls))) return {ContentKind::binary, std::nullopt};
  }
  return {language ? ContentKind::source : ContentKind::text, language};
}

}  // namespace ca::analysis
