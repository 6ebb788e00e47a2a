// The files of the web page, which the build puts into the program.
#pragma once

#include <string_view>

namespace ca::server {

struct Asset {
  std::string_view path;  // of the request: "/style.css"; "/" for index.html
  std::string_view content_type;
  std::string_view content;
  std::string_view etag;  // with its quotes
};

// nullptr: no file of the page is at that path.
const Asset* find_asset(std::string_view path);

}  // namespace ca::server
