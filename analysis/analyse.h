// Bytes in, facts out: no files, no database, no clock but the one that bounds a parse. One call a file; any number of threads at
// once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "analysis/facts.h"

namespace ca::analysis {

enum class Language : std::uint8_t { python, c, cpp, java, go, rust, javascript, typescript, tsx, bash };

const char* language_name(Language language);  // "python", "c", "cpp", "java", "go", ...: files.language

// By the file's name, by its first line ("#!") where the name tells nothing, and by what stands in it for a ".h" (C or C++), so
// `first_bytes` may be the whole file. nullopt: not a language known here.
std::optional<Language> detect_language(std::string_view path, std::string_view first_bytes);

// What is more than these is an issue.
struct Limits {
  std::uint32_t max_file_lines = 400;
  std::uint32_t max_function_lines = 70;
  std::uint32_t max_parameters = 7;
  std::uint32_t max_nesting = 5;
  std::uint32_t max_complexity = 15;
};

// Total: any bytes give facts. What is not valid text or does not parse becomes an issue, the rest is still mapped.
// `path` names the file in qualified names (a Python module's name) and is not opened. A file that takes more time or memory than
// its size allows (analysis/budget.h) has the issue too-complex-to-parse and no definitions.
// Errors: throws std::bad_alloc if the system has no memory; then nothing leaks, and other files may be analysed.
Facts analyse(Language language, std::string_view path, std::string_view bytes, const Limits& limits = {});

// The facts of a file that cannot be analysed: the issue too-complex-to-parse with this reason.
Facts without_definitions(std::string_view bytes, std::string reason);

}  // namespace ca::analysis
