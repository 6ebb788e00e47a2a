// One file's bytes, made fit for a parser without moving anything: a copy for the parser in which every byte that is no text
// is replaced by one that is, and the original, from which names and comments are read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ca::analysis {

enum class Encoding : std::uint8_t { utf8, latin1, utf16 };

class Source {
 public:
  // `bytes` must outlive the source. Latin-1 is taken where a "coding:" comment in the first two lines says so, UTF-16 where
  // a byte order mark does (then positions are those of the same text in UTF-8), else UTF-8.
  explicit Source(std::string_view bytes);

  // What the parser sees: valid UTF-8 without NUL bytes, each line and column where it was.
  std::string_view parse_bytes() const { return parse_; }

  // The original text of [start, end), as valid UTF-8.
  std::string text(std::uint32_t start, std::uint32_t end) const;
  // The same as the parser sees it, without a copy.
  std::string_view parsed(std::uint32_t start, std::uint32_t end) const { return parse_.substr(start, end - start); }

  // The line (from 1) of a byte of the original.
  std::uint32_t line_of(std::size_t offset) const;

  std::uint32_t line_count() const { return line_count_; }
  std::size_t invalid_bytes() const { return invalid_; }
  std::size_t first_invalid() const { return first_invalid_; }
  std::size_t nul_bytes() const { return nuls_; }
  std::size_t first_nul() const { return first_nul_; }
  Encoding encoding() const { return encoding_; }

  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

 private:
  void find_encoding();
  void make_parse_copy();

  std::string decoded_;       // UTF-16 only: the whole text as UTF-8
  std::string clean_;         // filled where something had to be replaced
  std::string_view original_;
  std::string_view parse_;
  Encoding encoding_ = Encoding::utf8;
  std::uint32_t line_count_ = 0;
  std::size_t invalid_ = 0, first_invalid_ = 0, nuls_ = 0, first_nul_ = 0;
};

}  // namespace ca::analysis
