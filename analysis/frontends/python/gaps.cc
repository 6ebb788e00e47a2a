#include "analysis/frontends/python/gaps.h"

#include <algorithm>
#include <cstddef>

namespace ca::analysis::python {
namespace {

constexpr std::size_t longest_run = 64;   // lines that stay as they are
constexpr std::size_t kept_comments = 8;  // lines that stay of a longer run

class Lines {
 public:
  explicit Lines(std::string_view in) : in_(in) {}

  std::string run() {
    for (std::size_t at = 0; at < in_.size();) at = quote_ == '\0' ? line(at) : string(at);
    return std::move(out_);
  }

 private:
  // A line that begins outside of any string. Returns where to go on.
  std::size_t line(std::size_t start) {
    const std::size_t end = std::min(in_.find('\n', start), in_.size());
    const std::size_t first = std::min(in_.find_first_not_of(" \t\r\f", start), end);
    if (first == end) return end + 1;  // blank: a run goes on behind it
    if (in_[first] != '#') {
      comments_ = 0;
      return code(first, end);
    }
    if (comments_++ == 0) is_long_ = count_comments(start) > longest_run;
    if (is_long_ && comments_ > kept_comments) {
      if (out_.empty()) out_ = in_;
      std::fill(out_.begin() + static_cast<std::ptrdiff_t>(first), out_.begin() + static_cast<std::ptrdiff_t>(end), ' ');
    }
    return end + 1;
  }

  // How many comment lines there are up to the next line of code.
  std::size_t count_comments(std::size_t start) const {
    std::size_t count = 0;
    while (start < in_.size()) {
      const std::size_t end = std::min(in_.find('\n', start), in_.size());
      const std::size_t first = std::min(in_.find_first_not_of(" \t\r\f", start), end);
      if (first < end && in_[first] != '#') break;
      if (first < end) ++count;
      start = end + 1;
    }
    return count;
  }

  // Code up to the line's end, or up to behind the quotes that open a string.
  std::size_t code(std::size_t at, std::size_t end) {
    for (; at < end; ++at) {
      if (in_[at] == '#') return end + 1;
      if (in_[at] != '"' && in_[at] != '\'') continue;
      quote_ = in_[at];
      is_triple_ = in_.substr(at, 3) == std::string(3, quote_);
      return at + (is_triple_ ? 3 : 1);
    }
    return end + 1;
  }

  // The rest of a string, and of the line behind it.
  std::size_t string(std::size_t at) {
    for (; at < in_.size(); ++at) {
      if (in_[at] == '\\') {
        ++at;
        if (in_.substr(at, 2) == "\r\n") ++at;
      } else if (in_[at] == '\n' && !is_triple_) {  // never closed
        quote_ = '\0';
        return at + 1;
      } else if (in_[at] == quote_ && (!is_triple_ || in_.substr(at, 3) == std::string(3, quote_))) {
        at += is_triple_ ? 3 : 1;
        quote_ = '\0';
        return code(at, std::min(in_.find('\n', std::min(at, in_.size())), in_.size()));
      }
    }
    return at;
  }

  std::string_view in_;
  std::string out_;
  std::size_t comments_ = 0;  // lines of the run so far
  bool is_long_ = false;      // the run is
  char quote_ = '\0';         // of the open string
  bool is_triple_ = false;
};

}  // namespace

std::string fill_gaps(std::string_view bytes) { return Lines(bytes).run(); }

}  // namespace ca::analysis::python
