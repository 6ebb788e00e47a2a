// Values to bytes and back, for hand-overs between processes of this same program: integers as little-endian base-128
// numbers (small ones take one byte), text with its length before it. One `fields` function serves both directions, so
// that writer and reader cannot drift apart:
//
//   template <class Stream> void fields(Stream& stream, Thing& thing) { stream.all(thing.name, thing.count); }
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ca {

// Appends values to a string.
class ByteWriter {
 public:
  template <class... Values>
  void all(Values&... values) {
    (one(values), ...);
  }
  std::string take() { return std::move(bytes_); }

 private:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>((value & 0x7f) | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }

  template <class T>
  void one(T& value) {
    if constexpr (std::is_enum_v<T>) {
      number(static_cast<std::uint64_t>(value));
    } else if constexpr (std::is_integral_v<T>) {
      // Zigzag: small negative numbers stay short.
      const auto wide = static_cast<std::int64_t>(value);
      number((static_cast<std::uint64_t>(wide) << 1) ^ static_cast<std::uint64_t>(wide >> 63));
    } else if constexpr (std::is_same_v<T, double>) {
      std::uint64_t bits;
      std::memcpy(&bits, &value, sizeof bits);
      number(bits);
    } else {
      fields(*this, value);
    }
  }
  void one(std::string& value) {
    number(value.size());
    bytes_ += value;
  }
  void one(std::chrono::milliseconds& value) {
    auto count = static_cast<std::int64_t>(value.count());
    one(count);
  }
  template <class T>
  void one(std::optional<T>& value) {
    bool has_value = value.has_value();
    one(has_value);
    if (has_value) one(*value);
  }
  template <class A, class B>
  void one(std::pair<A, B>& value) {
    all(value.first, value.second);
  }
  template <class T>
  void one(std::vector<T>& values) {
    number(values.size());
    for (T& value : values) one(value);
  }

  std::string bytes_;
};

// Takes values from bytes that may be cut off or damaged: then everything after the damage reads as zero and ok() is
// false. Never reads out of bounds and never allocates more than the bytes could fill.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <class... Values>
  void all(Values&... values) {
    (one(values), ...);
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  // A length of things that take at least one byte each.
  std::size_t length() {
    const std::uint64_t count = number();
    if (count <= rest_.size()) return static_cast<std::size_t>(count);
    fail();
    return 0;
  }
  void fail() {
    ok_ = false;
    rest_ = {};
  }

  template <class T>
  void one(T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(number());
    } else if constexpr (std::is_integral_v<T>) {
      const std::uint64_t raw = number();
      value = static_cast<T>(static_cast<std::int64_t>((raw >> 1) ^ (~(raw & 1) + 1)));
    } else if constexpr (std::is_same_v<T, double>) {
      const std::uint64_t bits = number();
      std::memcpy(&value, &bits, sizeof bits);
    } else {
      fields(*this, value);
    }
  }
  void one(std::string& value) {
    const std::size_t size = length();
    value.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
  }
  void one(std::chrono::milliseconds& value) {
    std::int64_t count = 0;
    one(count);
    value = std::chrono::milliseconds(count);
  }
  template <class T>
  void one(std::optional<T>& value) {
    bool has_value = false;
    one(has_value);
    value.reset();
    if (has_value && ok_) one(value.emplace());
  }
  template <class A, class B>
  void one(std::pair<A, B>& value) {
    all(value.first, value.second);
  }
  template <class T>
  void one(std::vector<T>& values) {
    const std::size_t count = length();
    values.clear();
    for (std::size_t i = 0; i < count && ok_; ++i) one(values.emplace_back());
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace ca
