// Why the launcher cannot start PostgreSQL, and with which exit code it says so.
#pragma once

#include <cstring>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "common/exit_code.h"

namespace ca::postgres {

struct Refusal {
  std::string message;                // one line for a person
  int exit_code = exit_code::failed;  // config (78): a restart cannot help; failed (1): it may
};

template <class T>
using Outcome = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(std::string message) {
  return tl::unexpected<Refusal>(Refusal{std::move(message), exit_code::config});
}
inline tl::unexpected<Refusal> fail(std::string message) {
  return tl::unexpected<Refusal>(Refusal{std::move(message), exit_code::failed});
}
// "WHAT: strerror(code)", exit code 1.
inline tl::unexpected<Refusal> fail(const std::string& what, int code) {
  return fail(what + ": " + std::strerror(code));
}

}  // namespace ca::postgres
