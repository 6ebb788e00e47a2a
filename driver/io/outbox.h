// Bytes on their way to one peer, gathered over one turn and written with one call.
//
// Small pieces are copied together; large ones are only referred to until flush(), which copies what the peer did not
// take. While such a backlog stands, the owner stops reading from where the bytes come from: that is all of the
// back-pressure.
#pragma once

#include <sys/uio.h>

#include <string>
#include <string_view>
#include <vector>

namespace ca::driver {

class Stream;

class Outbox {
 public:
  // Appends here; good until the next call of another function.
  std::string& text() noexcept { return text_; }
  // Appends bytes that stay readable until the next flush().
  void add(std::string_view bytes);

  enum class Flushed { all, partly, failed };
  // Writes as much as the peer takes now. `failed`: the peer is gone.
  Flushed flush(Stream& stream);

  bool has_backlog() const noexcept { return sent_ < backlog_.size(); }
  std::size_t backlog() const noexcept { return backlog_.size() - sent_; }  // bytes that the peer has not taken
  bool empty() const noexcept { return !has_backlog() && parts_.empty() && text_.empty(); }

 private:
  struct Part {
    const char* bytes;    // nullptr: at `offset` of text_
    std::size_t offset;
    std::size_t length;
  };
  void close_text();
  Flushed flush_backlog(Stream& stream);
  Flushed flush_parts(Stream& stream);
  void keep(std::size_t taken);

  std::string text_;
  std::size_t text_used_ = 0;  // of text_, already in parts_
  std::vector<Part> parts_;
  std::vector<iovec> vectors_;
  std::string backlog_;
  std::size_t sent_ = 0;       // of backlog_
};

}  // namespace ca::driver
