// Values on their way into SQL. PostgreSQL refuses a whole batch for one byte that is not UTF-8, so text from files
// goes through valid_text() first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ca::workers {

// `text` as PostgreSQL takes it: each invalid byte and each NUL becomes U+FFFD; cut to `limit` bytes between
// characters.
std::string valid_text(std::string_view text, std::size_t limit = SIZE_MAX);
bool is_valid_text(std::string_view text);  // UTF-8 without NUL

// Array literals for parameters: {"a","b"} and {1,NULL,3}.
std::string text_array(const std::vector<std::string>& values);
std::string integer_array(const std::vector<std::int64_t>& values);

// Reads a text[] that the statement wrapped in array_to_json(). Empty if it holds anything but texts: no statement of ours
// stores such an array.
std::vector<std::string> text_list(std::string_view json);

// Rows for COPY ... FROM STDIN in text format.
class CopyRows {
 public:
  CopyRows& add(std::string_view text);  // REQUIRES: valid text
  CopyRows& add(std::int64_t value);
  CopyRows& add_bool(bool value);
  CopyRows& add_null();
  CopyRows& add_array(const std::vector<std::int64_t>& values, std::int64_t null_value);  // null_value becomes NULL
  void end_row();

  const std::string& bytes() const { return bytes_; }
  std::size_t rows() const { return rows_; }
  bool empty() const { return rows_ == 0; }

 private:
  void separate();

  std::string bytes_;
  std::size_t rows_ = 0;
  bool first_in_row_ = true;
};

}  // namespace ca::workers
