// What a file is, whoever asks: code_mapper and the indexer look at the same odd files.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/content.h"
#include "cli/code_mapper/project.h"
#include "cli/code_mapper/tree.h"
#include "tests/support/catch.h"
#include "workers/indexer/outcome.h"

using namespace std::string_literals;
namespace analysis = ca::analysis;
namespace fs = std::filesystem;

namespace {

std::string utf16(const std::string& ascii, bool big_endian) {
  std::string out = big_endian ? "\xFE\xFF" : "\xFF\xFE";
  for (char c : ascii) out += big_endian ? std::string(1, '\0') + c : c + std::string(1, '\0');
  return out;
}

std::string utf32(const std::string& ascii) {
  std::string out = "\xFF\xFE\0\0"s;
  for (char c : ascii) out += c + std::string(3, '\0');
  return out;
}

const std::string python = "import os\n\n\ndef f(a):\n    return a\n";
const std::string header = "#pragma once\n// " + std::string(9000, 'x') + "\nnamespace a {\nclass B { int c; };\n}\n";

const std::map<std::string, std::string> odd_files = {
    {"utf8_mark.py", "\xEF\xBB\xBF" + python},
    {"utf16_little.py", utf16(python, false)},
    {"utf16_big.py", utf16(python, true)},
    {"utf32.py", utf32(python)},
    {"utf16.h", utf16(header, false)},
    {"utf16_script", utf16("#!/bin/sh\nf() { a; }\n", false)},
    {"utf16.txt", utf16("words\n", false)},
    {"utf16_odd.py", utf16(python, false) + "x"},
    {"mark_only.py", "\xFF\xFE"},
    {"nul.py", "def f():\n    return '\0'\n" + std::string(200, '#') + "\n" + python + "a = '\0'\n"s},
    {"one_nul.py", python + python + python + "a = '\0'\n"s},
    {"late_nul.py", std::string(8000, '#') + "\n" + python + "\0\n"s},
    {"many_nuls.py", python + std::string(100, '\0')},
    {"nul_and_latin1.py", python + python + python + "# caf\xE9 \0\n"s},
    {"nul.txt", "words \0 and words\n"s + std::string(500, 'x')},
    {"elf.py", "\x7F" "ELF\0\0\0"s},
    {"latin1.py", "# caf\xE9\n" + python},
    {"declared_latin1.py", "# -*- coding: latin-1 -*-\ndef caf\xE9(): pass\n"},
    {"empty.py", ""},
    {"empty", ""},
    {"huge_line.js", "var a = [" + std::string(200000, '1') + "];\n"},
    {"returns.py", "def f(): pass\rdef g(): pass\r"},
    {"mixed.py", "def f(): pass\r\ndef g(): pass\n\rdef h(): pass\r\n"},
    {"late_cpp.h", header},
    {"c.h", "int f(void);\n" + std::string(9000, ' ') + "\n"},
    {"script", "#!/usr/bin/env python3\n" + python},
    {"marked_script", "\xEF\xBB\xBF#!/usr/bin/env python3\n" + python},
    {"late_script", "#!" + std::string(300, ' ') + "/bin/sh\nf() { a; }\n"},
    {"cut_character.py", "#" + std::string(7998, 'x') + "\xC3\xA9\n" + python},
    {"packets.ts", "G" + std::string(187, '\0') + "G" + std::string(187, '\xFF') + "G" + std::string(187, '\0')},
    {"words", "words\n"},
};

// A folder of these files, removed at the end.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("odd_files." + std::to_string(::getpid()))) {
    fs::create_directory(path_);
    for (const auto& [name, bytes] : odd_files) std::ofstream(path_ / name, std::ios::binary) << bytes;
  }
  ~Folder() { fs::remove_all(path_); }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

std::string summary(const std::string& language, std::uint32_t lines, const analysis::Facts& facts) {
  std::string text = language + ", " + std::to_string(lines) + " lines";
  for (const analysis::Symbol& symbol : facts.symbols) text += ", " + symbol.qualified_name;
  for (const analysis::Issue& issue : facts.issues) text += ", " + issue.id;
  return text;
}

// What the indexer would store for a file; empty: no source.
std::string by_indexer(const std::string& root, const std::string& path) {
  ca::workers::Claim claim;
  claim.root = root;
  claim.path = path;
  claim.attempts = 1;
  const ca::workers::Outcome outcome = ca::workers::work_on(claim);
  if (outcome.kind != ca::workers::Outcome::Kind::indexed || outcome.language.empty()) return {};
  return summary(outcome.language, outcome.line_count, outcome.facts);
}

}  // namespace

TEST_CASE("the indexer and code_mapper say the same of odd files") {
  const Folder folder;
  ca::code_mapper::Options options;
  options.root_dir = folder.path();
  const ca::code_mapper::Project project = map_project(options, find_files(options));
  CHECK(project.errors.empty());
  std::map<std::string, std::string> mapped;
  for (const ca::code_mapper::MappedFile& file : project.files) {
    mapped[file.path] = summary(language_name(file.language), file.facts.line_count, file.facts);
  }
  for (const auto& [name, bytes] : odd_files) {
    INFO(name);
    CHECK(mapped[name] == by_indexer(folder.path(), name));
  }
  CHECK(mapped["late_cpp.h"].starts_with("cpp, 5 lines, a, a::B"));
  CHECK(mapped["utf16.h"].starts_with("cpp, 5 lines, a, a::B"));
  CHECK(mapped["utf16_little.py"].starts_with("python, 5 lines, utf16_little.f"));
  CHECK(mapped["utf16_big.py"].starts_with("python, 5 lines, utf16_big.f"));
  CHECK(mapped["utf16_script"].starts_with("bash, 2 lines, f"));
  CHECK(mapped["marked_script"].starts_with("python, 6 lines"));
  CHECK(mapped["one_nul.py"].find("nul-byte") != std::string::npos);
  CHECK(mapped["late_nul.py"].find("nul-byte") != std::string::npos);
  CHECK(mapped["nul_and_latin1.py"].find("nul-byte") != std::string::npos);
  CHECK(mapped["cut_character.py"].starts_with("python, 6 lines"));
  for (const char* name : {"utf32.py", "many_nuls.py", "elf.py", "packets.ts", "nul.txt", "utf16.txt", "words", "empty"}) {
    INFO(name);
    CHECK(mapped[name].empty());
  }
}

TEST_CASE("content is binary as git decides it, but for a few NUL bytes in source") {
  using analysis::ContentKind;
  using analysis::inspect;
  CHECK(inspect("a", std::string_view("a\0b", 3)).kind == ContentKind::binary);
  CHECK(inspect("a", std::string(8000, 'x') + std::string(1, '\0')).kind == ContentKind::text);
  CHECK(inspect("a", "").kind == ContentKind::text);
  CHECK(inspect("a.py", "").kind == ContentKind::source);
  CHECK(inspect("a.py", "'\0'"s).kind == ContentKind::source);
  CHECK(inspect("a.py", std::string(30, '\xfc') + "\0\0"s).kind == ContentKind::source);
  CHECK(inspect("a.py", std::string(29, '#') + "\0\0"s).kind == ContentKind::binary);
}
