// Types that a method names before the file defines them (a Go receiver, a Rust impl block): what stood for them is replaced.
#pragma once

#include <cstdint>
#include <vector>

#include "analysis/facts.h"

namespace ca::analysis {

// `stand_ins`: indices of symbols in `facts`, in rising order. Each goes; the type of the same qualified name takes its place as
// a parent and as what encloses references, or, where the file has none, the stand-in's own parent does. Symbols stay in the
// order of the source but for a type that moves up before its first method: a parent stands before its children.
void replace_stand_ins(Facts& facts, const std::vector<std::int32_t>& stand_ins);

}  // namespace ca::analysis
