// Exit codes of the programs, as docs/operations.md lists them; 64 and above are sysexits.h values.
#pragma once

namespace ca::exit_code {

inline constexpr int ok = 0;
inline constexpr int failed = 1;         // an essential process failed for good after the first start
inline constexpr int start_failed = 2;   // the first start failed
inline constexpr int usage = 64;         // EX_USAGE
inline constexpr int half_died = 70;     // EX_SOFTWARE: guardian or supervisor died, everything was ended at once
inline constexpr int cannot_create = 73; // EX_CANTCREAT: runtime_dir, state_dir, lock or listen address
inline constexpr int config = 78;        // EX_CONFIG

}  // namespace ca::exit_code
