// One file: its text by lines, its symbols as an outline, its issues at their lines, what it imports and what imports it, and the
// uses of a chosen name.
import { get, isAbort } from "./api.js";
import { bytes, clock, empty, h, plural, setText } from "./dom.js";
import { highlighter } from "./highlight.js";
import { importCards } from "./imports.js";
import { severityMark } from "./issues.js";
import { fileLink } from "./router.js";

const linesAtOnce = 2000;
const before = 200;       // lines shown before the one that was asked for
const blockLines = 100;   // drawn together, and only while they can be seen
const longestLine = 4000; // characters of a line that are shown
const retryMs = 2000;

const isSame = (a, b) => a.project === b.project && a.path === b.path;

function lineNode(state, number, nodes, issues) {
  const { project, path } = state.file;
  const worst = ["error", "warning", "info"].find((severity) => issues.some((issue) => issue.severity === severity));
  return [
    h("div", { class: `line${worst ? ` has-${worst}` : ""}`, id: `L${number}` },
      h("a", { class: "no", href: fileLink(project, path, number), "aria-label": `Line ${number}` }, number), " ", h("code", {}, nodes)),
    issues.map((issue) => h("div", { class: `issue ${issue.severity}`, role: "note" }, severityMark(issue.severity), " ",
      h("span", {}, issue.message), " ", h("span", { class: "rule" }, issue.rule))),
  ];
}

function drawLines(state, answer) {
  const highlight = highlighter(answer.language);
  const lines = answer.text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const blocks = [];
  let block = null;
  for (const [index, line] of lines.entries()) {
    const number = answer.start_line + index;
    if (index % blockLines === 0) blocks.push(block = h("div", { class: "block" }));
    const text = line.replace(/\r$/, "");
    const nodes = highlight(text.slice(0, longestLine));
    if (text.length > longestLine) nodes.push(h("span", { class: "quiet" }, ` … ${plural(text.length - longestLine, "character")} more`));
    block.append(...lineNode(state, number, nodes, state.issuesAt.get(number) || []).flat());
  }
  return blocks;
}

function outlineItems(state, symbols) {
  const depths = new Map();
  return symbols.map((symbol) => {
    const depth = symbol.parent_id !== null && depths.has(symbol.parent_id) ? depths.get(symbol.parent_id) + 1 : 0;
    depths.set(symbol.id, depth);
    return h("li", { class: `depth-${Math.min(depth, 4)}` }, h("a", {
      class: "row-link", title: symbol.signature || symbol.qualified_name,
      href: fileLink(state.file.project, state.file.path, symbol.start_line, symbol.name),
    }, h("span", { class: "kind" }, symbol.kind), " ", h("span", { class: "name" }, symbol.name), " ", h("span", { class: "no" }, symbol.start_line)));
  });
}

function facts(file) {
  return [file.language, file.line_count === null ? null : plural(file.line_count, "line"), bytes(file.size),
    file.status === "indexed" ? `indexed ${clock(file.indexed_at)}` : file.status].filter(Boolean).join(" · ");
}

function layout(container) {
  const parts = {
    title: h("h2", { id: "file-title", class: "mono" }), facts: h("p", { class: "quiet facts" }), problem: h("p", { class: "problem", hidden: true }),
    earlier: h("button", { type: "button", class: "more", hidden: true }, "Earlier lines"), code: h("div", { class: "code" }),
    later: h("button", { type: "button", class: "more", hidden: true }, "More lines"), outline: h("ul", { class: "outline" }),
    outlineNote: h("span", { class: "aside" }), uses: h("section", { class: "card uses", hidden: true, "aria-label": "Uses" }),
    issueNote: h("button", { type: "button", class: "issue-note", hidden: true, title: "Next issue (n)" }), imports: importCards(),
  };
  container.append(
    h("section", { class: "card source", "aria-labelledby": "file-title" },
      h("div", { class: "file-head" }, parts.title, parts.facts, parts.issueNote), parts.problem, parts.earlier, parts.code, parts.later),
    h("aside", { class: "side" }, parts.uses,
      h("section", { class: "card", "aria-labelledby": "outline-title" }, h("h2", { id: "outline-title" }, "Outline", parts.outlineNote), parts.outline),
      parts.imports.nodes));
  return parts;
}

// Shows where a name is used, beside the text.
async function showUses(node, params, signal) {
  node.hidden = !params.name;
  if (!params.name) return;
  const { results, next_offset: next } = await get("references", { name: params.name, project: params.project, limit: 100 }, signal);
  const items = results.map((use) => h("li", {}, h("a", { class: "row-link", href: fileLink(use.project, use.path, use.line, params.name) },
    h("span", { class: "place" }, `${use.path}:${use.line}`), " ", h("span", { class: "quiet" }, `${use.kind}${use.enclosing ? ` in ${use.enclosing}` : ""}`))));
  node.replaceChildren(
    h("h2", {}, "Uses of ", h("span", { class: "mono" }, params.name), h("span", { class: "aside" }, `${results.length}${next === null ? "" : "+"}, by name`)),
    items.length ? h("ul", { class: "use-list" }, items) : empty("No use is known"));
}

export function open(container, first) {
  const parts = layout(container);
  const state = { params: first, file: null, issuesAt: new Map(), from: 1, to: 0 };
  let running = null;
  let timer = 0;

  function markLine(line, scroll) {
    for (const marked of parts.code.querySelectorAll(".line.current")) marked.classList.remove("current");
    const node = line ? parts.code.querySelector(`#L${line}`) : null;
    if (!node) return false;
    node.classList.add("current");
    if (scroll) node.scrollIntoView({ block: "center" });
    return true;
  }

  function showEdges() {
    parts.earlier.hidden = state.from <= 1;
    parts.later.hidden = state.to >= (state.file.line_count || 0);
  }

  async function readLines(start, end, signal) {
    const { project, path } = state.params;
    return get("file", { project, path, start_line: start, end_line: end }, signal);
  }

  async function loadAll(signal) {
    const { project, path } = state.params;
    const line = Math.max(1, Math.floor(Number(state.params.line)) || 1);
    const start = line > linesAtOnce - before ? line - before : 1;
    const [file, issues, symbols] = await Promise.all([
      readLines(start, start + linesAtOnce - 1, signal),
      get("issues", { project, file: path, limit: 500 }, signal),
      get("symbols", { project, file: path, limit: 500 }, signal)]);
    state.file = file;
    state.issuesAt = Map.groupBy(issues.results, (issue) => issue.start_line);
    state.issueLines = [...state.issuesAt.keys()].sort((a, b) => a - b);
    parts.title.textContent = `${file.project} / ${file.path}`;
    parts.facts.textContent = facts(file);
    parts.issueNote.hidden = issues.results.length === 0;
    parts.issueNote.textContent = `${plural(issues.results.length, "issue")}${issues.next_offset === null ? "" : " or more"}`;
    const problems = [file.status === "dead" || file.status === "skipped" ? `${file.status}: ${file.error || "no reason is known"}` : "", file.unreadable || ""];
    parts.problem.textContent = problems.filter(Boolean).join(" · ");
    parts.problem.hidden = !parts.problem.textContent;
    parts.outline.replaceChildren(...outlineItems(state, symbols.results));
    setText(parts.outlineNote, symbols.results.length === 0 ? "no symbols" : plural(symbols.results.length, "symbol"));
    parts.imports.show(file);
    parts.code.replaceChildren(...(file.text === null ? [] : drawLines(state, file)));
    [state.from, state.to] = [file.start_line, file.end_line];
    showEdges();
    markLine(state.params.line, true);
  }

  async function load() {
    close();
    running = new AbortController();
    const { signal } = running;
    try {
      await loadAll(signal);
      await showUses(parts.uses, state.params, signal);
    } catch (error) {
      if (isAbort(error) || signal.aborted || error.status === undefined) {
        if (error.status === undefined && !signal.aborted) throw error;
        return;
      }
      parts.problem.textContent = error.isAway ? `${error.message} – trying again` : error.message;
      parts.problem.hidden = false;
      parts.title.textContent = `${state.params.project || ""} / ${state.params.path || ""}`;
      if (error.isAway) timer = setTimeout(load, retryMs);
    }
  }

  async function extend(start, end, place) {
    const answer = await readLines(start, end, running.signal);
    if (answer.text === null) return;
    const blocks = drawLines(state, answer);
    if (place === "before") {
      const height = document.documentElement.scrollHeight;
      parts.code.prepend(...blocks);
      state.from = answer.start_line;
      window.scrollBy(0, document.documentElement.scrollHeight - height);
    } else {
      parts.code.append(...blocks);
      state.to = Math.max(answer.end_line, state.to);
    }
    showEdges();
  }

  function update(params) {
    const known = state.file && isSame(params, state.params);
    const nameChanged = params.name !== state.params.name;
    state.params = params;
    if (!known || (params.line && !markLine(params.line, true))) return load();
    if (nameChanged) showUses(parts.uses, params, running.signal).catch(() => {});
    return undefined;
  }

  function nextIssue(step) {
    const lines = state.issueLines || [];
    if (lines.length === 0) return;
    const now = Number(state.params.line) || 0;
    const after = step > 0 ? lines.find((line) => line > now) : lines.findLast((line) => line < now);
    const line = after || (step > 0 ? lines[0] : lines.at(-1));
    history.replaceState(null, "", fileLink(state.params.project, state.params.path, line, state.params.name));
    update({ ...state.params, line: String(line) });
  }

  function close() {
    clearTimeout(timer);
    if (running) running.abort();
  }

  parts.earlier.onclick = () => extend(Math.max(1, state.from - linesAtOnce), state.from - 1, "before");
  parts.later.onclick = () => extend(state.to + 1, state.to + linesAtOnce, "after");
  parts.issueNote.onclick = () => nextIssue(1);
  load();
  return { title: ({ path }) => path || "File", update, close, nextIssue };
}
