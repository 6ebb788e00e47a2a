// Which comment at the head of a file is about the file: a pure function over text.
#pragma once

#include <string>
#include <string_view>

#include "analysis/text.h"

namespace ca::analysis {

// `head` is what stands before the file's first code: comments and space. The file's comment is the first one that is no
// directive to a tool ("eslint-disable", "shellcheck", "#!"), with the line comments directly under it. Where it touches a
// definition that follows at once (`before_definition`), and is of the sort that documents one ("/**", any "#"), it is that
// definition's, unless a tag such as @file says otherwise. Markers are taken off; empty where there is none.
std::string file_comment(std::string_view head, bool before_definition, CommentStyle style);

}  // namespace ca::analysis
