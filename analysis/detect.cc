// Which language a file is in, by its name or its first line.
#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>

#include "analysis/analyse.h"
#include "analysis/content.h"
#include "analysis/text.h"

namespace ca::analysis {
namespace {

struct Suffix {
  std::string_view text;
  Language language;
};

constexpr std::array suffixes = {
    Suffix{".py", Language::python},  Suffix{".pyi", Language::python}, Suffix{".pyw", Language::python},
    Suffix{".c", Language::c},        Suffix{".cc", Language::cpp},     Suffix{".cpp", Language::cpp},
    Suffix{".cxx", Language::cpp},    Suffix{".c++", Language::cpp},    Suffix{".hh", Language::cpp},
    Suffix{".hpp", Language::cpp},    Suffix{".hxx", Language::cpp},    Suffix{".h++", Language::cpp},
    Suffix{".ipp", Language::cpp},    Suffix{".tpp", Language::cpp},    Suffix{".inl", Language::cpp},
    Suffix{".tcc", Language::cpp},    Suffix{".cppm", Language::cpp},   Suffix{".ixx", Language::cpp},
    Suffix{".cu", Language::cpp},     Suffix{".cuh", Language::cpp},
    Suffix{".java", Language::java},
    Suffix{".js", Language::javascript},  Suffix{".mjs", Language::javascript}, Suffix{".cjs", Language::javascript},
    Suffix{".jsx", Language::javascript}, Suffix{".ts", Language::typescript},  Suffix{".mts", Language::typescript},
    Suffix{".cts", Language::typescript}, Suffix{".tsx", Language::tsx},
    Suffix{".sh", Language::bash},        Suffix{".bash", Language::bash},      Suffix{".ksh", Language::bash},
    Suffix{".bats", Language::bash},
    Suffix{".go", Language::go},      Suffix{".rs", Language::rust},
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Whether a line of code begins in a way that only C++ knows.
bool line_is_cpp(std::string_view line) {
  line = trim(line);
  auto begins = [&](std::string_view word) {
    return line.starts_with(word) && (line.size() == word.size() || !is_word(line[word.size()]));
  };
  if (begins("namespace") || begins("template") || begins("class") || begins("using") || begins("public:") ||
      begins("private:") || begins("protected:") || begins("constexpr") || begins("virtual") || begins("friend")) {
    return true;
  }
  if (line.starts_with("#include <") && line.find('.') == std::string_view::npos) return true;
  return line.find("std::") != std::string_view::npos && !line.starts_with("//") && !line.starts_with("*");
}

// The text of `bytes` as UTF-8 without a byte order mark. `space` holds it if it must be decoded.
std::string_view plain_text(std::string_view bytes, std::string& space) {
  if (is_utf16(bytes)) bytes = space = utf16_to_utf8(bytes.substr(2), bytes[0] == '\xFE');
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  return bytes;
}

// A .h file is C++ where something in it says so, else C.
Language header_language(std::string_view bytes) {
  std::string space;
  bytes = plain_text(bytes, space);
  bool in_comment = false;
  while (!bytes.empty()) {
    std::size_t end = std::min(bytes.find('\n'), bytes.size());
    std::string_view line = trim(bytes.substr(0, end));
    if (line.starts_with("/*")) in_comment = true;
    if (!in_comment && !line.starts_with("//") && line_is_cpp(line)) return Language::cpp;
    if (line.find("*/") != std::string_view::npos) in_comment = false;
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return Language::c;
}

// The program that "#!" names, behind env, its options and assignments: "python3.11", "bash".
std::string_view interpreter(std::string_view line) {
  line.remove_prefix(2);
  while (!(line = trim(line)).empty()) {
    std::string_view word = line.substr(0, line.find_first_of(" \t"));
    line.remove_prefix(word.size());
    const std::string_view name = word.substr(word.rfind('/') + 1);
    if (name != "env" && !word.starts_with("-") && word.find('=') == std::string_view::npos) return name;
  }
  return {};
}

std::optional<Language> by_first_line(std::string_view first_bytes) {
  std::string space;
  first_bytes = plain_text(first_bytes.substr(0, inspected_bytes), space);
  std::string_view line = first_bytes.substr(0, first_bytes.find('\n'));
  if (!line.starts_with("#!")) {
    // The C++ library's headers have no suffix but say what they are.
    if (line.find("-*- C++ -*-") != std::string_view::npos) return Language::cpp;
    return std::nullopt;
  }
  const std::string_view program = interpreter(line);
  const std::string_view name = program.substr(0, program.find_first_of("0123456789."));
  for (std::string_view one : {"python", "pypy"}) {
    if (name == one) return Language::python;
  }
  for (std::string_view one : {"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "bats"}) {
    if (name == one) return Language::bash;
  }
  if (name == "node" || name == "nodejs") return Language::javascript;
  for (std::string_view one : {"deno", "bun", "ts-node", "tsx"}) {
    if (name == one) return Language::typescript;  // which reads JavaScript too
  }
  if (name == "java") return Language::java;
  if (program == "rust-script") return Language::rust;
  return std::nullopt;
}

// Files that a shell reads when it starts.
bool is_shell_startup(std::string_view name) {
  for (std::string_view one : {".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile", ".kshrc",
                               ".mkshrc", ".shrc", "bash.bashrc"}) {
    if (name == one) return true;
  }
  return false;
}

}  // namespace

const char* language_name(Language language) {
  switch (language) {
    case Language::python: return "python";
    case Language::c: return "c";
    case Language::cpp: return "cpp";
    case Language::java: return "java";
    case Language::javascript: return "javascript";
    case Language::typescript: return "typescript";
    case Language::tsx: return "tsx";
    case Language::bash: return "bash";
    case Language::go: return "go";
    case Language::rust: return "rust";
  }
  return "";
}

std::optional<Language> detect_language(std::string_view path, std::string_view first_bytes) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  if (is_shell_startup(name)) return Language::bash;
  std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return by_first_line(first_bytes);
  std::string_view suffix = name.substr(dot);
  if (suffix == ".C" || suffix == ".H") return Language::cpp;  // in capitals: C++ by an old custom
  std::string lower(suffix);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == ".h") return header_language(first_bytes);
  for (const Suffix& entry : suffixes) {
    if (entry.text == lower) return entry.language;
  }
  return by_first_line(first_bytes);
}

}  // namespace ca::analysis
