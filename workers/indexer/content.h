// A file's bytes as the indexer takes them, or why it does not.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "analysis/analyse.h"

namespace ca::workers {

inline constexpr std::size_t largest_file = 8 << 20;  // bytes; a parse of it takes about a second

struct Content {
  enum class Kind {
    text,        // bytes and hash are set; language too where it is known
    not_source,  // binary, or large and in no known language: no use in trying again
    too_large,   // in a known language, but larger than largest_file
    vanished,     // not there, or no regular file any more
    unreadable,   // it may be readable later
    unavailable,  // could not be looked at, for a reason that is not the file's: its root is away, no descriptor is left
  };
  Kind kind = Kind::text;
  std::string reason;  // for all but text
  std::optional<analysis::Language> language;
  std::string bytes;
  std::string hash;  // XXH3-128 of the bytes, 32 hex digits
};

// Reads `path` below the folder `root`, following no link. Blocks.
Content read_content(const std::string& root, const std::string& path);

std::string hash_of(std::string_view bytes);

}  // namespace ca::workers
