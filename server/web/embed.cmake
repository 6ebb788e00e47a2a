# cmake -D OUTPUT=FILE.cc -D SOURCE_DIR=web -P embed.cmake: writes the files of the page as C++ arrays.
set(text "#include \"server/web/assets.h\"\n\nnamespace ca::server {\n")

function(embed name file content_type)
  file(READ ${SOURCE_DIR}/${file} bytes HEX)
  file(SHA256 ${SOURCE_DIR}/${file} checksum)
  string(SUBSTRING ${checksum} 0 16 etag)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(REPEAT "." 112 row)  # 16 bytes of 7 characters each
  string(REGEX REPLACE "(${row})" "\\1\n" bytes "${bytes}")
  string(APPEND text "static constexpr char ${name}_bytes[] = {\n${bytes}};\n"
    "const Asset& ${name}_asset() {\n"
    "  static constexpr Asset asset{\"${content_type}\", {${name}_bytes, ${size}}, \"\\\"${etag}\\\"\"};\n"
    "  return asset;\n}\n")
  set(text "${text}" PARENT_SCOPE)
endfunction()

embed(page index.html "text/html; charset=utf-8")
embed(style style.css "text/css; charset=utf-8")
embed(script app.js "text/javascript; charset=utf-8")
string(APPEND text "}  // namespace ca::server\n")
file(WRITE ${OUTPUT} "${text}")
