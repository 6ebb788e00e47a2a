"use strict";

const byId = (id) => document.getElementById(id);

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

async function getJson(path, options) {
  const response = await fetch(path, options);
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail || response.statusText);
  return body;
}

function durationText(ms) {
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${s % 60}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}h ${Math.floor(s / 60) % 60}m`;
  return `${Math.floor(s / 86400)}d ${Math.floor(s / 3600) % 24}h`;
}

const mebibytes = (bytes) => `${(bytes / 1048576).toFixed(bytes < 10485760 ? 1 : 0)} MiB`;
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

// --- process tree: asked every two seconds, only while the page can be seen ---

const tierNames = ["Tier 0: PostgreSQL", "Tier 1: driver", "Tier 2: workers", "Tier 3: server"];
const poll = { timer: 0, everyMs: 2000, round: 0 };

function stateClass(state) {
  if (state === "ready" || state === "running") return "good";
  if (state === "failed") return "bad";
  return state === "stopped" ? "quiet" : "wait";
}

function lastExitText(lastExit) {
  if (!lastExit) return "";
  return lastExit.signal ? `last ended by ${lastExit.signal}` : `last ended with code ${lastExit.code}`;
}

function processItem(process) {
  const item = element("li");
  const row = element("div", `process ${stateClass(process.state)}`);
  const alive = process.pid !== null;
  row.append(
    element("span", "label", process.name),
    element("span", "", process.state),
    element("span", "number", alive ? String(process.pid) : ""),
    element("span", "number", alive ? durationText(process.uptime_ms) : ""),
    element("span", "number", alive ? mebibytes(process.rss_bytes) : ""));
  row.title = alive ? `pid ${process.pid}, up ${durationText(process.uptime_ms)}` : "not running";
  item.append(row);
  const restarts = process.restarts > 0 ? plural(process.restarts, "restart") : "";
  const notes = [process.status_text, restarts, lastExitText(process.last_exit), ...(process.listen || [])];
  const note = notes.filter(Boolean).join(" · ");
  if (note) item.append(element("div", "note", note));
  return item;
}

function showTree(status) {
  const root = element("ul");
  for (const [tier, title] of tierNames.entries()) {
    const processes = status.processes.filter((process) => process.tier === tier);
    if (processes.length === 0) continue;
    const item = element("li");
    const list = element("ul");
    list.append(...processes.map(processItem));
    item.append(element("div", "tier", title), list);
    root.append(item);
  }
  byId("tree").replaceChildren(root);
}

function showState(text, className) {
  const state = byId("state");
  state.textContent = text;
  state.className = `pill ${className}`;
}

function showSupervisor(supervisor) {
  const degraded = supervisor.degraded || [];
  if (degraded.length > 0) showState(`degraded: ${degraded.join(", ")}`, "bad");
  else showState(supervisor.state, stateClass(supervisor.state));
  byId("supervisor").textContent =
    `${supervisor.version} · pid ${supervisor.pid} · up ${durationText(supervisor.uptime_ms)}`;
}

async function showStatus() {
  try {
    const status = await getJson("api/v1/status", { signal: AbortSignal.timeout(5000) });
    showSupervisor(status.supervisor);
    showTree(status);
  } catch (error) {
    showState("unreachable", "bad");
    byId("supervisor").textContent = error.message;
  }
}

// --- projects ---

function projectItem(project) {
  const item = element("li");
  const title = element("div");
  title.append(element("strong", "", project.name));
  const counts = [plural(project.files, "file"), plural(project.symbols, "symbol")];
  if (project.pending > 0) counts.push(`${project.pending.toLocaleString("en")} to index`);
  if (project.dead > 0) counts.push(`${project.dead.toLocaleString("en")} given up`);
  title.append(element("span", "quiet", `  ${counts.join(" · ")}`));
  item.append(title, element("div", "path", project.path));
  if (project.pending > 0) {
    const bar = element("progress");
    bar.max = project.files;
    bar.value = project.files - project.pending;
    bar.setAttribute("aria-label", `${project.name}: indexed files`);
    item.append(bar);
  }
  return item;
}

async function showProjects() {
  const list = byId("projects");
  try {
    const { results } = await getJson("api/v1/projects", { signal: AbortSignal.timeout(10000) });
    if (results.length === 0) list.replaceChildren(element("li", "quiet", "None yet"));
    else list.replaceChildren(...results.map(projectItem));
  } catch (error) {
    list.replaceChildren(element("li", "bad", error.message));
  }
}

async function refresh() {
  clearTimeout(poll.timer);
  if (document.hidden) return;
  const isProjectsTurn = poll.round % 5 === 0;
  poll.round += 1;
  await Promise.all([showStatus(), isProjectsTurn ? showProjects() : null]);
  clearTimeout(poll.timer);
  if (!document.hidden) poll.timer = setTimeout(refresh, poll.everyMs);
}

document.addEventListener("visibilitychange", refresh);

// --- search: as you type, the last one wins ---

const search = { timer: 0, running: null, next: null, shown: 0 };

function markedName(name, query) {
  const made = element("span", "name");
  const at = name.toLowerCase().lastIndexOf(query.toLowerCase());
  if (at < 0) {
    made.textContent = name;
    return made;
  }
  made.append(name.slice(0, at), element("mark", "", name.slice(at, at + query.length)), name.slice(at + query.length));
  return made;
}

async function showDetails(hit, details) {
  if (details.dataset.filled || !details.open || hit.type !== "symbol") return;
  details.dataset.filled = "yes";
  try {
    const name = encodeURIComponent(hit.qualified_name);
    const { results } = await getJson(`api/v1/symbols?limit=500&name=${name}`);
    const symbol = results.find((candidate) => candidate.id === hit.id);
    if (symbol && symbol.docstring) details.append(element("div", "doc", symbol.docstring));
  } catch (error) {
    delete details.dataset.filled;
  }
}

function resultItem(hit, query) {
  const item = element("li");
  const details = element("details");
  const summary = element("summary");
  const lines = hit.type === "symbol" ? `:${hit.start_line}` : "";
  const shownName = hit.type === "symbol" ? hit.qualified_name || hit.name : hit.name;
  summary.append(
    element("span", "kind", hit.kind),
    markedName(shownName, query),
    element("span", "place", `${hit.project}  ${hit.path}${lines}`));
  details.append(summary);
  if (hit.signature) details.append(element("div", "signature", hit.signature));
  details.addEventListener("toggle", () => showDetails(hit, details));
  item.append(details);
  return item;
}

function clearResults(text) {
  byId("results").replaceChildren();
  byId("summary").textContent = text;
  byId("more").hidden = true;
}

function showResults(query, answer) {
  const items = answer.results.map((hit) => resultItem(hit, query));
  if (answer.offset === 0) byId("results").replaceChildren(...items);
  else byId("results").append(...items);
  search.shown = answer.offset + items.length;
  search.next = answer.next_offset;
  const more = search.next !== null;
  byId("summary").textContent = search.shown === 0 ? "Nothing found"
    : more ? `The first ${search.shown} results` : plural(search.shown, "result");
  byId("more").hidden = !more;
}

async function runSearch(offset) {
  const query = byId("query").value.trim();
  history.replaceState(null, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
  if (search.running) search.running.abort();
  if (!query) return clearResults("");
  const running = new AbortController();
  search.running = running;
  try {
    const path = `api/v1/search?q=${encodeURIComponent(query)}&offset=${offset}`;
    showResults(query, await getJson(path, { signal: running.signal }));
  } catch (error) {
    if (error.name !== "AbortError") clearResults(error.message);
  }
}

byId("query").addEventListener("input", () => {
  clearTimeout(search.timer);
  search.timer = setTimeout(() => runSearch(0), 150);
});
byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(search.timer);
  runSearch(0);
});
byId("more").addEventListener("click", () => runSearch(search.next));

document.addEventListener("keydown", (event) => {
  const query = byId("query");
  if (event.key === "/" && document.activeElement !== query && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    query.focus();
    query.select();
  } else if (event.key === "Escape" && document.activeElement === query) {
    query.value = "";
    runSearch(0);
    query.blur();
  }
});

byId("query").value = new URLSearchParams(location.search).get("q") || "";
if (byId("query").value) runSearch(0);
refresh();
