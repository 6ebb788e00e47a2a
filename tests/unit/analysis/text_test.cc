#include "analysis/text.h"

#include "analysis/frontends/python/text.h"
#include "analysis/source.h"
#include "tests/support/catch.h"

using namespace ca::analysis;
using namespace std::string_literals;

TEST_CASE("bytes that are no UTF-8 become the replacement character, one each, and the rest stays") {
  CHECK(to_valid_utf8("plain") == "plain");
  CHECK(to_valid_utf8("gr\xC3\xBC\xC3\x9F") == "gr\xC3\xBC\xC3\x9F");
  CHECK(to_valid_utf8("a\xFF"
                      "b") == "a\xEF\xBF\xBD"
                              "b");
  CHECK(to_valid_utf8("\xC3") == "\xEF\xBF\xBD");
  CHECK(to_valid_utf8("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");      // overlong
  CHECK(to_valid_utf8("\xED\xA0\x80").size() == 9);                    // surrogate
  CHECK(to_valid_utf8("\xF4\x90\x80\x80").size() == 12);               // beyond U+10FFFF
  CHECK(to_valid_utf8("\xF0\x9F\x98\x80") == "\xF0\x9F\x98\x80");
  CHECK(to_valid_utf8("a\0b"s) == "a\xEF\xBF\xBD" "b");
}

TEST_CASE("white space, line ends and continuations fold to one space") {
  CHECK(fold_space("  a\t b\r\n  c \\\n d ") == "a b c d");
  CHECK(fold_code("def f(  # first\n    a,  # '\n    b='# no comment',\n)", CommentStyle::hash) == "def f(a, b='# no comment')");
  CHECK(fold_code("int f(int a /* one */, // two\n const char* s = \"// no\")", CommentStyle::slashes) ==
        "int f(int a, const char* s = \"// no\")");
  CHECK(fold_code("a /* never closed", CommentStyle::slashes) == "a");
  CHECK(fold_code("'never closed\\", CommentStyle::hash) == "'never closed\\");
}

TEST_CASE("a docstring is dedented as Python's inspect.cleandoc does it") {
  CHECK(clean_docstring("One.") == "One.");
  CHECK(clean_docstring("  One.\n\n      Two.\n        Three.\n    ") == "One.\n\nTwo.\n  Three.");
  CHECK(clean_docstring("\n    Below.\r\n    Again.\n") == "Below.\nAgain.");
  CHECK(clean_docstring("One.\n\tTab.") == "One.\nTab.");
  CHECK(clean_docstring("") == "");
}

TEST_CASE("comment markers of every style are taken off") {
  CHECK(clean_comment("/// One.\n/// Two.") == "One.\nTwo.");
  CHECK(clean_comment("//! One.") == "One.");
  CHECK(clean_comment("// One.\n//\n//   Two.") == "One.\n\n  Two.");
  CHECK(clean_comment("/** One.\n *\n *   Two.\n */") == "One.\n\n  Two.");
  CHECK(clean_comment("/* One. */") == "One.");
  CHECK(clean_comment("/*\n   One.\n     Two.\n*/") == "One.\n  Two.");
  CHECK(clean_comment("# One.\n# Two.") == "One.\nTwo.");
  CHECK(clean_comment("///< After.") == "After.");
  CHECK(clean_comment("/*****/") == "");
  CHECK(clean_comment("/* never closed") == "never closed");
}

TEST_CASE("a Python string literal gives its value") {
  CHECK(python::string_value("'a'") == "a");
  CHECK(python::string_value("\"\"\"a\"b\"\"\"") == "a\"b");
  CHECK(python::string_value("r'\\n'") == "\\n");
  CHECK(python::string_value("'\\n\\x41\\u00e9\\101\\q'") == "\nA\xC3\xA9" "A\\q");
  CHECK(python::string_value("'a\\\nb'") == "ab");
  CHECK(python::string_value("'") == "");
  CHECK(python::string_value("") == "");
  CHECK(python::string_value("'\\x'") == "\\x");
}

TEST_CASE("a Python file's path gives its module's name") {
  CHECK(python::module_name("pkg/mod.py") == "pkg.mod");
  CHECK(python::module_name("pkg/__init__.py") == "pkg");
  CHECK(python::module_name("./a.pyi") == "a");
  CHECK(python::module_name("src/pkg/a.py") == "pkg.a");
  CHECK(python::module_name("__init__.py") == "");
  CHECK(python::module_name("bin/tool") == "bin.tool");
}

TEST_CASE("what the parser sees has every line and column where it was") {
  Source plain("a = 1\n");
  CHECK(plain.parse_bytes() == "a = 1\n");
  CHECK(plain.line_count() == 1);
  const std::string bad_bytes = "gr\xFC = 1\nb\0c"s, wide_bytes = "\xFF\xFE" "a\0=\0" "1\0\n\0"s;
  Source bad(bad_bytes);
  CHECK(bad.parse_bytes() == "gr_ = 1\nb c");
  CHECK(bad.text(0, 3) == "gr\xEF\xBF\xBD");
  CHECK(bad.invalid_bytes() == 1);
  CHECK(bad.nul_bytes() == 1);
  CHECK(bad.line_of(bad.first_nul()) == 2);
  CHECK(bad.line_count() == 2);
  Source latin("# -*- coding: latin-1 -*-\ngr\xFC = 1\n");
  CHECK(latin.invalid_bytes() == 0);
  CHECK(latin.text(26, 29) == "gr\xC3\xBC");
  Source wide(wide_bytes);
  CHECK(wide.parse_bytes() == "a=1\n");
  CHECK(Source("").line_count() == 0);
}
