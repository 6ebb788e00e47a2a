#include "driver/migrations/migrations.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "common/posix.h"

namespace ca::driver {

namespace {

constexpr std::size_t largest_file = 64 << 20;

std::string sha256(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr);
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int at = 0; at < length; ++at) {
    text += digits[digest[at] >> 4];
    text += digits[digest[at] & 15];
  }
  return text;
}

// 0 where `name` is not NNNN_name.sql.
int number_of(std::string_view name) {
  if (name.size() < 10 || name[4] != '_') return 0;
  int number = 0;
  for (const char c : name.substr(0, 4)) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return 0;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

Result<std::vector<Migration>> load_migrations(const std::string& folder) {
  std::error_code error;
  std::vector<Migration> migrations;
  auto entry = std::filesystem::directory_iterator(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (entry->path().extension() != ".sql") continue;
    const int number = number_of(name);
    if (number == 0) return failure("migration " + entry->path().string() + ": the name is not NNNN_name.sql");
    auto sql = read_file(entry->path(), largest_file);
    if (!sql) return tl::unexpected(sql.error());
    const std::string checksum = sha256(*sql);
    migrations.push_back({number, name, std::move(*sql), checksum});
  }
  if (error) return failure("migrations folder " + folder + ": " + error.message(), error.value());
  std::sort(migrations.begin(), migrations.end(),
            [](const Migration& a, const Migration& b) { return a.number < b.number; });
  for (std::size_t at = 0; at < migrations.size(); ++at) {
    if (migrations[at].number != static_cast<int>(at) + 1) {
      return failure("migration " + migrations[at].name + ": number " + std::to_string(at + 1) + " expected");
    }
  }
  return migrations;
}

Result<std::size_t> count_applied(const std::vector<Migration>& files, const std::vector<AppliedMigration>& applied) {
  for (std::size_t at = 0; at < applied.size(); ++at) {
    const AppliedMigration& old = applied[at];
    if (old.number != static_cast<int>(at) + 1) {
      return failure("the database's migrations have a gap: " + std::to_string(at + 1) + " is missing before " + old.name);
    }
    if (at >= files.size()) {
      return failure("the database is newer than this program: migration " + old.name + " is unknown here");
    }
    if (files[at].checksum != old.checksum) {
      return failure("migration " + files[at].name + " was changed after it had been applied as " + old.name);
    }
  }
  return applied.size();
}

}  // namespace ca::driver
