// The JSON API over the index: each call reads the database once or twice and gives a whole response. docs/api.md describes
// it for those who call it.
#pragma once

#include <initializer_list>
#include <string_view>

#include "server/database/database.h"
#include "server/http/message.h"
#include "server/index/project_list.h"
#include "server/index/text_search.h"

namespace ca::server {

// Lists are {"results": [...], "limit", "offset", "next_offset"}; next_offset is null on the last page.
// What a parameter gets wrong is 400; a database that is away is 503, one that is too slow 504. Blocks: as Database.
class Api {
 public:
  Api(Database& database, ProjectList& projects, TextSearch& text)
      : database_(database), projects_(projects), text_(text) {}

  // ?q= [project, kind, type=symbol|file]: symbols and files, best first: exact name, prefix, substring.
  Response search(const Request& request);
  // ?q= [project, path (a prefix), language, case=sensitive, limit]: lines of files that hold the text.
  Response search_text(const Request& request);
  // ?name= or ?file= (a whole path) [project, kind]: all symbols of that name, or qualified name; or of that file.
  Response symbols(const Request& request);
  // ?name= [project, kind]: uses of the name.
  Response references(const Request& request);
  Response projects(const Request& request);
  // [project, path (a prefix), language, status]
  Response files(const Request& request);
  // ?path= [project, start_line, end_line]: what the index knows of one file, and its text.
  Response file(const Request& request);
  // [project, path (a prefix), file (a whole path), severity, rule]: errors first.
  Response issues(const Request& request);
  // [project, path (a prefix)]: how many issues of which rule.
  Response issue_rules(const Request& request);

 private:
  Response list(const Request& request, const std::string& sql, std::initializer_list<std::string_view> names,
                Cost cost = Cost::small);

  Database& database_;
  ProjectList& projects_;
  TextSearch& text_;
};

}  // namespace ca::server
