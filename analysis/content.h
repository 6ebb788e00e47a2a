// What a file's content is: source in a known language, other text, or no text at all. Indexer and code_mapper both ask here, so they
// always agree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "analysis/analyse.h"

namespace ca::analysis {

enum class ContentKind : std::uint8_t { source, text, binary };

struct ContentType {
  ContentKind kind = ContentKind::text;
  std::optional<Language> language;  // of source only
};

// Whether a file is binary, and the language of one whose name does not tell it, depends on this many bytes at its start.
inline constexpr std::size_t inspected_bytes = 8000;

// Returns the type of the file `path` whose bytes are `bytes`. The first inspected_bytes of it give the same kind; the language of a
// ".h" takes the whole file.
//
// UTF-16 with a byte order mark is text. Other content is binary if its first inspected_bytes have a NUL, as git decides it. But a file
// whose name or first line says a language is source with a single NUL, or if at most one byte in 16 is NUL.
ContentType inspect(std::string_view path, std::string_view bytes);

// Whether `bytes` begin with a byte order mark of UTF-16. That of UTF-32 is none.
bool is_utf16(std::string_view bytes);

}  // namespace ca::analysis
