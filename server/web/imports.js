// What a file imports and what imports it, beside its text.
import { h, setText } from "./dom.js";
import { fileLink, link } from "./router.js";

const shown = (list, total) => (list.length < total ? `${list.length} of ${total}` : String(total));

function target(project, item) {
  if (item.resolution === "file") return fileLink(project, item.path);
  if (item.resolution === "folder") return link("files", { project, path: item.path ? `${item.path}/` : "" });
  return null;
}

function importItem(project, file, item) {
  const written = [item.target, item.name].filter(Boolean).join(" ");
  const href = target(project, item);
  const note = { missing: "missing", folder: `${item.path}/` }[item.resolution] || item.path || "";
  const inside = [h("span", { class: "place" }, written), " ", h("span", { class: item.resolution === "missing" ? "missing" : "quiet" }, note)];
  return h("li", {},
    h("a", { class: "no", href: fileLink(project, file, item.line), "aria-label": `Line ${item.line}` }, item.line), " ",
    href ? h("a", { class: "row-link", href, title: item.path }, inside) : h("span", { class: "row-text" }, inside));
}

const importerItem = (project, item) => h("li", {},
  h("a", { class: "row-link", href: fileLink(project, item.path, item.line) }, h("span", { class: "place" }, `${item.path}:${item.line}`)));

function card(title, id) {
  const note = h("span", { class: "aside" });
  const list = h("ul", { class: "use-list import-list", id });
  const node = h("section", { class: "card", hidden: true, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title, note), list);
  return { node, note, list };
}

// Two cards, each hidden where it would be empty; show(file) fills them from the answer of "file".
export function importCards() {
  const imports = card("Imports", "imports");
  const importers = card("Imported by", "imported-by");
  const fill = ({ node, note, list }, items, count) => {
    node.hidden = items.length === 0;
    setText(note, count);
    list.replaceChildren(...items);
  };
  return {
    nodes: [imports.node, importers.node],
    show(file) {
      fill(imports, file.imports.map((item) => importItem(file.project, file.path, item)), shown(file.imports, file.imports_total));
      fill(importers, file.imported_by.map((item) => importerItem(file.project, item)), shown(file.imported_by, file.imported_by_total));
    },
  };
}
