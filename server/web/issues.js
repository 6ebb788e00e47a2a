// Issues of all projects, worst first, with filters that stand in the address.
import { get } from "./api.js";
import { h, number, select } from "./dom.js";
import { listen, live } from "./live.js";
import { pagedList } from "./pages.js";
import { fileLink, link, replace } from "./router.js";

const severities = [["", "any severity"], ["error", "errors"], ["warning", "warnings"], ["info", "infos"]];

export function severityMark(severity) {
  return h("span", { class: `severity ${severity}` }, severity);
}

export function projectOptions() {
  return [["", "all projects"], ...(live.projects || []).map((project) => [project.name, project.name])];
}

function issueRow(issue) {
  return h("tr", {},
    h("td", { class: "c-severity" }, severityMark(issue.severity)),
    h("td", { class: "c-message" },
      h("a", { class: "row-link", href: fileLink(issue.project, issue.path, issue.start_line) }, issue.message), " ",
      h("span", { class: "rule" }, issue.rule)),
    h("td", { class: "c-place" }, h("span", { class: "project-name" }, issue.project), " / ", `${issue.path}:${issue.start_line}`));
}

export function open(container, first) {
  const state = { params: first, rules: [["", "any id"]] };
  const body = h("tbody");
  const filters = h("form", { class: "filters", role: "search", "aria-label": "Filter issues", onsubmit: (event) => event.preventDefault() });
  const list = pagedList({
    path: "issues", word: "issue",
    clear: () => body.replaceChildren(),
    append: (issues) => body.append(...issues.map(issueRow)),
  });

  function choose(event) {
    const { name, value } = event.target;
    replace(link("issues", { ...state.params, [name]: value.trim() }));
  }

  function showFilters() {
    if (filters.contains(document.activeElement) && document.activeElement.name === "path") return;
    const focused = filters.contains(document.activeElement) ? document.activeElement.name : "";
    const { project = "", severity = "", rule = "", path = "" } = state.params;
    filters.replaceChildren(
      select("Severity", "severity", severities, severity, choose),
      select("Id", "rule", state.rules, rule, choose),
      select("Project", "project", projectOptions(), project, choose),
      h("label", { class: "field wide" }, h("span", {}, "Path begins with"),
        h("input", { type: "text", name: "path", value: path, spellcheck: "false", placeholder: "src/", onchange: choose })));
    if (focused) filters.elements[focused].focus();
  }

  async function showRules() {
    const { project, path } = state.params;
    try {
      const { results } = await get("issues/rules", { project, path, limit: 500 });
      state.rules = [["", "any id"], ...results.map(({ rule, issues }) => [rule, `${rule} (${number(issues)})`])];
      showFilters();
    } catch (error) {
      if (!error.isAway) throw error;  // the list itself tells that the database is away
    }
  }

  function load(params) {
    state.params = params;
    const { project, severity, rule, path } = params;
    showFilters();
    list.load({ project, severity, rule, path });
    showRules();
  }

  container.append(h("section", { class: "card", "aria-labelledby": "issues-title" },
    h("h2", { id: "issues-title" }, "Issues"), filters, list.summary,
    h("table", { class: "rows issues" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Severity"), h("th", { scope: "col" }, "Issue"),
      h("th", { scope: "col" }, "Place"))), body), list.more));
  load(first);
  const knownProjects = () => (live.projects || []).map((project) => project.name).join("\n");
  let before = knownProjects();
  const end = listen((what) => {
    if (what === "projects" && knownProjects() !== before) {
      before = knownProjects();
      showFilters();
    }
  });
  return {
    title: () => "Issues",
    update: load,
    close() {
      end();
      list.close();
    },
  };
}
