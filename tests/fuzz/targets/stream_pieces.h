// Both directions of the wire protocol are cut by the same splitter: what holds for either.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/wire/splitter.h"
#include "tests/fuzz/target.h"

namespace ca::fuzz {

struct Cut {
  std::vector<std::string> messages;  // whole ones, header included
  std::string error;
  std::size_t consumed = 0;
};

// Feeds `stream` as a socket would deliver it, `piece` bytes a read (at least 1).
template <class OnSlice>
Cut cut_stream(const wire::Grammar& grammar, std::string_view stream, std::size_t piece, OnSlice on_slice) {
  wire::Splitter splitter(grammar);
  Cut cut;
  std::string buffer, message;
  while (!stream.empty() && splitter.error().empty()) {
    buffer.append(stream.substr(0, piece));
    stream.remove_prefix(std::min(piece, stream.size()));
    std::string_view input = buffer;
    while (const auto slice = splitter.next(input)) {
      CA_CHECK(!slice->first || slice->bytes.size() >= 5);
      CA_CHECK(!slice->bytes.empty() || slice->last);
      on_slice(*slice);
      message.append(slice->bytes);
      cut.consumed += slice->bytes.size();
      CA_CHECK(message.size() <= slice->length && slice->last == (message.size() == slice->length));
      if (!slice->last) continue;
      cut.messages.push_back(std::move(message));
      message.clear();
    }
    CA_CHECK(splitter.inside_message() == !message.empty());
    buffer.erase(0, buffer.size() - input.size());
  }
  cut.error = splitter.error();
  return cut;
}

// However the bytes arrive, the same messages come out and the same error.
inline void check_pieces(const wire::Grammar& grammar, std::string_view stream, std::size_t piece) {
  const auto nothing = [](const wire::Slice&) {};
  const Cut whole = cut_stream(grammar, stream, stream.size() + 1, nothing);
  const Cut cut = cut_stream(grammar, stream, piece, nothing);
  CA_CHECK(whole.messages == cut.messages && whole.error == cut.error);
}

}  // namespace ca::fuzz
