#include "driver/migrations/migrations.h"

#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"

using namespace ca::driver;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "migrations-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path / name) << text; }

  std::filesystem::path path;
};

std::vector<AppliedMigration> as_applied(const std::vector<Migration>& files, std::size_t count) {
  std::vector<AppliedMigration> applied;
  for (std::size_t at = 0; at < count; ++at) applied.push_back({files[at].number, files[at].name, files[at].checksum});
  return applied;
}

}  // namespace

TEST_CASE("migrations are read in the order of their numbers, with the checksum of their bytes") {
  const Folder folder;
  folder.write("0002_b.sql", "two");
  folder.write("0001_a.sql", "abc");
  folder.write("README.md", "not a migration");
  const auto files = load_migrations(folder.path);
  REQUIRE(files.has_value());
  REQUIRE(files->size() == 2);
  CHECK((*files)[0].name == "0001_a.sql");
  CHECK((*files)[0].checksum == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK((*files)[1].sql == "two");
}

TEST_CASE("a folder with a gap, a number twice or a name of another form is refused") {
  const Folder folder;
  folder.write("0001_a.sql", "1");
  SECTION("a gap") { folder.write("0003_c.sql", "3"); }
  SECTION("a number twice") { folder.write("0001_b.sql", "1"); }
  SECTION("another form") { folder.write("2_b.sql", "2"); }
  SECTION("number nought") { folder.write("0000_b.sql", "0"); }
  CHECK_FALSE(load_migrations(folder.path).has_value());
}

TEST_CASE("a folder that does not exist is an error") {
  CHECK_FALSE(load_migrations("/nonexistent/migrations").has_value());
}

TEST_CASE("what was applied must be the beginning of what there is, unchanged") {
  const Folder folder;
  folder.write("0001_a.sql", "1");
  folder.write("0002_b.sql", "2");
  const auto files = *load_migrations(folder.path);
  for (std::size_t count = 0; count <= 2; ++count) CHECK(count_applied(files, as_applied(files, count)) == count);

  auto changed = as_applied(files, 2);
  changed[0].checksum = "other";
  CHECK_FALSE(count_applied(files, changed).has_value());

  auto with_gap = as_applied(files, 2);
  with_gap.erase(with_gap.begin());
  CHECK_FALSE(count_applied(files, with_gap).has_value());

  auto newer = as_applied(files, 2);
  newer.push_back({3, "0003_c.sql", "x"});
  CHECK_FALSE(count_applied(files, newer).has_value());
}
