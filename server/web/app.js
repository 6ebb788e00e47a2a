// Ties the page together: views by address, the search box, keys, and what is told about the state of the tree.
import { byId, clock, h, number, setClass, setText } from "./dom.js";
import { focusFirstRow, moveInRows } from "./list_keys.js";
import { begin, listen, live } from "./live.js";
import { go, link, parse, replace } from "./router.js";
import * as file from "./file.js";
import * as files from "./files.js";
import * as issues from "./issues.js";
import * as overview from "./overview.js";
import * as search from "./search.js";

const views = { overview, search, file, files, issues };
const searchDelayMs = 120;

const shown = { name: "", view: null, beforeSearch: "#/" };
let searchTimer = 0;
let prefix = "";  // "g" was pressed

// --- views ---

function markNavigation(name, params) {
  const current = name === "files" && params.status === "dead" ? "dead" : name;
  for (const anchor of document.querySelectorAll("nav a[data-view]")) {
    if (anchor.dataset.view === current) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
}

function show() {
  const { view: wanted, params } = parse(location.hash);
  const name = views[wanted] ? wanted : "overview";
  const query = byId("query");
  if (name === "search") {
    if (document.activeElement !== query) query.value = params.q || "";
  } else {
    shown.beforeSearch = location.hash || "#/";
    if (document.activeElement !== query) query.value = "";
  }
  markNavigation(name, params);
  if (shown.name === name && shown.view.update) {
    shown.view.update(params);
  } else {
    if (shown.view && shown.view.close) shown.view.close();
    const container = h("div", { class: `view ${name}` });
    byId("view").replaceChildren(container);
    window.scrollTo(0, 0);
    shown.view = views[name].open(container, params);
    shown.name = name;
  }
  document.title = `${shown.view.title(params)} · code-analysis`;
}

// --- search box ---

function runSearch() {
  clearTimeout(searchTimer);
  const q = byId("query").value.trim();
  if (!q) return shown.name === "search" && replace(shown.beforeSearch);
  const { view, params } = parse(location.hash);
  const target = link("search", { ...(view === "search" ? params : {}), q });
  if (view === "search") replace(target);
  else go(target);
}

byId("query").addEventListener("input", () => {
  clearTimeout(searchTimer);
  searchTimer = setTimeout(runSearch, searchDelayMs);
});
byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  runSearch();
  if (shown.name === "search") shown.view.openFirst();
});

function leaveSearch() {
  const query = byId("query");
  clearTimeout(searchTimer);
  query.value = "";
  query.blur();
  if (shown.name === "search") replace(shown.beforeSearch);
}

// --- keys ---

function focusSearch() {
  byId("query").focus();
  byId("query").select();
}

const isTyping = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;

const plainKeys = {
  "/": focusSearch,
  "?": () => byId("help").showModal(),
  t: () => window.nextTheme(),
  n: () => shown.view.nextIssue && shown.view.nextIssue(1),
  p: () => shown.view.nextIssue && shown.view.nextIssue(-1),
};
const goKeys = { o: "#/", i: "#/issues", f: "#/files", d: "#/files?status=dead" };

function onSearchKey(event) {
  if (event.key === "ArrowDown") {
    event.preventDefault();
    focusFirstRow();
  } else if (event.key === "Escape") {
    event.preventDefault();
    leaveSearch();
  }
}

function onPlainKey(event) {
  if (moveInRows(event, focusSearch)) return;
  if (event.key === "Escape") {
    if (shown.name === "search") focusSearch();
    else if (document.activeElement) document.activeElement.blur();
    return;
  }
  const action = prefix === "g" && goKeys[event.key] ? () => go(goKeys[event.key]) : plainKeys[event.key];
  prefix = event.key === "g" ? "g" : "";
  if (!action) return;
  event.preventDefault();
  action();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.target === byId("query")) onSearchKey(event);
  else if (!isTyping(event.target)) onPlainKey(event);
});

byId("theme").addEventListener("click", () => window.nextTheme());
byId("help-open").addEventListener("click", () => byId("help").showModal());
byId("help-close").addEventListener("click", () => byId("help").close());
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("view").focus();
});

// --- state of the tree, on every view ---

function showState() {
  const { trouble, status } = live;
  const state = byId("state");
  const degraded = status ? status.supervisor.degraded || [] : [];
  let text = status ? status.supervisor.state : "connecting";
  let look = text === "running" ? "good" : "wait";
  if (degraded.length > 0) [text, look] = ["degraded", "bad"];
  if (trouble.database) [text, look] = ["no database", "bad"];
  if (trouble.supervisor) [text, look] = ["no supervisor", "bad"];
  if (trouble.server) [text, look] = ["no answer", "bad"];
  setText(state, text);
  setClass(state, `pill ${look}`);
  state.title = degraded.join(", ");
}

function showTrouble() {
  const { trouble } = live;
  const since = live.lastAnswer ? ` The last answer came at ${clock(live.lastAnswer)}.` : "";
  let text = "";
  if (trouble.server) text = `${trouble.server}${since} Trying again every two seconds.`;
  else if (trouble.supervisor && trouble.database) text = "Supervisor and database cannot be reached. Trying again.";
  else if (trouble.supervisor) text = "The supervisor cannot be reached: processes and events are as they were last seen. Trying again.";
  else if (trouble.database) text = "The database cannot be reached: projects, search and issues wait for it. Trying again.";
  const banner = byId("banner");
  setText(banner, text);
  banner.hidden = text === "";
  document.body.classList.toggle("stale-tree", Boolean(trouble.server || trouble.supervisor));
  document.body.classList.toggle("stale-index", Boolean(trouble.server || trouble.database));
}

listen((what) => {
  showState();
  if (what === "trouble") showTrouble();
  if (what === "projects") {
    const dead = live.projects.reduce((sum, project) => sum + project.dead, 0);
    setText(byId("dead-count"), dead ? number(dead) : "");
    byId("dead-count").hidden = dead === 0;
  }
});

window.addEventListener("hashchange", show);
show();
begin();
