// The projects with their progress: how many files are done, wait, or were given up on, and how fast it goes.
import { clock, duration, h, keyed, number, plural, setText } from "./dom.js";
import { link } from "./router.js";

function stat(name, label, href) {
  const value = h("span", { class: "value" });
  const inner = [value, " ", h("span", { class: "label" }, label)];
  return h("li", { class: `stat s-${name}` }, href ? h("a", { href }, inner) : inner);
}

function makeCard(project) {
  const { name } = project;
  const bar = h("progress", { "aria-label": `${name}: files looked at`, max: 1, value: 0 });
  return h("article", { class: "project" },
    h("h3", {}, h("a", { class: "row-link", href: link("files", { project: name }) }, name)),
    h("span", { class: "path", title: project.path }, project.path),
    bar,
    h("span", { class: "progress-text" }),
    h("ul", { class: "stats" },
      stat("files", "files", link("files", { project: name })),
      stat("symbols", "symbols"),
      stat("pending", "pending", link("files", { project: name, status: "pending" })),
      stat("dead", "failed", link("files", { project: name, status: "dead" })),
      stat("errors", "errors", link("issues", { project: name, severity: "error" })),
      stat("warnings", "warnings", link("issues", { project: name, severity: "warning" })),
      stat("rate", "files/s")));
}

function progressText(project) {
  const progress = countsText(project);
  return project.trouble ? `${progress} · ${project.trouble}` : progress;
}

function countsText(project) {
  const done = project.files - project.pending;
  if (project.pending === 0) {
    return project.scanned_at ? `up to date · scanned ${clock(project.scanned_at)}` : "waiting for the first scan";
  }
  const percent = Math.floor((100 * done) / Math.max(project.files, 1));
  const left = project.seconds_left === null ? "" : ` · about ${duration(project.seconds_left * 1000)} left`;
  return `${percent} % · ${plural(project.pending, "file")} to go${left}`;
}

function updateCard(card, project) {
  const bar = card.querySelector("progress");
  bar.max = Math.max(project.files, 1);
  bar.value = project.files - project.pending;
  card.classList.toggle("done", project.pending === 0);
  setText(card.querySelector(".progress-text"), progressText(project));
  const values = { ...project, rate: project.files_per_second };
  for (const name of ["files", "symbols", "pending", "dead", "errors", "warnings", "rate"]) {
    const item = card.querySelector(`.s-${name}`);
    setText(item.querySelector(".value"), number(values[name] || 0));
    item.classList.toggle("zero", !values[name]);
  }
}

export function projectCards() {
  const list = h("div", { class: "project-list" });
  const message = h("p", { class: "empty" }, "Waiting for the database…");
  const node = h("div", {}, message);

  function update(projects) {
    if (projects.length === 0) {
      setText(message, "No project is configured or scanned yet");
      return node.replaceChildren(message);
    }
    keyed(list, projects, (project) => project.id, makeCard, updateCard);
    if (!list.isConnected) node.replaceChildren(list);
    return undefined;
  }
  return { node, update };
}
