// The first view: the process tree, the events and the projects, as they are now.
import { h } from "./dom.js";
import { listen, live } from "./live.js";
import { eventList } from "./events.js";
import { processTree } from "./processes.js";
import { projectCards } from "./projects.js";

export function open(container) {
  const tree = processTree();
  const events = eventList();
  const projects = projectCards();
  container.append(
    h("section", { class: "card tree", "aria-labelledby": "tree-title" }, h("h2", { id: "tree-title" }, "Processes", tree.note), tree.node),
    h("section", { class: "card projects", "aria-labelledby": "projects-title" }, h("h2", { id: "projects-title" }, "Projects"), projects.node),
    h("section", { class: "card log", "aria-labelledby": "events-title" }, h("h2", { id: "events-title" }, "Events", events.note), events.node));

  function update(what) {
    if (what === "status" && live.status) tree.update(live.status);
    if (what === "events") events.update(live.events);
    if (what === "projects" && live.projects) projects.update(live.projects);
  }
  for (const what of ["status", "events", "projects"]) update(what);
  const end = listen(update);
  return { title: () => "Overview", close: end, update() {} };
}
