#include "driver/io/outbox.h"

#include <algorithm>

#include "driver/io/stream.h"

namespace ca::driver {

namespace {
constexpr std::size_t worth_referring = 2048;     // below, a copy is cheaper than a part of its own
constexpr std::size_t most_parts = 64;
constexpr std::size_t kept_capacity = 256 << 10;  // of a backlog that is empty again
}  // namespace

void Outbox::close_text() {
  if (text_.size() == text_used_) return;
  parts_.push_back({nullptr, text_used_, text_.size() - text_used_});
  text_used_ = text_.size();
}

void Outbox::add(std::string_view bytes) {
  if (bytes.size() < worth_referring || parts_.size() >= most_parts) {
    text_.append(bytes);
    return;
  }
  close_text();
  parts_.push_back({bytes.data(), 0, bytes.size()});
}

Outbox::Flushed Outbox::flush(Stream& stream) {
  close_text();
  if (has_backlog()) keep(0);
  return has_backlog() ? flush_backlog(stream) : flush_parts(stream);
}

Outbox::Flushed Outbox::flush_parts(Stream& stream) {
  if (parts_.empty()) return Flushed::all;
  vectors_.clear();
  for (const Part& part : parts_) {
    const char* start = part.bytes != nullptr ? part.bytes : text_.data() + part.offset;
    vectors_.push_back({const_cast<char*>(start), part.length});
  }
  const auto written = stream.write(vectors_.data(), static_cast<int>(vectors_.size()));
  if (written.failed) return Flushed::failed;
  keep(written.count);
  return has_backlog() ? Flushed::partly : Flushed::all;
}

// Moves what stands in the parts beyond the first `taken` bytes to the backlog.
void Outbox::keep(std::size_t taken) {
  for (const Part& part : parts_) {
    const char* start = part.bytes != nullptr ? part.bytes : text_.data() + part.offset;
    const std::size_t skipped = std::min(taken, part.length);
    taken -= skipped;
    backlog_.append(start + skipped, part.length - skipped);
  }
  parts_.clear();
  text_.clear();
  text_used_ = 0;
  if (text_.capacity() > kept_capacity) text_.shrink_to_fit();
}

Outbox::Flushed Outbox::flush_backlog(Stream& stream) {
  iovec vector{backlog_.data() + sent_, backlog_.size() - sent_};
  const auto written = stream.write(&vector, 1);
  if (written.failed) return Flushed::failed;
  sent_ += written.count;
  if (sent_ < backlog_.size()) return Flushed::partly;
  sent_ = 0;
  backlog_.clear();
  if (backlog_.capacity() > kept_capacity) backlog_.shrink_to_fit();
  return Flushed::all;
}

}  // namespace ca::driver
