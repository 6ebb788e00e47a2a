// Addresses of the views: "#/issues?severity=error". Each can be bookmarked.

export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?", 2);
  return { view: path.replace(/^\//, "") || "overview", params: Object.fromEntries(new URLSearchParams(query)) };
}

// Empty parameters are left out.
export function link(view, params = {}) {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== "" && value !== undefined && value !== null));
  const path = view === "overview" ? "" : view;
  return `#/${path}${query.size ? `?${query}` : ""}`;
}

export const fileLink = (project, path, line, name) => link("file", { project, path, line, name });

export function go(hash) {
  location.hash = hash;
}

// Changes the address without another step in the history, and shows it.
export function replace(hash) {
  if (location.hash === hash) return;
  history.replaceState(null, "", hash);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}
