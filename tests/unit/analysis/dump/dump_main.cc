// analysis_dump FILE [PATH]: the facts of FILE, as the analyser finds them where it lies at PATH.
#include <cstdio>
#include <fstream>
#include <sstream>

#include "analysis/analyse.h"
#include "tests/unit/analysis/dump/facts_dump.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: analysis_dump FILE [PATH]\n");
    return 64;
  }
  std::ifstream in(argv[1], std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  const std::string text = bytes.str();
  const std::string path = argc > 2 ? argv[2] : argv[1];
  auto language = ca::analysis::detect_language(path, text);
  if (!in || !language) {
    std::fprintf(stderr, "analysis_dump: %s cannot be read or is in no language known here\n", argv[1]);
    return 2;
  }
  std::fputs(ca::analysis::dump(ca::analysis::analyse(*language, path, text)).c_str(), stdout);
  return 0;
}
