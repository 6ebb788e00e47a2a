// The database schema's history: files NNNN_name.sql, applied in order, each once, recorded in the table
// code_analysis_driver.migrations with the checksum that it had. A file that was applied must never change.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace ca::driver {

struct Migration {
  int number = 0;         // from 1 on, without a gap
  std::string name;       // of the file, without folder
  std::string sql;
  std::string checksum;   // SHA-256, hexadecimal
};

struct AppliedMigration {
  int number = 0;
  std::string name;
  std::string checksum;
};

// The migrations in `folder`, in order; other files than *.sql are left alone.
// Errors: unreadable, a *.sql file of another name, a gap, a number twice. Blocks.
Result<std::vector<Migration>> load_migrations(const std::string& folder);

// How many of `files` are applied; the rest is to be applied in order.
// Errors: an applied one that is missing, changed or out of order; the database is newer than `files`.
Result<std::size_t> count_applied(const std::vector<Migration>& files, const std::vector<AppliedMigration>& applied);

}  // namespace ca::driver
