# Libraries from the system's packages (script/setup installs them); docs/decisions says why each.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

# tree-sitter and its grammars are fetched by script/setup, pinned by checksum.
set(CODE_ANALYSIS_DEPS ${CMAKE_SOURCE_DIR}/build/deps CACHE PATH "Folder that script/fetch-grammars filled")
if(NOT EXISTS ${CODE_ANALYSIS_DEPS}/tree-sitter/package.json)
  message(FATAL_ERROR "${CODE_ANALYSIS_DEPS}/tree-sitter is missing: run script/setup first")
endif()
