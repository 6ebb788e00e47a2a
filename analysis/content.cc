#include "analysis/content.h"

#include <algorithm>

namespace ca::analysis {
namespace {

// Programs and pictures have a NUL in every few bytes. Source has none, or a few that got into it by mistake.
constexpr std::size_t bytes_per_nul = 16;

}  // namespace

ContentType inspect(std::string_view path, std::string_view bytes) {
  const std::string_view head = bytes.substr(0, inspected_bytes);
  std::optional<Language> language = detect_language(path, bytes);
  if (!is_utf16(bytes)) {
    const auto nuls = static_cast<std::size_t>(std::count(head.begin(), head.end(), '\0'));
    if (nuls > 0 && !(language && (nuls == 1 || nuls * bytes_per_nul <= head.size()))) return {ContentKind::binary, std::nullopt};
  }
  return {language ? ContentKind::source : ContentKind::text, language};
}

}  // namespace ca::analysis
