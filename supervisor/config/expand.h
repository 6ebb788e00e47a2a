// ${NAME}, ${NAME:-default} and $${ in the text of a scalar. Pure, given a look-up.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace ca::config {

using Variables = std::function<std::optional<std::string>(const std::string& name)>;

// `text` with its variables replaced, once: what comes out is not looked at again. As in a shell, a default stands in
// for a variable that is unset or empty; it reaches to the next "}".
// Errors: a variable without default is unset, or not UTF-8; "${" without a name and "}".
Result<std::string> expand(std::string_view text, const Variables& variables);

// [A-Za-z_][A-Za-z0-9_]*
bool is_variable_name(std::string_view name);

}  // namespace ca::config
