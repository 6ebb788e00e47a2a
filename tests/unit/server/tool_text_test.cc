#include "server/mcp/tool_text.h"

#include "tests/support/catch.h"

using namespace ca;
using namespace ca::server;

namespace {

std::string text(Tool tool, const char* content) { return tool_text(tool, Json::parse(content)); }

}  // namespace

TEST_CASE("a symbol is a line with place, kind, name, signature and id") {
  CHECK(text(Tool::find_symbol, R"J({"results":[{"id":7,"qualified_name":"a::f","kind":"function","is_definition":true,
        "project":"p","path":"a.cc","start_line":3,"signature":"int f(int a,\n      int b)"},{"id":8,"qualified_name":"a::g",
        "kind":"function","is_definition":false,"project":"p","path":"a.h","start_line":4,"signature":""}],"next_offset":2})J") ==
        "p/a.cc:3 function a::f  int f(int a, int b)  [id 7]\n"
        "p/a.h:4 function (declared) a::g  [id 8]\n"
        "symbol_info with an id gives source text and members.\n"
        "There are more: ask again with offset=2.\n");
}

TEST_CASE("where nothing was found, the text says what to try") {
  const auto nothing = [](Tool tool) { return text(tool, R"({"results":[],"next_offset":null})"); };
  CHECK(nothing(Tool::find_symbol) == "No symbol has this in its name. Try a shorter part of the name, or search_code for text.\n");
  CHECK(nothing(Tool::callers_of) == "No call of this name is known. find_references also shows uses that are no calls.\n");
  CHECK(nothing(Tool::list_issues) == "No such issues.\n");
}

TEST_CASE("a search that was cut short says so") {
  CHECK(text(Tool::search_code, R"({"results":[{"project":"p","path":"a","line":2,"text":"  x"}],"complete":false})") ==
        "p/a:2: x\nNot all files were looked at: narrow it down by project, path or language, or raise limit.\n");
}

TEST_CASE("a file that goes on says with which line") {
  CHECK(text(Tool::read_file, R"({"text":"a\nb\n","start_line":1,"end_line":2,"line_count":5})") ==
        "a\nb\n\nLines 1 to 2 of 5: go on with start_line=3.\n");
  CHECK(text(Tool::read_file, R"({"text":"a\n","start_line":1,"end_line":1,"line_count":1})") == "a\n");
}

TEST_CASE("a long line is cut between two characters") {
  std::string message(199, 'a');
  message += "\xC3\xA9 and more";
  const Json content{{"results", {{{"project", "p"}, {"path", "f"}, {"line", 1}, {"text", message}}}}, {"complete", true}};
  CHECK(tool_text(Tool::search_code, content) == "p/f:1: " + std::string(199, 'a') + "…\n");
}

TEST_CASE("an overview names languages and kinds, a status only the counts") {
  const char* overview = R"({"projects":[{"name":"p","path":"/src","files":3,"indexed":2,"pending":1,"skipped":0,"dead":0,"symbols":9,
      "errors":0,"warnings":4,"infos":1,"languages":[{"language":"c","files":2,"lines":30},{"language":"other","files":1,"lines":0}],
      "kinds":{"function":7,"macro":2}}]})";
  CHECK(text(Tool::project_overview, overview) ==
        "p (/src): 3 files, 2 indexed, 1 pending, 0 skipped, 0 dead; 9 symbols; 0 errors, 4 warnings, 1 infos\n"
        "  languages: c: 2 files, 30 lines; other: 1 files, 0 lines\n"
        "  symbols: function 7, macro 2\n");
  CHECK(text(Tool::index_status, R"({"current":true,"waiting":0,"projects":[]})") ==
        "The index is current.\nNo project is configured.\n");
}

TEST_CASE("imports say where they lead, and a list that was cut how many there are") {
  CHECK(text(Tool::file_imports, R"({"project":"p","path":"a.go","imports":[
        {"line":1,"target":"m/x","name":null,"resolution":"folder","path":"x"},
        {"line":2,"target":".b","name":"f","resolution":"file","path":"b.py"},
        {"line":3,"target":"./c.h","name":null,"resolution":"missing","path":null},
        {"line":4,"target":"fmt","name":null,"resolution":"foreign","path":null},
        {"line":5,"target":"late","name":null,"resolution":null,"path":null}],"imports_total":5,
        "imported_by":[{"path":"d.go","line":7}],"imported_by_total":900})") ==
        "p/a.go imports: 5\n"
        "line 1: m/x -> p/x (a folder)\n"
        "line 2: .b f -> p/b.py\n"
        "line 3: ./c.h -> missing: the project's own by the way it is written, and not there\n"
        "line 4: fmt\n"
        "line 5: late (not looked at yet)\n"
        "p/a.go is imported by: 900, the first 1 are\n"
        "p/d.go:7\n");
}
