// What Rust has since its edition of 2024 and the grammar here does not know. Each byte stays where it is.
#pragma once

#include <string>
#include <string_view>

namespace ca::analysis::rust {

// `unsafe extern "C" { pub safe fn f(); }` without `unsafe` and `safe`; empty where there is neither.
std::string fill_gaps(std::string_view bytes);

}  // namespace ca::analysis::rust
