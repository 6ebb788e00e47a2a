// Cuts a byte stream of typed messages (all but a client's first packet) into slices without copying a byte.
//
// A message is one type byte, a four-byte length that counts itself, and a body. Most messages are delivered whole.
// Those that may be large and need not be understood (rows, COPY data) are delivered as the bytes that have arrived, in
// as many slices as it takes, so that a value of 1 GiB never stands in memory.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ca::wire {

enum class Delivery : std::uint8_t {
  refused,      // no such message in this direction
  whole,        // one slice, once all bytes are there
  passed,       // as it arrives, from the header on
  head,         // whole up to a size; larger ones as `passed`, but the first slice has that size at least
  after_names,  // as `passed`, but the first slice reaches at least beyond two C strings (Bind: portal and statement)
};

// What may come from one direction, and how it is delivered.
struct Grammar {
  std::array<Delivery, 256> delivery{};
  std::uint32_t largest_whole = 0;   // bytes of a message that is delivered whole, header included
  std::uint32_t largest_head = 0;    // bytes of a `head` message that may be waited for
  std::uint32_t largest_names = 0;   // bytes of the first slice of `after_names` that may be waited for
};

extern const Grammar frontend_grammar;  // client to server
extern const Grammar backend_grammar;   // server to client

struct Slice {
  char type = 0;
  bool first = false;           // `bytes` begins with the five bytes of the header
  bool last = false;            // the message ends with `bytes`
  std::uint64_t length = 0;     // of the whole message, header included
  std::string_view bytes;

  // REQUIRES: first.
  std::string_view body() const noexcept { return bytes.substr(5); }
};

class Splitter {
 public:
  explicit Splitter(const Grammar& grammar) noexcept : grammar_(&grammar) {}

  // Cuts the next slice off the front of `input`; the slice points into it. nullopt: either error() tells that the
  // stream cannot be understood (it stays so), or more bytes are needed: what is left in `input` must be presented again,
  // with more behind it.
  std::optional<Slice> next(std::string_view& input) noexcept;

  // Empty, or what is wrong with the stream.
  std::string_view error() const noexcept { return error_; }

  // Some but not all slices of a message were delivered.
  bool inside_message() const noexcept { return remaining_ > 0; }

  // After nullopt: how many bytes the message at the front of the input has in all (0: not known yet).
  std::uint64_t awaited() const noexcept { return awaited_; }

 private:
  std::optional<Slice> begin(std::string_view& input) noexcept;
  std::optional<Slice> refuse(std::string_view reason) noexcept;

  const Grammar* grammar_;
  std::uint64_t remaining_ = 0;  // bytes still to come of the message whose first slice was delivered
  std::uint64_t length_ = 0;
  std::uint64_t awaited_ = 0;
  char type_ = 0;
  std::string_view error_;
};

}  // namespace ca::wire
