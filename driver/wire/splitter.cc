#include "driver/wire/splitter.h"

#include <algorithm>

#include "driver/wire/bytes.h"

namespace ca::wire {

namespace {

constexpr std::size_t header_size = 5;
// PostgreSQL takes and makes no message from 1 GiB on.
constexpr std::uint32_t largest_length = (1u << 30) - 2;

constexpr std::size_t index(char type) { return static_cast<unsigned char>(type); }

constexpr Grammar make_grammar(std::string_view whole, std::string_view passed, std::string_view after_names,
                               std::string_view head, std::uint32_t largest_whole, std::uint32_t largest_head) {
  Grammar grammar;
  for (const char type : head) grammar.delivery[index(type)] = Delivery::head;
  grammar.largest_head = largest_head;
  for (const char type : whole) grammar.delivery[index(type)] = Delivery::whole;
  for (const char type : passed) grammar.delivery[index(type)] = Delivery::passed;
  for (const char type : after_names) grammar.delivery[index(type)] = Delivery::after_names;
  grammar.largest_whole = largest_whole;
  grammar.largest_names = 64 << 10;
  return grammar;
}

// True where two C strings end within `body`.
bool has_two_strings(std::string_view body) {
  const auto first = body.find('\0');
  return first != std::string_view::npos && body.find('\0', first + 1) != std::string_view::npos;
}

}  // namespace

// Parse, Describe, Execute, Close, Sync, Flush, Terminate, CopyDone, CopyFail; CopyData, FunctionCall; Bind; Query.
constexpr std::uint32_t largest_statement = 256u << 20;
constexpr std::uint32_t largest_query_head = 16u << 20;
constinit const Grammar frontend_grammar = make_grammar("PDECSHXcf", "dF", "B", "Q", largest_statement, largest_query_head);

// Whole are those that the driver must understand: status, and the short acknowledgements. The fields of an error that the
// driver reads come first.
constexpr std::uint32_t largest_reply = 16u << 20;
constexpr std::uint32_t largest_error_head = 64u << 10;
constinit const Grammar backend_grammar = make_grammar("RKSZACIs123nGHWcv", "DdTtVN", "", "E", largest_reply, largest_error_head);

std::optional<Slice> Splitter::refuse(std::string_view reason) noexcept {
  error_ = reason;
  return std::nullopt;
}

std::optional<Slice> Splitter::next(std::string_view& input) noexcept {
  if (!error_.empty()) return std::nullopt;
  if (remaining_ == 0) return begin(input);
  if (input.empty()) return std::nullopt;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
  remaining_ -= count;
  const Slice slice{type_, false, remaining_ == 0, length_, input.substr(0, count)};
  input.remove_prefix(count);
  return slice;
}

std::optional<Slice> Splitter::begin(std::string_view& input) noexcept {
  awaited_ = 0;
  if (input.empty()) return std::nullopt;
  const Delivery delivery = grammar_->delivery[index(input[0])];
  if (delivery == Delivery::refused) return refuse("unknown message type");
  if (input.size() < header_size) return std::nullopt;
  const std::uint32_t stated = load_u32(input.data() + 1);
  if (stated < 4 || stated > largest_length) return refuse("invalid message length");
  const std::uint64_t length = std::uint64_t{stated} + 1;
  if (delivery == Delivery::whole && length > grammar_->largest_whole) return refuse("message too long");
  awaited_ = length;
  const auto available = static_cast<std::size_t>(std::min<std::uint64_t>(length, input.size()));
  if (available < length) {
    if (delivery == Delivery::whole) return std::nullopt;
    if (delivery == Delivery::head && available < grammar_->largest_head) {
      awaited_ = std::min<std::uint64_t>(length, grammar_->largest_head);
      return std::nullopt;
    }
    if (delivery == Delivery::after_names && !has_two_strings(input.substr(header_size))) {
      if (input.size() > grammar_->largest_names) return refuse("name too long");
      return std::nullopt;
    }
  }
  type_ = input[0];
  length_ = length;
  remaining_ = length - available;
  const Slice slice{type_, true, remaining_ == 0, length_, input.substr(0, available)};
  input.remove_prefix(available);
  return slice;
}

}  // namespace ca::wire
