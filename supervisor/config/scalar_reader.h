// One scalar as the value of one key: type, range, and the words in which an error is told.
#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"
#include "supervisor/config/schema.h"
#include "supervisor/config/settings.h"

namespace ca::config {

// A scalar after its variables were replaced.
struct Scalar {
  std::string text;
  bool plain = false;    // written without quotes: may be a number, a truth value or nothing at all
  bool is_null = false;
};

// Stores the scalar in `value`, which holds the key's default and keeps it where there is an error.
// Errors: not of the key's type; out of its range; empty where that means nothing. One line that names the key.
Status read_scalar(const Key& key, const Scalar& scalar, const std::string& folder, Value& value);

// A whole number in the key's range, for keys and for the items of a list. Errors: as above.
Result<std::int64_t> read_number(const Key& key, const Scalar& scalar);

// Fills in the default that the table gives; nothing is done for computed ones.
void set_to_default(const Key& key, const std::string& folder, Value& value);
bool is_default(const Key& key, const std::string& folder, const Value& value);

// "a duration such as 30s", for messages.
std::string expectation(const Key& key);

}  // namespace ca::config
