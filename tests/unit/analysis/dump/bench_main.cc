// analysis_bench FILE...: reads the files, analyses each once on one thread and says how fast that went.
#include <cstdio>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/analyse.h"

int main(int argc, char** argv) {
  using namespace ca::analysis;
  std::size_t bytes = 0, symbols = 0, references = 0, files = 0, files_with_errors = 0;
  std::clock_t spent = 0;
  for (int i = 1; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary);
    std::stringstream content;
    content << in.rdbuf();
    const std::string text = content.str();
    auto language = detect_language(argv[i], text);
    if (!language) continue;
    std::clock_t start = std::clock();
    Facts facts = analyse(*language, argv[i], text);
    std::clock_t took = std::clock() - start;
    spent += took;
    if (took > 2 * CLOCKS_PER_SEC) std::printf("slow: %s\n", argv[i]);
    ++files;
    bytes += text.size();
    symbols += facts.symbols.size();
    references += facts.references.size();
    bool broken = false;
    for (const Issue& issue : facts.issues) broken = broken || issue.id == "parse-error";
    if (broken) {
      ++files_with_errors;
      std::printf("parse-error: %s\n", argv[i]);
    }
  }
  double seconds = static_cast<double>(spent) / CLOCKS_PER_SEC;  // of the processor, whatever else runs
  double megabytes = static_cast<double>(bytes) / 1e6;
  std::printf("%zu files, %.1f MB, %zu symbols, %zu references, %zu with parse errors, %.2f s, %.1f MB/s\n", files, megabytes, symbols,
              references, files_with_errors, seconds, megabytes / (seconds > 0 ? seconds : 1));
  return 0;
}
