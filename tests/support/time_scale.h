// How much slower a build is by intent than the one that users get (script/sanitize, script/coverage).
#pragma once

#include <cstdlib>

// CODE_ANALYSIS_TIME_SCALE; 1 where it is not set.
inline double time_scale() {
  const char* const text = std::getenv("CODE_ANALYSIS_TIME_SCALE");
  return text == nullptr ? 1.0 : std::atof(text);
}
