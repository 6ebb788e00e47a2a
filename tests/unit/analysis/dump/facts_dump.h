// Facts as compact text, one line a fact, every field in it: what the truth tests compare.
#pragma once

#include <string>

#include "analysis/facts.h"

namespace ca::analysis {

std::string dump(const Facts& facts);

}  // namespace ca::analysis
