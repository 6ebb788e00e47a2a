// What would cost the Python grammar too much, made cheap. Each byte stays where it is.
#pragma once

#include <string>
#include <string_view>

namespace ca::analysis::python {

// `bytes` as the parser is to see them; empty if that is what they are. The grammar reads all comments up to the next line of code again
// at each of them, to learn how deep that line is indented. So of a run of more than 64 comment lines only the first 8 stay, the
// others become blank lines.
std::string fill_gaps(std::string_view bytes);

}  // namespace ca::analysis::python
