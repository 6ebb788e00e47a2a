// What JavaScript and TypeScript have and their grammars here do not know, put into words that they do know. Each byte stays where
// it is; names are read from the source, so they do not change.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ca::analysis::js {

enum class Script : std::uint8_t { javascript, typescript, declarations };  // declarations: a .d.ts file

// `bytes` as the parser is to see them; empty where that is what they are.
// Looks for words only and knows nothing of strings and comments: what it changes in those is no fact.
std::string fill_gaps(std::string_view bytes, Script script);

// What stands as a name for a function without one. In the source the place is within the word `function`.
inline constexpr std::string_view unnamed = "Default", place_of_unnamed = "unction";

}  // namespace ca::analysis::js
