// Comments that silence issues.
#pragma once

#include <string_view>
#include <vector>

#include "analysis/facts.h"

namespace ca::analysis {

// Takes out each issue that a comment silences:
//   code-analysis: ignore              all issues that start on the comment's line or on the next one
//   code-analysis: ignore(id, id)      those ids only
//   code-analysis: ignore-file(id)     those ids in the whole file
// Any text after the closing parenthesis is the reason, for the reader.
void drop_suppressed(std::string_view bytes, std::vector<Issue>& issues);

}  // namespace ca::analysis
