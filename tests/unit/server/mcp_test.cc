#include "server/mcp/mcp.h"

#include <set>

#include "tests/support/catch.h"

using namespace ca;
using namespace ca::server;

namespace {

// Tools over a database that is not there: the protocol needs none.
struct Offline {
  Database database{{.name = "", .max_connections = 1, .connect_timeout = Milliseconds(100),
                     .statement_timeout = Milliseconds(100)}};
  ProjectList projects{database};
  TextSearch text{database};
  Tools tools{database, projects, text};
  Offline() { database.stop(); }

  Json ask(const char* message) {
    const auto answer = answer_message(tools, Json::parse(message));
    REQUIRE(answer);
    return *answer;
  }
  Response post(const std::string& body, const std::string& type = "application/json") {
    Request request;
    request.headers = {{"Content-Type", type}};
    request.body = body;
    return answer_mcp(tools, request);
  }
};

int code_of(const Json& answer) { return answer["error"]["code"].get<int>(); }

}  // namespace

TEST_CASE("initialize agrees on the client's revision where it is known, and else names the newest") {
  Offline offline;
  const auto known = offline.ask(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18"}})");
  CHECK(known["id"] == 1);
  CHECK(known["result"]["protocolVersion"] == "2025-06-18");
  CHECK(known["result"]["capabilities"].contains("tools"));
  CHECK(known["result"]["serverInfo"]["name"] == "code-analysis");
  const auto unknown = offline.ask(R"({"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"1999-01-01"}})");
  CHECK(unknown["id"] == "a");
  CHECK(unknown["result"]["protocolVersion"] == "2025-11-25");
}

TEST_CASE("ping is answered with an empty object") {
  Offline offline;
  CHECK(offline.ask(R"({"jsonrpc":"2.0","id":7,"method":"ping"})").dump() == R"({"jsonrpc":"2.0","id":7,"result":{}})");
}

TEST_CASE("every tool has a description and a closed schema whose required arguments exist") {
  Offline offline;
  const auto tools = offline.ask(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})")["result"]["tools"];
  std::set<std::string> names;
  for (const auto& tool : tools) {
    names.insert(tool["name"].get<std::string>());
    CHECK_FALSE(tool["description"].get<std::string>().empty());
    const auto& schema = tool["inputSchema"];
    CHECK(schema["type"] == "object");
    CHECK(schema["additionalProperties"] == false);
    for (const auto& required : schema.value("required", Json::array())) {
      CHECK(schema["properties"].contains(required.get<std::string>()));
    }
    CHECK(tool["annotations"]["readOnlyHint"] == true);
  }
  CHECK(names == std::set<std::string>{"search_code", "find_symbol", "symbol_info", "list_symbols", "find_references",
                                       "callers_of", "file_imports", "read_file", "list_files", "project_overview", "list_issues",
                                       "index_status"});
}

TEST_CASE("notifications and responses want no answer") {
  Offline offline;
  for (const auto* message : {R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
                              R"({"jsonrpc":"2.0","method":"no/such/notification"})",
                              R"({"jsonrpc":"2.0","id":1,"result":{}})"}) {
    CHECK_FALSE(answer_message(offline.tools, Json::parse(message)));
  }
  CHECK(offline.post(R"({"jsonrpc":"2.0","method":"notifications/initialized"})").status == 202);
}

TEST_CASE("what is no request of JSON-RPC 2.0 is an error with its code") {
  Offline offline;
  CHECK(code_of(offline.ask(R"({"id":1,"method":"ping"})")) == -32600);
  CHECK(code_of(offline.ask(R"({"jsonrpc":"1.0","id":1,"method":"ping"})")) == -32600);
  CHECK(code_of(offline.ask(R"({"jsonrpc":"2.0","id":1})")) == -32600);
  CHECK(code_of(offline.ask(R"({"jsonrpc":"2.0","id":null,"method":"ping"})")) == -32600);
  CHECK(code_of(offline.ask(R"({"jsonrpc":"2.0","id":{},"method":"ping"})")) == -32600);
  CHECK(code_of(offline.ask(R"({"jsonrpc":"2.0","id":1,"method":5})")) == -32600);
  CHECK(code_of(offline.ask(R"({"jsonrpc":"2.0","id":1,"method":"nope"})")) == -32601);
  CHECK(code_of(offline.ask(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[1]})")) == -32602);
}

TEST_CASE("a body that is no single JSON message is 400, another type 415, an unknown revision 400") {
  Offline offline;
  CHECK(offline.post("{").status == 400);
  CHECK(code_of(Json::parse(offline.post("{").body)) == -32700);
  CHECK(offline.post("[]").status == 400);
  CHECK(offline.post("{}", "text/plain").status == 415);
  CHECK(offline.post(R"({"jsonrpc":"2.0","id":1,"method":"ping"})", "application/json; charset=utf-8").status == 200);
  Request request;
  request.headers = {{"Content-Type", "application/json"}, {"mcp-protocol-version", "1.0"}};
  request.body = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  CHECK(answer_mcp(offline.tools, request).status == 400);
}

TEST_CASE("a body that nests deeper than 64 levels is 400 with a parse error, at any depth") {
  Offline offline;
  const auto repeated = [](const std::string& part, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += part;
    return text;
  };
  for (const std::size_t depth : {65, 20'000, 200'000}) {
    for (const std::string part : {"[", "{\"a\":"}) {
      const auto deep = repeated(part, depth);
      for (const auto& body : {deep, deep + "1" + repeated(part == "[" ? "]" : "}", depth),
                               R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":)" + deep}) {
        const auto answer = offline.post(body);
        CHECK(answer.status == 400);
        CHECK(code_of(Json::parse(answer.body)) == -32700);
      }
    }
  }
}

TEST_CASE("an unknown tool is an error of the protocol, a wrong argument a result that the model can read") {
  Offline offline;
  CHECK(code_of(offline.ask(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nope"}})")) == -32602);
  CHECK(code_of(offline.ask(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}})")) == -32602);
  const auto wrong = offline.ask(
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"find_symbol","arguments":{"nam":"x"}}})");
  CHECK(wrong["result"]["isError"] == true);
  CHECK(wrong["result"]["content"][0]["text"] == "there is no argument 'nam'; known are: name, project, kind, limit, offset");
}

TEST_CASE("arguments are checked by type and range before a tool sees them") {
  const auto error = [](Tool tool, const char* arguments) {
    const auto checked = check_arguments(tool, Json::parse(arguments));
    return checked ? "" : checked.error().message;
  };
  CHECK(error(Tool::find_symbol, R"({"name":"x","limit":5,"project":null})").empty());
  CHECK(error(Tool::find_symbol, "{}") == "the argument 'name' is missing");
  CHECK(error(Tool::find_symbol, R"({"name":""})") == "name must not be empty");
  CHECK(error(Tool::find_symbol, R"({"name":5})") == "name must be a string");
  CHECK(error(Tool::find_symbol, R"({"name":"a\u0000b"})") == "name must be text of at most 1000 bytes");
  CHECK(error(Tool::find_symbol, R"({"name":"x","limit":501})") == "limit must be an integer from 1 to 500");
  CHECK(error(Tool::find_symbol, R"({"name":"x","limit":1.5})") == "limit must be an integer from 1 to 500");
  CHECK(error(Tool::search_code, R"({"query":"x","case_sensitive":"yes"})") == "case_sensitive must be true or false");
  CHECK_FALSE(error(Tool::symbol_info, R"({"id":18446744073709551615})").empty());
  CHECK(error(Tool::list_issues, R"({"severity":"bad"})") == "severity must be one of: error, warning, info");
  CHECK(error(Tool::index_status, R"({"x":1})") == "there is no argument 'x': this tool takes none");
  CHECK(error(Tool::index_status, "[]") == "arguments must be an object");
}

TEST_CASE("a database that is away is told to the model") {
  Offline offline;
  const auto answer = offline.ask(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"index_status"}})");
  CHECK(answer["result"]["isError"] == true);
}

TEST_CASE("every tool says what its structured content looks like") {
  const auto tools = tool_list();
  for (const auto& tool : tools) {
    CAPTURE(tool["name"]);
    const auto& schema = tool["outputSchema"];
    CHECK(schema["type"] == "object");
    for (const auto& required : schema["required"]) CHECK(schema["properties"].contains(required.get<std::string>()));
  }
}
