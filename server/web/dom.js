// Small helpers: elements without markup in strings, rows kept by key, and values as text.

export const byId = (id) => document.getElementById(id);

// h("a", {class: "x", href: "#/", onclick: f}, child, ...). Children: nodes, text, arrays; null and false are left out.
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// As replaceChildren; a row that had the focus keeps it where it is still there, by its address, and else gives it to `other`.
export function replaceRows(list, rows, other) {
  const focused = list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  list.replaceChildren(...rows);
  if (focused === null) return;
  const same = [...list.querySelectorAll("a")].find((row) => row.getAttribute("href") === focused);
  (same || other).focus();
}

// Writes only what differs: a selection or a screen reader's place is not lost at each update.
export function setText(node, text) {
  const value = text === null || text === undefined ? "" : String(text);
  if (node.textContent !== value) node.textContent = value;
}

export function setClass(node, name) {
  if (node.className !== name) node.className = name;
}

// Makes the children of `parent` those of `items`, in order; a child with a known key is kept and only updated.
export function keyed(parent, items, keyOf, make, update) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let child = known.get(key);
    known.delete(key);
    if (!child) {
      child = make(item);
      child.dataset.key = key;
    }
    if (child !== next) parent.insertBefore(child, next);
    else next = next.nextElementSibling;
    if (update) update(child, item);
  }
  for (const gone of known.values()) gone.remove();
}

export function duration(ms) {
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${s % 60}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}h ${Math.floor(s / 60) % 60}m`;
  return `${Math.floor(s / 86400)}d ${Math.floor(s / 3600) % 24}h`;
}

export function bytes(count) {
  if (count < 1024) return `${count} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = count / 1024;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

export const number = (value) => Number(value).toLocaleString("en");
export const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;

// "14:03:07", of today; with the date where it is another day.
export function clock(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text || "";
  const pad = (value) => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  const now = new Date();
  const hour = `${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
  return time.toDateString() === now.toDateString() ? hour : `${day} ${hour}`;
}

export function exitText(exit) {
  if (!exit) return "";
  return exit.signal ? String(exit.signal) : `code ${exit.code}`;
}

// Every occurrence of `query` in `text` as <mark>, upper and lower case alike.
export function marked(text, query) {
  const parts = [];
  const hay = text.toLowerCase();
  const needle = query.toLowerCase();
  let at = 0;
  // Where lower case has another length, positions would not fit: then nothing is marked.
  for (let found; needle && hay.length === text.length && (found = hay.indexOf(needle, at)) >= 0; at = found + needle.length) {
    parts.push(text.slice(at, found), h("mark", {}, text.slice(found, found + needle.length)));
  }
  parts.push(text.slice(at));
  return parts;
}

// A <select> of [value, text] pairs. A value that is not among them stays choosable.
export function select(label, name, options, value, onchange) {
  const known = options.some(([option]) => option === value) ? options : [...options, [value, value]];
  return h("label", { class: "field" }, h("span", {}, label),
    h("select", { name, onchange }, known.map(([option, text]) =>
      h("option", { value: option, selected: option === value }, text))));
}

export const empty = (text) => h("p", { class: "empty" }, text);
