// Search as you type: symbols and files by name on one side, lines of text on the other.
import { get, isAbort } from "./api.js";
import { byId, h, marked, plural, replaceRows, select, setText } from "./dom.js";
import { projectOptions } from "./issues.js";
import { fileLink, go, link, replace } from "./router.js";

const retryMs = 2000;
const textLimit = 100;
const nameLimit = 40;

function nameHit(hit, query) {
  const isFile = hit.type === "file";
  const name = isFile ? hit.path : hit.qualified_name || hit.name;
  const place = isFile ? hit.project : `${hit.project}  ${hit.path}:${hit.start_line}`;
  return h("li", {}, h("a", {
    class: "row-link hit",
    href: isFile ? fileLink(hit.project, hit.path) : fileLink(hit.project, hit.path, hit.start_line, hit.name),
  },
  h("span", { class: "kind" }, hit.is_definition ? hit.kind : `${hit.kind} (declared)`), " ",
  h("span", { class: "name" }, marked(name, query)), " ",
  hit.signature ? h("span", { class: "signature" }, hit.signature) : null, " ",
  h("span", { class: "place" }, place)));
}

// Lines of one file stand under its name.
function textHits(results, query) {
  const groups = [];
  for (const hit of results) {
    const last = groups.at(-1);
    if (last && last.path === hit.path && last.project === hit.project) last.lines.push(hit);
    else groups.push({ project: hit.project, path: hit.path, lines: [hit] });
  }
  return groups.map((group) => h("li", { class: "group" },
    h("span", { class: "place" }, `${group.project}  ${group.path}`),
    h("ul", {}, group.lines.map((hit) => h("li", {}, h("a", { class: "row-link line-hit", href: fileLink(hit.project, hit.path, hit.line) },
      h("span", { class: "no" }, hit.line), " ", h("span", { class: "text" }, marked(hit.text.trimStart(), query))))))));
}

// One kind of search: asks for the newest query only. `abortable`: a newer query ends the one that runs; else it waits for
// it, since the server would go on with it anyway.
function searcher(abortable, ask, showAnswer, showError) {
  let running = null;
  let waiting = null;
  let timer = 0;

  async function run(params) {
    clearTimeout(timer);
    if (running && !abortable) {
      waiting = params;
      return;
    }
    if (running) running.abort();
    const own = new AbortController();
    running = own;
    try {
      const answer = await ask(params, own.signal);
      if (!own.signal.aborted && !waiting) showAnswer(answer, params);
    } catch (error) {
      if (isAbort(error) || own.signal.aborted) return;
      showError(error);
      if (error.isAway && !waiting) timer = setTimeout(() => run(params), retryMs);
    } finally {
      if (running === own) running = null;
    }
    if (waiting && !running) {
      const next = waiting;
      waiting = null;
      run(next);
    }
  }

  function close() {
    clearTimeout(timer);
    waiting = null;
    if (running) running.abort();
  }
  return { run, close };
}

function panel(id, title) {
  const summary = h("span", { class: "aside", role: "status" });
  const list = h("ul", { class: "hits" });
  const node = h("section", { class: `card ${id}`, "aria-labelledby": id }, h("h2", { id }, title, summary), list);
  return { summary, list, node };
}

export function open(container, first) {
  let params = first;
  const names = panel("names", "Symbols and files");
  const text = panel("text", "Text");
  const projectField = h("div", { class: "filters" });
  container.append(projectField, names.node, text.node);

  const fail = (part) => (error) => setText(part.summary, error.isAway ? `${error.message} – trying again` : error.message);
  const nameSearch = searcher(true,
    ({ q, project }, signal) => get("search", { q, project, limit: nameLimit }, signal),
    (answer, { q }) => {
      replaceRows(names.list, answer.results.map((hit) => nameHit(hit, q)), byId("query"));
      const count = answer.results.length;
      setText(names.summary, count === 0 ? "nothing found" : answer.next_offset === null ? plural(count, "result") : `the best ${count}`);
    }, fail(names));
  const textSearch = searcher(false,
    ({ q, project }, signal) => get("search/text", { q, project, limit: textLimit }, signal),
    (answer, { q }) => {
      replaceRows(text.list, textHits(answer.results, q), byId("query"));
      const count = answer.results.length;
      setText(text.summary, count === 0 ? (answer.complete ? "nothing found" : "nothing found in time")
        : answer.complete ? plural(count, "line") : `the first ${plural(count, "line")}`);
    }, fail(text));

  function run(wanted) {
    params = wanted;
    const q = (params.q || "").trim();
    projectField.replaceChildren(select("Project", "project", projectOptions(), params.project || "",
      (event) => replace(link("search", { ...params, project: event.target.value }))));
    if (!q) return;
    nameSearch.run({ ...params, q });
    // One letter is in nearly every line of every file.
    if (q.length >= 2) textSearch.run({ ...params, q });
    else {
      text.list.replaceChildren();
      setText(text.summary, "from two letters on");
    }
  }

  run(first);
  return {
    title: ({ q }) => `“${q || ""}”`,
    update: run,
    openFirst() {
      const hit = container.querySelector(".row-link");
      if (hit && params.q) go(hit.getAttribute("href"));
    },
    close() {
      nameSearch.close();
      textSearch.close();
    },
  };
}
