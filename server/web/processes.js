// The process tree as a table, tier by tier. Rows are kept, so that only what changed is written.
import { bytes, clock, duration, exitText, h, keyed, number, setClass, setText } from "./dom.js";

const tierNames = ["PostgreSQL", "Driver", "Workers", "Server"];
const columns = [["process", "Process"], ["state", "State"], ["pid", "Pid"], ["uptime", "Uptime"], ["restarts", "Restarts"],
  ["exit", "Last exit"], ["memory", "Memory"], ["cpu", "CPU time"]];
const numeric = new Set(["pid", "uptime", "restarts", "memory", "cpu"]);

export function stateLook(state) {
  if (state === "ready" || state === "running") return "good";
  if (state === "failed" || state === "backoff") return "bad";
  return state === "stopped" ? "idle" : "wait";
}

function cell(row, name) {
  return row.querySelector(`.c-${name}`);
}

function makeRow(process) {
  const row = h("tr", {}, h("th", { scope: "row", class: "c-process" }, h("span", { class: "dot" }), h("span", { class: "name" }, process.name), " ",
    h("span", { class: "note" })));
  for (const [name] of columns.slice(1)) row.append(h("td", { class: `c-${name}${numeric.has(name) ? " num" : ""}` }));
  return row;
}

// One line for what the columns leave out on a narrow screen.
function narrowNote(process) {
  const parts = [];
  if (process.restarts) parts.push(`${number(process.restarts)} restarts`);
  if (process.last_exit) parts.push(`last exit ${exitText(process.last_exit)}`);
  if (process.pid !== null) parts.push(bytes(process.rss_bytes));
  return parts.join(" · ");
}

function updateRow(row, process) {
  const isAlive = process.pid !== null;
  setClass(row, stateLook(process.state));
  setText(cell(row, "state"), process.state);
  setText(cell(row, "pid"), isAlive ? process.pid : "–");
  setText(cell(row, "uptime"), isAlive ? duration(process.uptime_ms) : "–");
  setText(cell(row, "restarts"), number(process.restarts));
  cell(row, "restarts").classList.toggle("zero", !process.restarts);
  const exit = cell(row, "exit");
  setText(exit, process.last_exit ? exitText(process.last_exit) : "–");
  exit.title = process.last_exit && process.last_exit.at ? `at ${clock(process.last_exit.at)}` : "";
  setText(cell(row, "memory"), isAlive ? bytes(process.rss_bytes) : "–");
  setText(cell(row, "cpu"), isAlive ? `${(process.cpu_ms / 1000).toFixed(1)}s` : "–");
  const note = row.querySelector(".note");
  const said = [process.status_text, ...(process.listen || [])].filter(Boolean).join(" · ");
  setText(note, said);
  note.dataset.narrow = narrowNote(process);
}

function makeTier(tier) {
  return h("tbody", {}, h("tr", { class: "tier", "data-key": "tier" },
    h("th", { scope: "rowgroup", colspan: columns.length }, `Tier ${tier} `, h("span", {}, tierNames[tier] || ""))));
}

export function processTree() {
  const table = h("table", { class: "processes" }, h("thead", {}, h("tr", {}, columns.map(([name, title]) =>
    h("th", { scope: "col", class: `c-${name}${numeric.has(name) ? " num" : ""}` }, title)))));
  const note = h("span", { class: "aside" });
  const waiting = h("p", { class: "empty" }, "Waiting for the supervisor…");
  const node = h("div", {}, waiting);
  const head = table.querySelector("thead");
  head.dataset.key = "head";

  function updateTier(body, { tier, processes }) {
    keyed(body, [{ name: "tier" }, ...processes], (process) => process.name, makeRow, (row, process) => {
      if (process.name !== "tier" || process.state) updateRow(row, process);
    });
    body.dataset.tier = tier;
  }

  function update(status) {
    const tiers = [...new Set(status.processes.map((process) => process.tier))].sort((a, b) => a - b);
    const groups = tiers.map((tier) => ({ tier, processes: status.processes.filter((process) => process.tier === tier) }));
    keyed(table, [{ tier: "head" }, ...groups], (group) => group.tier, (group) => makeTier(group.tier), (child, group) => {
      if (group.processes) updateTier(child, group);
    });
    if (waiting.isConnected) node.replaceChildren(table);
    const { supervisor } = status;
    setText(note, `supervisor ${supervisor.version} · pid ${supervisor.pid} · up ${duration(supervisor.uptime_ms)}`);
  }
  return { node, note, update };
}
