// What is wrong with a file, and where: collected so that a person sees every error at once instead of the first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ca::config {

// A place in the file, both counted from 1, columns in bytes.
struct Mark {
  int line = 1;
  int column = 1;
  auto operator<=>(const Mark&) const = default;
};

class Diagnostics {
 public:
  static constexpr std::size_t max_errors = 100;

  // `file` as the user named it; `starting`: see host_fact().
  Diagnostics(std::string file, bool starting) : file_(std::move(file)), starting_(starting) {}

  void error(Mark mark, std::string message);
  void warning(Mark mark, std::string message);
  // Something that this host lacks: an error where the tree is about to be started, else a warning.
  void host_fact(Mark mark, std::string message);

  bool starting() const { return starting_; }
  bool any_error() const { return !errors_.empty(); }
  // Enough errors: whoever loops over the file may stop.
  bool full() const { return errors_.size() >= max_errors; }

  // "FILE:LINE:COL: message", in the order of the file.
  std::vector<std::string> errors() const;
  std::vector<std::string> warnings() const;
  // The same as "FILE:LINE:COL: warning: message", for a reader who sees errors beside them.
  std::vector<std::string> marked_warnings() const;

 private:
  struct Entry {
    Mark mark;
    std::string message;
  };
  std::vector<std::string> lines(std::vector<Entry> entries) const;

  std::string file_;
  bool starting_;
  std::vector<Entry> errors_;
  std::vector<Entry> warnings_;
};

// `text` in double quotes for a message: one line, control characters escaped, at most 60 bytes of it.
std::string quote(std::string_view text);

}  // namespace ca::config
