// The ranked search over symbols and files, as the JSON API and MCP use it.
#pragma once

#include <string>

#include "server/database/database.h"
#include "server/http/parameters.h"

namespace ca::server {

struct SearchQuery {
  std::string text;
  std::string project;  // empty filters do not filter
  std::string kind;
  std::string type;     // "symbol", "file" or empty
};

// Best first: exact name, prefix, substring. One row more than the page has where there is a next page.
// REQUIRES: all texts passed text_parameter's checks.
tl::expected<Rows, DatabaseError> search(Database& database, const SearchQuery& query, const Page& page);

// {"results": [...], "limit", "offset", "next_offset"} of at most page.limit + 1 rows: that there is one more says that
// there is a next page.
Rows page_body(Rows rows, const Page& page);

// Parameters end with limit and offset, everywhere.
void add_page(Parameters& parameters, const Page& page);

}  // namespace ca::server
