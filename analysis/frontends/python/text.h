// What Python's own rules say about names, modules and string literals: pure functions over text.
#pragma once

#include <string>
#include <string_view>

namespace ca::analysis::python {

// "pkg/mod.py" -> "pkg.mod", "pkg/__init__.py" -> "pkg"; a leading "src/" or "lib/" is no package.
std::string module_name(std::string_view path);

// The value of a string literal as it is written, prefix and quotes included: escapes are resolved unless it is raw.
// A named escape (\N{...}) stays as it is.
std::string string_value(std::string_view literal);

bool is_dunder(std::string_view name);      // __all__

}  // namespace ca::analysis::python
