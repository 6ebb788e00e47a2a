// docs/configuration.md against the table in the code, and the shipped files against the reader.
#include <sstream>

#include "common/posix.h"
#include "supervisor/config/schema.h"
#include "tests/unit/config/config_file.h"

namespace ca {
namespace {

const std::string source_dir = CODE_ANALYSIS_SOURCE_DIR;

std::string documentation() {
  const auto text = read_file(source_dir + "/docs/configuration.md", 1 << 20);
  REQUIRE(text.has_value());
  return *text;
}

TEST_CASE("docs/configuration.md has the table of every section as the code has it") {
  const std::string text = documentation();
  for (const config::Section& section : config::sections()) {
    const std::string table = config::documentation_table(section);
    INFO("the table of " << section.title << " must read:\n" << table);
    CHECK(text.find("\n" + table + "\n") != std::string::npos);
  }
}

TEST_CASE("docs/configuration.md has no table of keys that the code does not know") {
  std::istringstream lines(documentation());
  std::size_t rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| `")) ++rows;
  }
  CHECK(rows == config::keys().size());
}

// The YAML blocks of the document.
std::vector<std::string> examples() {
  std::vector<std::string> blocks;
  std::istringstream lines(documentation());
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "```yaml") {
      inside = true;
      blocks.emplace_back();
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

TEST_CASE("Every example of docs/configuration.md is valid") {
  ::setenv("DB_PASSWORD", "x", 1);
  const std::vector<std::string> blocks = examples();
  CHECK(blocks.size() >= 3);
  for (const std::string& block : blocks) {
    INFO(block);
    CHECK(errors_of(block) == "");
  }
  ::unsetenv("DB_PASSWORD");
}

TEST_CASE("The files in etc are valid") {
  std::vector<std::string> files{source_dir + "/etc/default.yaml"};
  for (const auto& entry : std::filesystem::directory_iterator(source_dir + "/etc/examples")) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().native());
  }
  CHECK(files.size() >= 3);
  for (const std::string& file : files) {
    INFO(file);
    CHECK(read_configuration(file, false).errors == std::vector<std::string>{});
  }
}

TEST_CASE("A name stands in one section once, and each nested section exists") {
  for (const config::Key& key : config::keys()) {
    INFO(key.section << "." << key.name);
    const bool is_nested = key.type == config::Type::section || key.type == config::Type::sections;
    if (is_nested) CHECK(config::section(key.detail).id == key.detail);
    CHECK(config::find_key(config::section(key.section), key.name) == &key);
    CHECK_FALSE(key.meaning.empty());
  }
}

}  // namespace
}  // namespace ca
