// The files of the web page, which the build puts into the program.
#pragma once

#include <string_view>

namespace ca::server {

struct Asset {
  std::string_view content_type;
  std::string_view content;
  std::string_view etag;  // with its quotes
};

const Asset& page_asset();
const Asset& style_asset();
const Asset& script_asset();

}  // namespace ca::server
