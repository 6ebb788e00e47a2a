// Which language a file is in, by its name or its first line.
#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>

#include "analysis/analyse.h"
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
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    bool starts = at == 0 || !is_word(text[at - 1]);
    bool ends = at + word.size() == text.size() || !is_word(text[at + word.size()]);
    if (starts && ends) return true;
  }
  return false;
}

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

// A .h file is C++ where something in it says so, else C.
Language header_language(std::string_view bytes) {
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

std::optional<Language> by_first_line(std::string_view first_bytes) {
  if (!first_bytes.starts_with("#!")) {
    // The C++ library's headers have no suffix but say what they are.
    std::string_view line = first_bytes.substr(0, first_bytes.find('\n'));
    if (line.find("-*- C++ -*-") != std::string_view::npos) return Language::cpp;
    return std::nullopt;
  }
  std::string_view line = first_bytes.substr(0, first_bytes.find('\n'));
  for (std::string_view name : {"python", "python2", "python3", "pypy", "pypy3"}) {
    if (has_word(line, name)) return Language::python;
  }
  if (has_word(line, "java")) return Language::java;
  if (line.find("python3.") != std::string_view::npos || line.find("python2.") != std::string_view::npos) return Language::python;
  return std::nullopt;
}

}  // namespace

const char* language_name(Language language) {
  switch (language) {
    case Language::python: return "python";
    case Language::c: return "c";
    case Language::cpp: return "cpp";
    case Language::java: return "java";
  }
  return "";
}

std::optional<Language> detect_language(std::string_view path, std::string_view first_bytes) {
  std::string_view name = path.substr(path.rfind('/') + 1);
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
