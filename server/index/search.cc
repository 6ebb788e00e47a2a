#include "server/index/search.h"

#include "server/index/queries.h"

namespace ca::server {

tl::expected<Rows, DatabaseError> search(Database& database, const SearchQuery& query, const Page& page) {
  Parameters parameters{query.text, like_escape(query.text), query.project, query.kind, query.type};
  add_page(parameters, page);
  // Prefixes come from an index and rank before substrings: where they fill the page, the table need not be read.
  auto rows = database.query(sql::search_prefix, parameters, Cost::large);
  if (rows && static_cast<std::int64_t>(rows->size()) <= page.limit) {
    rows = database.query(sql::search_all, parameters, Cost::large);
  }
  return rows;
}

Rows page_body(Rows rows, const Page& page) {
  Rows body = Rows::object();
  const bool more = static_cast<std::int64_t>(rows.size()) > page.limit;
  if (more) rows.erase(rows.size() - 1);
  body["results"] = std::move(rows);
  body["limit"] = page.limit;
  body["offset"] = page.offset;
  body["next_offset"] = more ? Rows(page.offset + page.limit) : Rows(nullptr);
  return body;
}

void add_page(Parameters& parameters, const Page& page) {
  parameters.push_back(std::to_string(page.limit + 1));
  parameters.push_back(std::to_string(page.offset));
}

}  // namespace ca::server
