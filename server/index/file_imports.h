// What a file of the index imports, and what imports it, as the JSON API and MCP tell it.
#pragma once

#include <cstdint>

#include "server/database/database.h"

namespace ca::server {

// {"imports": [{"line", "target", "name", "resolution", "path"}, in the order of the source], "imports_total": number,
// "imported_by": [{"path", "line"}, by path], "imported_by_total": number}. Each list holds 500 at most. `target` is as it is
// written, with the dots of a relative Python import; `path` is null where it leads to nothing of the project, and `resolution`
// where nobody has looked yet. All paths are of the file's own project. Blocks. Errors: as Database::query.
tl::expected<Rows, DatabaseError> file_imports(Database& database, std::int64_t file_id);

}  // namespace ca::server
