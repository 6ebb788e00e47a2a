// Any bytes give facts: nothing here may crash, hang or produce a string that is not valid UTF-8.
#include <ctime>
#include <string>

#include "analysis/analyse.h"
#include "analysis/frontends/c_family/prepare.h"
#include "analysis/frontends/javascript/gaps.h"
#include "analysis/text.h"
#include "tests/support/catch.h"
#include "tests/support/time_scale.h"

using namespace ca::analysis;
using namespace std::string_literals;

namespace {

constexpr Language all_languages[] = {Language::python,     Language::c,          Language::cpp, Language::java,
                                      Language::javascript, Language::typescript, Language::tsx, Language::bash, Language::go, Language::rust};

bool valid(const std::string& text) { return to_valid_utf8(text) == text; }

void check_strings(const Facts& facts) {
  for (const Symbol& symbol : facts.symbols) {
    CHECK(valid(symbol.name + symbol.qualified_name + symbol.signature + symbol.docstring));
    CHECK(symbol.range.start_line >= 1);
    CHECK(symbol.range.end_line >= symbol.range.start_line);
    CHECK(symbol.range.end_line <= std::max(1u, facts.line_count));
  }
  for (std::size_t i = 0; i < facts.symbols.size(); ++i) CHECK(facts.symbols[i].parent < static_cast<std::int32_t>(i));
  for (const Reference& reference : facts.references) CHECK(valid(reference.name));
  for (const Import& import : facts.imports) CHECK(valid(import.target + import.name + import.alias));
  for (const Issue& issue : facts.issues) {
    CHECK(valid(issue.message));
    CHECK(issue.message.find('\n') == std::string::npos);
  }
}

bool has_issue(const Facts& facts, const std::string& id) {
  for (const Issue& issue : facts.issues) {
    if (issue.id == id) return true;
  }
  return false;
}

const Symbol* find(const Facts& facts, const std::string& name) {
  for (const Symbol& symbol : facts.symbols) {
    if (symbol.name == name) return &symbol;
  }
  return nullptr;
}

std::string repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("an empty file has no facts and no issues") {
  for (Language language : all_languages) {
    Facts facts = analyse(language, "a", "");
    CHECK(facts.symbols.empty());
    CHECK(facts.issues.empty());
    CHECK(facts.line_count == 0);
  }
}

TEST_CASE("CRLF line ends and a byte order mark change nothing") {
  Facts facts = analyse(Language::python, "a.py", "\xEF\xBB\xBF\"\"\"Doc.\r\n\r\n  More.\r\n\"\"\"\r\ndef f(a,\r\n      b):\r\n    return a\r\n");
  REQUIRE(find(facts, "f"));
  CHECK(find(facts, "f")->signature == "def f(a, b)");
  CHECK(find(facts, "f")->range.start_line == 5);
  CHECK(find(facts, "f")->range.end_line == 7);
  CHECK(facts.docstring == "Doc.\n\nMore.");
  CHECK_FALSE(has_issue(facts, "parse-error"));
}

TEST_CASE("bytes that are no UTF-8 are an issue and the definitions around them are found") {
  Facts facts = analyse(Language::python, "a.py", "# caf\xE9\ndef gr\xFC\xDF(x):\n    '''\xFF'''\n\ndef plain(): pass\n");
  check_strings(facts);
  CHECK(has_issue(facts, "invalid-utf8"));
  CHECK_FALSE(has_issue(facts, "parse-error"));
  CHECK(find(facts, "gr\xEF\xBF\xBD\xEF\xBF\xBD"));
  CHECK(find(facts, "plain"));
}

TEST_CASE("NUL bytes are an issue and the definitions around them are found") {
  Facts facts = analyse(Language::python, "a.py", "a = 1\0\ndef f():\n    return '\0'\ndef g(): return 1\n"s);
  check_strings(facts);
  CHECK(has_issue(facts, "nul-byte"));
  CHECK(find(facts, "f"));
  CHECK(find(facts, "g"));
}

TEST_CASE("a hundred thousand nested brackets do not overflow anything") {
  const int depth = 100000;
  for (Language language : all_languages) {
    // Statements within statements cost the parser time that grows with the square of their depth.
    CHECK(analyse(language, "a.x", "x = " + repeat("if (a) ", depth / 5)).line_count == 1);
    for (const char* bracket : {"(", "[", "{", "-", "not ", "a.", "*"}) {
      Facts facts = analyse(language, "a.x", "x = " + repeat(bracket, depth));
      CHECK(facts.line_count == 1);
    }
    Facts facts = analyse(language, "a.x", "x = " + repeat("(", depth) + "1" + repeat(")", depth) + ";\n");
    CHECK(facts.line_count == 1);
  }
}

// Of a pattern that repeats: a slow build gets less of it.
const int times = static_cast<int>(100000 / time_scale());

TEST_CASE("what looks like macros over and over costs time that grows with the length only") {
  for (const char* part : {"AA(", "{AA(", "a<", "1'", "__attribute__((", "f(a) b;", "MACRO ", "MACRO(x) ", "AA(x) BB ", "struct AA ", "f(a) bb cc ",
                           "x{;AA(\n", "enum {AA(x) ", "class A { AA(x)\npublic: ", "template <class T = ", "operator ", "R\"(", "(AA *", "A::*", "\"\" PRI ",
                           "decltype(", "decltype(',", "typename a::", "typename a<", "enum : ", "delete[", "inline A::operator b", "::operator b",
                           "module a ", "export module ", "export import a;", "a<b>::*", "(int(", "enable_if<", "A<B> a = {", "f(a b = {", "->*",
                           "int :3, ", "= delete;", "operator()<"}) {
    INFO(part);
    const std::string source = repeat(part, times);
    const std::clock_t start = std::clock();
    for (bool is_cpp : {false, true}) CHECK(c_family::prepare(source, is_cpp).bytes.size() == source.size());
    CHECK((std::clock() - start) / CLOCKS_PER_SEC < 10);  // tenths of a second; hours if it were the square
  }
}

TEST_CASE("what looks like gaps of the script grammars over and over costs time that grows with the length only") {
  for (const char* part : {"export ", "export {", "export {a ", "export {a as ", "export {}", ",/*", "<in ", "<in out ", "\n  <a>(", "\n  <a", ",\n\n",
                           "default function (", "as as "}) {
    INFO(part);
    const std::string source = repeat(part, times);
    const std::clock_t start = std::clock();
    const std::string filled = js::fill_gaps(source, js::Script::declarations);
    CHECK((filled.empty() || filled.size() == source.size()));
    CHECK((std::clock() - start) / CLOCKS_PER_SEC < 10);
  }
}

TEST_CASE("deeply indented blocks and very long lines are read") {
  std::string deep;
  for (int i = 0; i < 500; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "if a:\n";
  check_strings(analyse(Language::python, "a.py", deep + std::string(500, ' ') + "b()\n"));
  std::string line = "x = [" + repeat("1, ", 500000) + "2]\ndef f(): return x\n";
  Facts facts = analyse(Language::python, "a.py", line);
  REQUIRE(find(facts, "f"));
  CHECK(find(facts, "f")->range.start_line == 2);
}

TEST_CASE("every prefix of a source gives facts whose strings are valid") {
  const std::string python = "\"\"\"D\xC3\xA9.\"\"\"\nclass A(B):\n    def m(self, a=[1]) -> 'x':\n        return f'{a!r:>{b}}' + self.c(a)\n";
  const std::string c = "#if A\n/** D\xC3\xA9. */\ntemplate <class T> struct A : B<T> { ~A(); operator int() const; };\n#else\nint f(void) { return g(1); }\n#endif\n";
  const std::string script = "/** D\xC3\xA9. */\nexport class A<T> extends B { #m = async (a: any) => { try { a?.(`${this.x}`); } catch {} } }\n"
                             "exports.f = function ({a, ...b}) { return <C d={a}/>; };\n";
  const std::string shell = "# D\xC3\xA9.\nf() { local a=1; if [[ $a == \"${b%x}\" ]]; then . ./c.sh; fi; }\n@test 'x' {\n g <<E\n$a\nE\n}\n";
  for (std::size_t i = 0; i <= script.size(); ++i) {
    for (Language language : {Language::javascript, Language::typescript, Language::tsx}) {
      check_strings(analyse(language, "a.ts", script.substr(0, i)));
    }
  }
  for (std::size_t i = 0; i <= shell.size(); ++i) check_strings(analyse(Language::bash, "a.sh", shell.substr(0, i)));
  for (std::size_t i = 0; i <= python.size(); ++i) check_strings(analyse(Language::python, "a.py", python.substr(0, i)));
  for (std::size_t i = 0; i <= c.size(); ++i) {
    check_strings(analyse(Language::c, "a.c", c.substr(0, i)));
    check_strings(analyse(Language::cpp, "a.cc", c.substr(0, i)));
  }
}

TEST_CASE("a Java program that names its interpreter parses") {
  const Facts facts = analyse(Language::java, "tool", "#!/usr/bin/java --source 17\nclass A { void f() {} }\n");
  CHECK(facts.issues.empty());
  REQUIRE(find(facts, "A"));
  CHECK(find(facts, "A")->range.start_line == 2);
}

TEST_CASE("every prefix of a Java source gives facts whose strings are valid") {
  const std::string java =
      "package a.b;\n/** D\xC3\xA9. */\npublic class A<T> extends B<T> implements C {\n  static final int N = 1;\n  A(int... a) { try { f(a); } "
      "catch (Exception e) {} }\n  F f = x -> new T() { void g() {} };\n}\nrecord R(int x) {}\nenum E { ONE { int h() { return 1; } } }\n";
  for (std::size_t i = 0; i <= java.size(); ++i) check_strings(analyse(Language::java, "A.java", java.substr(0, i)));
}

TEST_CASE("every prefix of Go and Rust sources gives facts whose strings are valid") {
  const std::string go =
      "package a\nimport m \"b\"\nfunc (t *T[K]) M(a int) (e error) {\n  f := func(x int) int { return x + a }\n  if e != nil {}\n  go f(1)\n}\n"
      "// D\xC3\xA9.\ntype T[K any] struct {\n *B\n x, y int // z\n}\nconst (\n A = iota\n C\n)\n";
  const std::string rust =
      "//! D\xC3\xA9.\nuse a::{b as c, d::*};\nimpl<'a, K> Tr<K> for T<'a, K> {\n  fn f(&self, (a, b): X) { let g = |x| x + a; match g(b) { Err(_) => {}, _ => "
      "todo!() } }\n}\n/// D.\npub struct T<'a, K> { a: &'a K }\nmod m { impl super::T {} }\nmacro_rules! q { ($x:expr) => { f($x) } }\n";
  for (std::size_t i = 0; i <= go.size(); ++i) check_strings(analyse(Language::go, "a.go", go.substr(0, i)));
  for (std::size_t i = 0; i <= rust.size(); ++i) check_strings(analyse(Language::rust, "a.rs", rust.substr(0, i)));
}

TEST_CASE("bytes of no language at all give facts") {
  std::string noise;
  std::uint32_t state = 12345;
  for (int i = 0; i < 60000; ++i) {
    state = state * 1664525u + 1013904223u;
    noise.push_back(static_cast<char>(state >> 24));
  }
  for (Language language : all_languages) check_strings(analyse(language, "a.x", noise));
}

TEST_CASE("a .ts file that is a video or a translation is told as an error and nothing else") {
  std::string video(940, '\0');
  for (std::size_t i = 0; i < video.size(); i += 188) video[i] = 'G';
  const std::string translation = "<?xml version=\"1.0\"?>\n<!DOCTYPE TS>\n<TS version=\"2.1\"><context><name>function f() {}</name></context></TS>\n";
  for (const std::string& bytes : {video, translation}) {
    const Facts facts = analyse(Language::typescript, "a.ts", bytes);
    CHECK(facts.symbols.empty());
    CHECK(facts.references.empty());
    CHECK(has_issue(facts, "parse-error"));
    CHECK_FALSE(has_issue(facts, "missing-doc-comment"));
  }
}

TEST_CASE("every line of a parse error is a line of the file") {
  for (const auto& [language, text] : {std::pair(Language::javascript, "function f() {\n"), std::pair(Language::bash, "f() {\nfor a in b; do\n"),
                                       std::pair(Language::python, "def f(\n")}) {
    const Facts facts = analyse(language, "a", text);
    CHECK(has_issue(facts, "parse-error"));
    for (const Issue& issue : facts.issues) CHECK(issue.range.end_line <= facts.line_count);
  }
}

TEST_CASE("bare braces as a C++ default argument are no syntax error") {
  const Facts facts = analyse(Language::cpp, "a.h", "struct L {};\nint f(int a, const L& limits = {});\n");
  CHECK_FALSE(has_issue(facts, "parse-error"));
  CHECK(find(facts, "f") != nullptr);
}

TEST_CASE("what takes its line's end with it ends behind that line's last byte, not before its own start") {
  const Facts facts = analyse(Language::java, "A.java", "\0G\r\npackage a.b;\r\n"s);
  REQUIRE(has_issue(facts, "parse-error"));
  for (const Issue& issue : facts.issues) {
    INFO(issue.id << " " << issue.range.start_line << ":" << issue.range.start_column << "-" << issue.range.end_line << ":"
                  << issue.range.end_column);
    CHECK((issue.range.start_line < issue.range.end_line || issue.range.start_column <= issue.range.end_column));
  }
  const Facts macro = analyse(Language::c, "a.c", "#define A \\\n  1234\n"s);
  REQUIRE(find(macro, "A") != nullptr);
  CHECK(find(macro, "A")->range.end_line == 2);
  CHECK(find(macro, "A")->range.end_column == 6);
}

TEST_CASE("a name that broken quotes stretch over lines is one line still") {
  const Facts facts = analyse(Language::bash, "a.sh", "-a\"\n# Copies one file.\n#\n# $1: the file\ncopy_file() {\n  local file\n}\n\"() { :; }\n"s);
  for (const Symbol& symbol : facts.symbols) CHECK(symbol.name.find('\n') == std::string::npos);
}
