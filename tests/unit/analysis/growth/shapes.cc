#include "tests/unit/analysis/growth/shapes.h"

namespace growth {
namespace {

using ca::analysis::Language;

void append(std::string& to, std::string_view unit, std::size_t number) {
  for (char c : unit) {
    if (c == '@') {
      to += std::to_string(number);
    } else {
      to += c;
    }
  }
}

// Shapes that mean something, or at least do no harm, in any language: bytes without structure.
std::vector<Shape> shared_shapes() {
  return {
      {"opening braces", "{"},
      {"opening parentheses", "("},
      {"opening brackets", "["},
      {"opening angles", "a<"},
      {"closing braces", "}"},
      {"closing parentheses", ")"},
      {"double quotes", "\""},
      {"single quotes", "'"},
      {"backquotes", "`"},
      {"backslashes", "\\"},
      {"open block comments", "/* "},
      {"hashes", "#"},
      {"lines of hashes", "#\n"},
      {"line comments", "// a comment @\n", {}, {}, "\n"},
      {"hash comments", "# a comment @\n", {}, {}, "\n"},
      {"block comments in lines", "/* a comment @ */\n", {}, {}, "\n"},
      {"doc comments in lines", "/** a comment @ */\n", {}, {}, "\n"},
      {"block comments on one line", "/* a */ "},
      {"one long comment", "words of it ", {}, "/* ", " */"},
      {"blank lines", "\n"},
      {"carriage returns", "x\r"},
      {"blanks", " "},
      {"tabs", "\t"},
      {"words on a line", "a@ "},
      {"words in lines", "a@\n"},
      {"one long word", "a"},
      {"one long number", "1"},
      {"semicolons", ";"},
      {"commas", ","},
      {"dots", "."},
      {"stars", "*"},
      {"colons", ":"},
      {"at signs", "@@x\n"},
      {"equals", "a = "},
      {"questions", "a ? "},
      {"question colons", "a ? b : "},
      {"bytes that are no text", "\xFF\xFE"},
      {"wide characters", "\xC3\xA9"},
      {"suppressions", "// code-analysis: ignore(a, b)\n"},
      {"hash suppressions", "# code-analysis: ignore\nx((\n"},
      {"file suppressions", "# code-analysis: ignore-file(a@)\n"},
      {"calls", "f(a@);\n"},
      {"member chain", ".a@", {}, "x", ";\n"},
      {"call chain", ".a@(b)", {}, "x", ";\n"},
      {"subscript chain", "[a@]", {}, "x", ";\n"},
      {"sum", " + a@", {}, "x = 1", ";\n"},
      {"nested calls", "f(", ")", {}, "x", ";\n"},
      {"nested parentheses", "(", ")", "x = ", "1", ";\n"},
      {"nested arrays", "[", "]", "x = ", "1", ";\n"},
      {"unary minus", "- ", {}, "x = ", "1;\n"},
      {"unary not", "!", {}, "x = ", "1;\n"},
  };
}

struct Family {
  Language language;
  const char* path;
  std::vector<std::vector<Shape>> parts;
};

}  // namespace

std::string write(const Shape& shape, std::size_t bytes) {
  std::string text(shape.head);
  const std::size_t fixed = shape.head.size() + shape.middle.size() + shape.tail.size();
  std::size_t count = 0;
  std::size_t closing_bytes = 0;
  for (; text.size() + closing_bytes + fixed < bytes + shape.head.size(); ++count) {
    append(text, shape.unit, count);
    closing_bytes += shape.closing.size();
  }
  text += shape.middle;
  while (count > 0 && !shape.closing.empty()) append(text, shape.closing, --count);
  text += shape.tail;
  return text;
}

const std::vector<LanguageShapes>& all_shapes() {
  static const std::vector<LanguageShapes> all = [] {
    std::vector<LanguageShapes> found;
    const std::vector<Family> families = {
        {Language::python, "pkg/a.py", {python_shapes()}},
        {Language::c, "a.h", {c_shapes()}},
        {Language::cpp, "a.hpp", {c_shapes(), cpp_shapes()}},
        {Language::java, "A.java", {java_shapes()}},
        {Language::javascript, "a.js", {javascript_shapes(), jsx_shapes()}},
        {Language::typescript, "a.ts", {javascript_shapes(), typescript_shapes()}},
        {Language::tsx, "a.tsx", {jsx_shapes()}},
        {Language::bash, "a.sh", {bash_shapes()}},
        {Language::go, "a.go", {go_shapes()}},
        {Language::rust, "src/a.rs", {rust_shapes()}},
    };
    for (const Family& family : families) {
      LanguageShapes one{family.language, family.path, shared_shapes()};
      for (const std::vector<Shape>& part : family.parts) one.shapes.insert(one.shapes.end(), part.begin(), part.end());
      found.push_back(std::move(one));
    }
    return found;
  }();
  return all;
}

}  // namespace growth
