// Macros that stand where no grammar expects a word: `GLAPI void APIENTRY f(void) __THROW;`, `class EXPORT Name {`,
// `BEGIN_NAMESPACE` on a line of its own. One such word can cost the parser all the definitions of a file.
#pragma once

#include "analysis/frontends/c_family/prepare.h"

namespace ca::analysis::c_family {

// Blanks such words in prepared.bytes and lists them in prepared.macros. A macro is told by its place first, by how it is written
// where the place leaves a choice. What stands in the bodies of functions is left as it is.
// `original` is what `prepared` was made from.
void blank_macros(Prepared& prepared, std::string_view original, bool is_cpp);

}  // namespace ca::analysis::c_family
