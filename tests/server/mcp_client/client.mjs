// Drives the server by the official SDK's client: every tool is called and the meaning of its answer checked. The client itself
// checks each structured content against the tool's outputSchema. Which transport, and where, stands in the environment.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import process from "node:process";

const require = createRequire(`${process.env.SDK}/package.json`);
const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
const { StdioClientTransport } = require("@modelcontextprotocol/sdk/client/stdio.js");
const { LATEST_PROTOCOL_VERSION } = require("@modelcontextprotocol/sdk/types.js");

function transport() {
  if (process.env.TRANSPORT === "http") return new StreamableHTTPClientTransport(new URL(process.env.URL));
  return new StdioClientTransport({ command: process.env.CTL, args: ["--runtime-dir", process.env.RUNTIME_DIR, "mcp"] });
}

const client = new Client({ name: "test", version: "1.0.0" });
await client.connect(transport());

async function call(name, args) {
  const answer = await client.callTool(args === undefined ? { name } : { name, arguments: args });
  assert.notEqual(answer.isError, true, JSON.stringify(answer));
  assert.equal(answer.content.length, 1);
  assert.equal(answer.content[0].type, "text");
  assert.ok(answer.content[0].text.length > 0);
  return answer.structuredContent;
}

async function refused(name, args) {
  const answer = await client.callTool({ name, arguments: args });
  assert.equal(answer.isError, true, JSON.stringify(answer));
  return answer.content[0].text;
}

async function checkBeginning() {
  assert.equal(LATEST_PROTOCOL_VERSION, "2025-11-25");
  assert.equal(client.getServerVersion().name, "code-analysis");
  assert.match(client.getInstructions(), /project_overview/);
  assert.ok(client.getServerCapabilities().tools);
  assert.equal(client.getServerCapabilities().resources, undefined);
  if (process.env.TRANSPORT === "http") {
    assert.equal(client.transport.protocolVersion, "2025-11-25");
    assert.equal(client.transport.sessionId, undefined);
  }
  await client.ping();
}

async function checkTools() {
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name).sort(), ["callers_of", "file_imports", "find_references", "find_symbol", "index_status", "list_files",
    "list_issues", "list_symbols", "project_overview", "read_file", "search_code", "symbol_info"]);
  for (const tool of tools) {
    assert.equal(tool.annotations.readOnlyHint, true);
    assert.equal(tool.annotations.destructiveHint, false);
    assert.ok(tool.title && tool.description.length > 40, tool.name);
    assert.equal(tool.outputSchema.type, "object");
    assert.equal(tool.inputSchema.additionalProperties, false);
  }
}

async function checkWithoutArguments() {
  assert.equal((await call("index_status")).current, true);
  assert.deepEqual((await call("project_overview")).projects.map((project) => project.name), ["demo", "other"]);
  assert.ok((await call("list_files")).results.some((file) => file.path === "app/hello.py"));
  assert.equal((await call("list_issues")).results[0].rule, "no-docstring");
}

async function checkSymbols() {
  const [greet] = (await call("find_symbol", { name: "greet" })).results;
  assert.equal(greet.match, "exact");
  assert.equal(greet.start_line, 3);
  const about = await call("symbol_info", { id: greet.id });
  assert.equal(about.source, "def greet(name):\n    return os.path.join('Hello', name)\n");
  assert.deepEqual((await call("list_symbols", { path: "app/hello.py" })).results.map((symbol) => symbol.name), ["greet", "main"]);
  assert.deepEqual((await call("find_references", { name: "greet", kind: "call" })).results.map((use) => use.line), [7, 8]);
  const callers = (await call("callers_of", { name: "greet" })).results;
  assert.deepEqual(callers.map((caller) => [caller.qualified_name, caller.call_lines]), [["app.hello.main", "7,8"]]);
}

async function checkImports() {
  const hello = await call("file_imports", { path: "app/hello.py", project: "demo" });
  assert.deepEqual(hello.imports, [{ line: 1, target: "os", name: null, resolution: "foreign", path: null }]);
  assert.deepEqual(hello.imported_by, [{ path: "gone.py", line: 1 }]);
}

async function checkText() {
  const file = await call("read_file", { path: "app/hello.py", project: "demo", start_line: 3, end_line: 3 });
  assert.equal(file.text, "def greet(name):\n");
  assert.equal(file.line_count, 8);
  const found = await call("search_code", { query: "join(", path: "app/", project: "demo" });
  assert.deepEqual(found.results.map((hit) => [hit.path, hit.line]), [["app/hello.py", 4]]);
  assert.equal(found.complete, true);
}

async function checkPages() {
  const seen = [];
  for (let offset = 0; offset !== null;) {
    const page = await call("list_files", { project: "demo", limit: 2, offset });
    seen.push(...page.results.map((file) => file.path));
    offset = page.next_offset;
  }
  assert.deepEqual(seen, ["app/hello.py", "gone.py", "link.py", "notes.txt"]);
}

async function checkWrong() {
  assert.match(await refused("find_symbol", {}), /'name' is missing/);
  assert.match(await refused("find_symbol", { name: "x", limit: 9999 }), /limit must be an integer from 1 to 500/);
  assert.match(await refused("list_issues", { severity: "bad" }), /error, warning, info/);
  assert.match(await refused("index_status", { verbose: true }), /takes none/);
  assert.match(await refused("read_file", { path: "../outside" }), /not in the index/);
  await assert.rejects(client.callTool({ name: "no_such_tool" }), (error) => error.code === -32602 && /no_such_tool/.test(error.message));
  await assert.rejects(client.listResources(), /./);
}

async function checkCancellation() {
  const stop = new AbortController();
  const running = client.callTool({ name: "search_code", arguments: { query: "greet" } }, undefined, { signal: stop.signal });
  stop.abort("no longer wanted");
  await assert.rejects(running);
  await client.ping();  // the connection goes on
  const many = await Promise.all(Array.from({ length: 20 }, (_, id) => call("find_symbol", { name: id % 2 ? "greet" : "main" })));
  many.forEach((answer, id) => assert.equal(answer.results[0].name, id % 2 ? "greet" : "main"));
}

for (const check of [checkBeginning, checkTools, checkWithoutArguments, checkSymbols, checkImports, checkText, checkPages, checkWrong, checkCancellation]) {
  await check();
  console.log(`${check.name}: done`);
}
await client.close();
console.log("all checks passed");
