# Warnings, sanitizers and the three kinds of target that the folders use.
add_library(code_analysis_options INTERFACE)
target_compile_options(code_analysis_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror=return-type -Werror=switch>)
target_include_directories(code_analysis_options INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
if(CODE_ANALYSIS_SANITIZE)
  # The vptr check opens pipes to look at memory, and takes a process without free descriptors for a broken one.
  target_compile_options(code_analysis_options INTERFACE -fsanitize=${CODE_ANALYSIS_SANITIZE} -fno-sanitize=vptr
    -fno-omit-frame-pointer -g1)
  target_link_options(code_analysis_options INTERFACE -fsanitize=${CODE_ANALYSIS_SANITIZE})
  if(CODE_ANALYSIS_SANITIZER_REPORTS)
    set_source_files_properties(${CMAKE_SOURCE_DIR}/tests/support/sanitizer_options.c PROPERTIES COMPILE_DEFINITIONS
      REPORTS="${CODE_ANALYSIS_SANITIZER_REPORTS}")
    add_library(sanitizer_options OBJECT ${CMAKE_SOURCE_DIR}/tests/support/sanitizer_options.c)
    target_link_libraries(code_analysis_options INTERFACE $<TARGET_OBJECTS:sanitizer_options>)
  endif()
endif()
option(CODE_ANALYSIS_COVERAGE "Count the lines that run (gcc; script/coverage)" OFF)
if(CODE_ANALYSIS_COVERAGE)
  target_compile_options(code_analysis_options INTERFACE --coverage -fprofile-abs-path -fprofile-update=atomic)
  target_link_options(code_analysis_options INTERFACE --coverage -Wl,--wrap=_Exit)
  add_library(coverage_exit OBJECT ${CMAKE_SOURCE_DIR}/tests/support/coverage_exit.c)
  target_link_libraries(code_analysis_options INTERFACE $<TARGET_OBJECTS:coverage_exit>)
endif()
configure_file(${CMAKE_SOURCE_DIR}/cmake/version.h.in ${CMAKE_BINARY_DIR}/generated/version.h @ONLY)

# ca_library(NAME LINK... [FOLDERS FOLDER...]): all *.cc of the folder, and of the named folders in it, as one library (main.cc
# and *_main.cc apart).
function(ca_library name)
  cmake_parse_arguments(PARSE_ARGV 1 library "" "" "FOLDERS")
  set(patterns ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  foreach(folder ${library_FOLDERS})
    list(APPEND patterns ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cc)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  list(FILTER sources EXCLUDE REGEX "main\\.cc$")
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC code_analysis_options ${library_UNPARSED_ARGUMENTS})
endfunction()

# ca_json(NAME): a library most of whose sources need nlohmann/json, which takes two seconds to read: it is read once.
function(ca_json name)
  target_precompile_headers(${name} PRIVATE <nlohmann/json.hpp>)
endfunction()

# ca_program(NAME SOURCE LINK...): a program in the build folder's root, installed in bin.
function(ca_program name source)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_BINDIR})
  set_property(GLOBAL APPEND PROPERTY CODE_ANALYSIS_PROGRAMS ${name})
endfunction()

# ca_builtin(NAME SOURCE LINK...): a program that the supervisor starts, in libexec/code-analysis.
function(ca_builtin name source)
  add_executable(builtin_${name} ${source})
  target_link_libraries(builtin_${name} PRIVATE ${ARGN})
  set_target_properties(builtin_${name} PROPERTIES OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/libexec/code-analysis)
  install(TARGETS builtin_${name} DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/code-analysis)
  set_property(GLOBAL APPEND PROPERTY CODE_ANALYSIS_PROGRAMS builtin_${name})
endfunction()

# ca_tests(NAME LINK...): all *_test.cc of the folder as one Catch2 program, registered as one CTest test.
function(ca_tests name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE test_main ${ARGN})
  target_compile_options(${name} PRIVATE -O0)  # the test code only: it compiles in half the time
  target_precompile_headers(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/catch.h)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
endfunction()
