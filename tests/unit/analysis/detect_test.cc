#include "analysis/analyse.h"
#include "tests/support/catch.h"

using namespace ca::analysis;

TEST_CASE("a file's name decides its language") {
  CHECK(detect_language("a.py", "") == Language::python);
  CHECK(detect_language("a.pyi", "") == Language::python);
  CHECK(detect_language("x/a.c", "") == Language::c);
  CHECK(detect_language("a.CPP", "") == Language::cpp);
  CHECK(detect_language("a.C", "") == Language::cpp);
  CHECK(detect_language("a.hpp", "") == Language::cpp);
  CHECK(detect_language("src/A.java", "") == Language::java);
  CHECK(detect_language("a.js", "") == Language::javascript);
  CHECK(detect_language("a.mjs", "") == Language::javascript);
  CHECK(detect_language("a.cjs", "") == Language::javascript);
  CHECK(detect_language("a.jsx", "") == Language::javascript);
  CHECK(detect_language("a.ts", "") == Language::typescript);
  CHECK(detect_language("a.d.ts", "") == Language::typescript);
  CHECK(detect_language("a.mts", "") == Language::typescript);
  CHECK(detect_language("a.cts", "") == Language::typescript);
  CHECK(detect_language("a.tsx", "") == Language::tsx);
  for (const char* name : {"a.sh", "a.bash", "a.ksh", "a.bats", "home/.bashrc", ".profile", ".bash_aliases"}) {
    CHECK(detect_language(name, "") == Language::bash);
  }
  CHECK_FALSE(detect_language("a.json", ""));
  CHECK(detect_language("cmd/main.go", "") == Language::go);
  CHECK(detect_language("src/lib.rs", "") == Language::rust);
  CHECK_FALSE(detect_language("README.md", "# class"));
  CHECK_FALSE(detect_language("Makefile", "all:"));
  CHECK_FALSE(detect_language(".py", ""));
  CHECK_FALSE(detect_language("", ""));
}

TEST_CASE("the first line decides where the name tells nothing") {
  CHECK(detect_language("bin/tool", "#!/usr/bin/env python3\n") == Language::python);
  CHECK(detect_language("bin/tool", "#!/usr/bin/python3.11 -u\n") == Language::python);
  CHECK(detect_language("bin/tool", "#!/usr/bin/java --source 17\n") == Language::java);
  CHECK(detect_language("bin/tool", "#!/usr/bin/env rust-script\n") == Language::rust);
  CHECK_FALSE(detect_language("bin/tool", "#!/usr/bin/javascripture\n"));
  CHECK(detect_language("bin/tool", "#!/usr/bin/env -S LANG=C node --title=sh\n") == Language::javascript);
  CHECK(detect_language("bin/tool", "#!/usr/bin/env -S deno run --allow-net\n") == Language::typescript);
  CHECK(detect_language("bin/tool", "#!/usr/bin/env bun\n") == Language::typescript);
  CHECK(detect_language("bin/tool", "#! /bin/sh -e\r\n") == Language::bash);
  for (const char* shell : {"bash", "dash", "ksh93", "zsh", "bats"}) {
    CHECK(detect_language("bin/tool", "#!/usr/bin/env " + std::string(shell) + "\n") == Language::bash);
  }
  CHECK_FALSE(detect_language("bin/tool", "#!/usr/bin/perl\n"));
  CHECK_FALSE(detect_language("bin/tool", "#!"));
  CHECK(detect_language("vector", "// <vector> -*- C++ -*-\n") == Language::cpp);
}

TEST_CASE("a .h file is C++ where something in it says so") {
  CHECK(detect_language("a.h", "#include <stdio.h>\nint f(void);\n") == Language::c);
  CHECK(detect_language("a.h", "#pragma once\nnamespace a {\n}\n") == Language::cpp);
  CHECK(detect_language("a.h", "#include <vector>\n") == Language::cpp);
  CHECK(detect_language("a.h", "/*\n class of things\n*/\nint f(void);\n") == Language::c);
  CHECK(detect_language("a.h", "struct S { int class_; };\n") == Language::c);
}
