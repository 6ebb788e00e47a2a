#include "supervisor/config/expand.h"

#include <fmt/format.h>

#include "supervisor/config/diagnostics.h"
#include "supervisor/config/source_file.h"

namespace ca::config {
namespace {

// The value of what stands between "${" and "}".
Result<std::string> value_of(std::string_view reference, const Variables& variables) {
  const std::size_t dash = reference.find(":-");
  const std::string name(reference.substr(0, dash));
  if (!is_variable_name(name)) {
    return failure(fmt::format("{} is no variable name; write $${{ for a literal ${{", quote(name)));
  }
  const auto value = variables(name);
  if (dash != std::string_view::npos && (!value || value->empty())) return std::string(reference.substr(dash + 2));
  if (!value) return failure(fmt::format("the variable {} is not set; ${{{}:-default}} gives it a default", name, name));
  if (!is_utf8(*value)) return failure(fmt::format("the variable {} is not valid UTF-8", name));
  return *value;
}

}  // namespace

bool is_variable_name(std::string_view name) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  constexpr std::string_view all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  return !name.empty() && letters.find(name.front()) != std::string_view::npos &&
         name.find_first_not_of(all) == std::string_view::npos;
}

Result<std::string> expand(std::string_view text, const Variables& variables) {
  std::string result;
  for (;;) {
    const std::size_t dollar = text.find("${");
    if (dollar == std::string_view::npos) return result.append(text);
    if (dollar > 0 && text[dollar - 1] == '$') {
      result.append(text.substr(0, dollar - 1)).append("${");
      text.remove_prefix(dollar + 2);
      continue;
    }
    result.append(text.substr(0, dollar));
    const std::size_t end = text.find('}', dollar);
    if (end == std::string_view::npos) return failure("a ${ without its }; write $${ for a literal ${");
    auto value = value_of(text.substr(dollar + 2, end - dollar - 2), variables);
    if (!value) return value;
    result += *value;
    text.remove_prefix(end + 1);
  }
}

}  // namespace ca::config
