# cmake -D OUTPUT=FILE.cc -D SOURCE_DIR=web -P embed.cmake: writes the files of the page as C++ arrays and a table of them.
# Every *.html, *.css, *.js and *.svg of the folder is taken.
file(GLOB files RELATIVE ${SOURCE_DIR} ${SOURCE_DIR}/*.html ${SOURCE_DIR}/*.css ${SOURCE_DIR}/*.js ${SOURCE_DIR}/*.svg)
list(SORT files)

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")

set(arrays "")
set(entries "")
set(number 0)
string(REPEAT "." 112 row)  # 16 bytes of 7 characters each
foreach(file ${files})
  file(READ ${SOURCE_DIR}/${file} bytes HEX)
  file(SHA256 ${SOURCE_DIR}/${file} checksum)
  string(SUBSTRING ${checksum} 0 16 etag)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(REGEX REPLACE "(${row})" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "^.*\\." "" extension ${file})
  string(REGEX REPLACE "^index\\.html$" "" path ${file})
  string(APPEND arrays "constexpr char bytes_${number}[] = {\n${bytes}};\n")
  string(APPEND entries "    {\"/${path}\", \"${type_${extension}}\", {bytes_${number}, ${size}}, \"\\\"${etag}\\\"\"},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUTPUT} "#include \"server/web/assets.h\"

namespace ca::server {

namespace {

${arrays}
constexpr Asset assets[] = {
${entries}};

}  // namespace

const Asset* find_asset(std::string_view path) {
  for (const auto& asset : assets) {
    if (asset.path == path) return &asset;
  }
  return nullptr;
}

}  // namespace ca::server
")
