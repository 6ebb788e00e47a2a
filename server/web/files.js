// Files of the index by project, path and state; those of state "dead" are the dead letters, with the reason.
import { bytes, clock, h, number, select } from "./dom.js";
import { listen, live } from "./live.js";
import { projectOptions } from "./issues.js";
import { pagedList } from "./pages.js";
import { fileLink, link, replace } from "./router.js";

const states = [["", "any state"], ["indexed", "indexed"], ["pending", "pending"], ["skipped", "skipped"], ["dead", "dead: given up on"]];
const looks = { indexed: "good", pending: "wait", dead: "bad" };
const explanations = {
  dead: "Files that could not be indexed, with the reason. A change of the file, or a newer analyser, gives it another chance.",
  skipped: "Files that are no source text, with the reason.",
  pending: "New or changed files that wait for an indexer.",
};

function fileRow(file) {
  return h("tr", {},
    h("td", { class: "c-state" }, h("span", { class: `state ${looks[file.status] || "idle"}` }, file.status)),
    h("td", { class: "c-message" },
      h("a", { class: "row-link mono", href: fileLink(file.project, file.path) }, file.path), " ",
      file.error ? h("span", { class: "reason" }, file.error) : null),
    h("td", { class: "c-project" }, file.project),
    h("td", { class: "c-language" }, file.language || "–"),
    h("td", { class: "num c-lines" }, file.line_count === null ? "–" : number(file.line_count)),
    h("td", { class: "num c-size" }, bytes(file.size)),
    h("td", { class: "c-when" }, file.indexed_at ? clock(file.indexed_at) : "–"));
}

const heading = (params) => (params.status === "dead" ? "Dead letters" : "Files");

export function open(container, first) {
  let params = first;
  const body = h("tbody");
  const title = h("h2", { id: "files-title" });
  const explanation = h("p", { class: "quiet explanation" });
  const filters = h("form", { class: "filters", role: "search", "aria-label": "Filter files", onsubmit: (event) => event.preventDefault() });
  const list = pagedList({
    path: "files", word: "file",
    clear: () => body.replaceChildren(),
    append: (files) => body.append(...files.map(fileRow)),
  });

  function choose(event) {
    const { name, value } = event.target;
    replace(link("files", { ...params, [name]: value.trim() }));
  }

  function showFilters() {
    if (filters.contains(document.activeElement) && document.activeElement.name === "path") return;
    const focused = filters.contains(document.activeElement) ? document.activeElement.name : "";
    filters.replaceChildren(
      select("State", "status", states, params.status || "", choose),
      select("Project", "project", projectOptions(), params.project || "", choose),
      h("label", { class: "field wide" }, h("span", {}, "Path begins with"),
        h("input", { type: "text", name: "path", value: params.path || "", spellcheck: "false", placeholder: "src/", onchange: choose })));
    if (focused) filters.elements[focused].focus();
  }

  function load(wanted) {
    params = wanted;
    title.textContent = heading(params);
    explanation.textContent = explanations[params.status] || "";
    explanation.hidden = !explanation.textContent;
    showFilters();
    const { project, path, language, status } = params;
    list.load({ project, path, language, status });
  }

  container.append(h("section", { class: "card", "aria-labelledby": "files-title" }, title, explanation, filters, list.summary,
    h("table", { class: "rows files" }, h("thead", {}, h("tr", {},
      ["State", "File", "Project", "Language"].map((text) => h("th", { scope: "col", class: `c-${text.toLowerCase()}` }, text)),
      h("th", { scope: "col", class: "num c-lines" }, "Lines"), h("th", { scope: "col", class: "num c-size" }, "Size"),
      h("th", { scope: "col", class: "c-when" }, "Indexed"))), body), list.more));
  load(first);
  let projectCount = (live.projects || []).length;
  const end = listen((what) => {
    if (what !== "projects" || live.projects.length === projectCount) return;
    projectCount = live.projects.length;
    showFilters();
  });
  return {
    title: heading,
    update: load,
    close() {
      end();
      list.close();
    },
  };
}
