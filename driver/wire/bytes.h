// Big-endian integers and C strings in message bytes: a bounds-checked reader, and writers that append.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ca::wire {

// REQUIRES: four readable bytes at `at`.
inline std::uint32_t load_u32(const char* at) noexcept {
  const auto* byte = reinterpret_cast<const unsigned char*>(at);
  return static_cast<std::uint32_t>(byte[0]) << 24 | static_cast<std::uint32_t>(byte[1]) << 16 |
         static_cast<std::uint32_t>(byte[2]) << 8 | static_cast<std::uint32_t>(byte[3]);
}

// REQUIRES: four writable bytes at `at`.
inline void store_u32(char* at, std::uint32_t value) noexcept {
  at[0] = static_cast<char>(value >> 24);
  at[1] = static_cast<char>(value >> 16);
  at[2] = static_cast<char>(value >> 8);
  at[3] = static_cast<char>(value);
}

inline void append_u32(std::string& out, std::uint32_t value) {
  char bytes[4];
  store_u32(bytes, value);
  out.append(bytes, sizeof bytes);
}

inline void append_u16(std::string& out, std::uint16_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}

// The text and its terminating NUL. REQUIRES: no NUL in `text`.
inline void append_text(std::string& out, std::string_view text) {
  out.append(text);
  out.push_back('\0');
}

// Reads fields one after another. A read past the end makes ok() false for good and returns zero or empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) noexcept : rest_(bytes) {}

  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return rest_.empty(); }
  std::string_view rest() const noexcept { return rest_; }

  char byte() noexcept {
    const auto field = take(1);
    return field.empty() ? '\0' : field[0];
  }
  std::uint16_t u16() noexcept {
    const auto field = take(2);
    if (field.empty()) return 0;
    return static_cast<std::uint16_t>(static_cast<unsigned char>(field[0]) << 8 | static_cast<unsigned char>(field[1]));
  }
  std::uint32_t u32() noexcept {
    const auto field = take(4);
    return field.empty() ? 0 : load_u32(field.data());
  }
  // The bytes before the next NUL, which is consumed too.
  std::string_view text() noexcept {
    const auto end = rest_.find('\0');
    if (!ok_ || end == std::string_view::npos) {
      ok_ = false;
      return {};
    }
    const auto field = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return field;
  }

 private:
  std::string_view take(std::size_t count) noexcept {
    if (!ok_ || rest_.size() < count) {
      ok_ = false;
      return {};
    }
    const auto field = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return field;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace ca::wire
