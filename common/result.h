// Result<T>: a value or an Error. Expected failures are values; exceptions are not used between our own functions.
#pragma once

#include <cstring>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace ca {

struct Error {
  std::string message;  // one line for a person, without a trailing period or newline
  int code = 0;         // errno where a system call failed, else 0
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> failure(std::string message, int code = 0) {
  return tl::unexpected<Error>(Error{std::move(message), code});
}

// "WHAT: strerror(code)". Call at once after the failing call: takes errno as a value.
inline tl::unexpected<Error> system_failure(const std::string& what, int code) {
  return failure(what + ": " + std::strerror(code), code);
}

}  // namespace ca
