// Git's wildcards.
#pragma once

#include <string_view>

namespace ca::analysis::paths {

// Whether `path` matches `pattern` as git's own matcher decides it for a path: `*` and `?` match no slash, `**/`, `/**/` and
// `/**` match any number of folders, `[a-z]`, `[!a]`, `[[:digit:]]` one character, a backslash takes the next one as it is.
// A pattern that is not well formed (an open `[`) matches nothing. Time is bounded by the product of both lengths.
bool wildcard_match(std::string_view pattern, std::string_view path);

}  // namespace ca::analysis::paths
