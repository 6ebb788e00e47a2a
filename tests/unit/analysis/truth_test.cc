// Each source in tests/analysis/truth beside the facts that a reader finds in it: NAME and NAME.facts are compared whole.
// UPDATE_TRUTH=1 writes the .facts anew, to be read before they are committed.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "analysis/analyse.h"
#include "tests/support/catch.h"
#include "tests/unit/analysis/dump/facts_dump.h"

namespace fs = std::filesystem;
using namespace ca::analysis;

namespace {

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<fs::path> sources() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(TRUTH_FOLDER)) {
    if (entry.is_regular_file() && entry.path().extension() != ".facts") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

TEST_CASE("each truth file's facts are exactly those that stand beside it") {
  const std::vector<fs::path> files = sources();
  REQUIRE(files.size() >= 4);
  for (const fs::path& file : files) {
    const std::string name = fs::relative(file, TRUTH_FOLDER).string();
    INFO(name);
    const std::string bytes = read(file);
    std::optional<Language> language = detect_language(name, bytes);
    REQUIRE(language);
    const std::string found = dump(analyse(*language, name, bytes));
    const fs::path expected = file.string() + ".facts";
    if (std::getenv("UPDATE_TRUTH")) std::ofstream(expected, std::ios::binary) << found;
    CHECK(found == read(expected));
  }
}
