// Every kind of issue that code_mapper can report, in one table: what the configuration may name, what SARIF describes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/facts.h"

namespace ca::code_mapper {

struct Rule {
  const char* id;
  analysis::Severity severity;  // as it is reported unless the configuration says otherwise
  const char* description;      // one sentence
};

const std::vector<Rule>& all_rules();
const Rule* find_rule(std::string_view id);  // null where there is none

// The one of `known` that `word` was probably meant to be; empty where none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace ca::code_mapper
