// The launcher's own words to the supervisor over NOTIFY_SOCKET (sd_notify); readiness is PostgreSQL's to report.
#pragma once

#include <string_view>

namespace ca::postgres {

// Sends STATUS=text. A no-op without NOTIFY_SOCKET; a failed send is dropped.
void notify_status(std::string_view text) noexcept;

}  // namespace ca::postgres
