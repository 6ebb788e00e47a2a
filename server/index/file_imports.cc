#include "server/index/file_imports.h"

#include <string>

#include "server/index/queries.h"

namespace ca::server {

namespace {

// Each row says how many there are in all.
std::int64_t take_total(Rows& rows) {
  std::int64_t total = 0;
  for (auto& row : rows) {
    total = row["total"].get<std::int64_t>();
    row.erase("total");
  }
  return total;
}

}  // namespace

tl::expected<Rows, DatabaseError> file_imports(Database& database, std::int64_t file_id) {
  const Parameters id{std::to_string(file_id)};
  auto imports = database.query(sql::imports_of_file, id);
  if (!imports) return imports;
  auto importers = database.query(sql::importers_of_file, id);
  if (!importers) return importers;
  Rows answer;
  const auto imports_total = take_total(*imports), importers_total = take_total(*importers);
  answer["imports"] = std::move(*imports);
  answer["imports_total"] = imports_total;
  answer["imported_by"] = std::move(*importers);
  answer["imported_by_total"] = importers_total;
  return answer;
}

}  // namespace ca::server
