// Secrets out of what is shown to people. Pure.
#pragma once

#include <string>
#include <string_view>

namespace ca::config {

inline constexpr std::string_view masked = "********";

// A libpq connection string (KEY=VALUE pairs or a URI) with its passwords replaced by `masked`. One that cannot be read
// is masked whole: better too much than a password in a terminal.
std::string mask_conninfo(const std::string& conninfo);

// True for names such as PGPASSWORD, API_TOKEN, AWS_SECRET_ACCESS_KEY, whose values are not for showing.
bool is_secret_name(std::string_view name);

}  // namespace ca::config
