#include "analysis/source.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "analysis/content.h"
#include "analysis/text.h"

namespace ca::analysis {
namespace {

// The parser counts bytes in 32 bits.
constexpr std::size_t max_bytes = 0xFFFFFFF0u;

// The encoding that a comment in the first two lines names ("-*- coding: latin-1 -*-"), lower case; empty where none does.
std::string declared_encoding(std::string_view bytes) {
  for (int line = 0; line < 2; ++line) {
    std::size_t end = std::min(bytes.find('\n'), bytes.size());
    std::string_view text = bytes.substr(0, std::min<std::size_t>(end, 400));
    std::size_t at = text.find("coding");
    if (text.find('#') < at && at != std::string_view::npos && at + 6 < text.size()) {
      std::string_view rest = text.substr(at + 6);
      if (rest[0] == ':' || rest[0] == '=') {
        rest = trim(rest.substr(1));
        std::string name;
        for (char c : rest) {
          if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') break;
          name.push_back(c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
        }
        return name;
      }
    }
    if (end == bytes.size()) break;
    bytes.remove_prefix(end + 1);
  }
  return {};
}

bool is_latin1_name(const std::string& name) {
  return name == "latin-1" || name == "latin1" || name == "iso-8859-1" || name == "iso-latin-1" || name == "iso8859-1" ||
         name == "l1" || name == "iso-8859-15" || name == "cp1252" || name == "windows-1252";
}

// Bytes at the front that are plain ASCII without NUL, eight at a time.
std::size_t ascii_prefix(std::string_view bytes, std::size_t from) {
  std::size_t i = from;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + i, 8);
    bool high = (word & 0x8080808080808080u) != 0;
    bool zero = ((word - 0x0101010101010101u) & ~word & 0x8080808080808080u) != 0;
    if (high || zero) break;
  }
  while (i < bytes.size() && bytes[i] != '\0' && static_cast<unsigned char>(bytes[i]) < 0x80) ++i;
  return i;
}

}  // namespace

bool is_utf16(std::string_view bytes) {
  using namespace std::string_view_literals;
  return bytes.starts_with("\xFE\xFF") || (bytes.starts_with("\xFF\xFE") && !bytes.starts_with("\xFF\xFE\0\0"sv));
}

Source::Source(std::string_view bytes) : original_(bytes.substr(0, max_bytes)) {
  find_encoding();
  make_parse_copy();
  auto newlines = std::count(original_.begin(), original_.end(), '\n');
  line_count_ = static_cast<std::uint32_t>(newlines) + (!original_.empty() && original_.back() != '\n' ? 1 : 0);
}

void Source::find_encoding() {
  if (is_utf16(original_)) {
    decoded_ = utf16_to_utf8(original_.substr(2), original_[0] == '\xFE');
    original_ = decoded_;
    encoding_ = Encoding::utf16;
  } else if (is_latin1_name(declared_encoding(original_))) {
    encoding_ = Encoding::latin1;
  }
}

void Source::make_parse_copy() {
  for (std::size_t i = ascii_prefix(original_, 0); i < original_.size(); i = ascii_prefix(original_, i)) {
    std::size_t length = original_[i] == '\0' ? 0 : encoding_ == Encoding::latin1 ? 0 : utf8_length_at(original_, i);
    if (length > 0) {
      i += length;
      continue;
    }
    if (clean_.empty()) clean_ = original_;
    if (original_[i] == '\0') {
      clean_[i] = ' ';
      if (nuls_++ == 0) first_nul_ = i;
    } else {
      clean_[i] = '_';  // a letter, so that a name stays one name
      if (encoding_ != Encoding::latin1 && invalid_++ == 0) first_invalid_ = i;
    }
    ++i;
  }
  parse_ = clean_.empty() ? original_ : std::string_view(clean_);
}

std::string Source::text(std::uint32_t start, std::uint32_t end) const {
  std::string_view slice = original_.substr(start, end - start);
  if (clean_.empty()) return std::string(slice);
  if (encoding_ == Encoding::latin1) return latin1_to_utf8(slice);
  return to_valid_utf8(slice);
}

std::uint32_t Source::line_of(std::size_t offset) const {
  return 1 + static_cast<std::uint32_t>(std::count(original_.begin(), original_.begin() + offset, '\n'));
}

}  // namespace ca::analysis
