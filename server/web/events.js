// The supervisor's events, newest first.
import { clock, exitText, h, keyed, number, setText } from "./dom.js";

const shownAtMost = 200;
const looks = {
  ready: "good", tier_ready: "good", reload_applied: "good", upgraded: "good", failed: "bad", spawn_failed: "bad", ready_timeout: "bad",
  killed: "bad", backoff: "wait", stop_requested: "wait", shutdown_started: "wait", stray: "wait", log_dropped: "wait",
  reload_rejected: "bad",
};
const common = new Set(["seq", "mono_ns", "time", "event", "process", "tier", "pid", "expected", "code", "signal"]);

function look(event) {
  if (event.event === "exited") return event.expected ? "idle" : "bad";
  return looks[event.event] || "idle";
}

// What an event tells beside its name: "SIGKILL", "delay_ms 200".
function details(event) {
  const parts = [];
  if (event.event === "exited") parts.push(exitText(event), event.expected ? "" : "unexpected");
  else if (event.signal) parts.push(event.signal);
  else if (event.code !== undefined) parts.push(`code ${event.code}`);
  for (const [name, value] of Object.entries(event)) {
    if (common.has(name) || value === null || value === "" || (Array.isArray(value) && value.length === 0)) continue;
    parts.push(`${name.replaceAll("_", " ")} ${typeof value === "object" ? JSON.stringify(value) : value}`);
  }
  if (event.pid) parts.push(`pid ${event.pid}`);
  return parts.filter(Boolean).join(" · ");
}

function makeItem(event) {
  const who = event.process || (event.tier !== undefined ? `tier ${event.tier}` : "supervisor");
  return h("li", { class: look(event) },
    h("time", { datetime: event.time, title: event.time }, clock(event.time)), " ",
    h("span", { class: "who" }, who), " ",
    h("span", { class: "what" }, h("span", { class: "dot" }), event.event.replaceAll("_", " ")), " ",
    h("span", { class: "more" }, details(event)));
}

export function eventList() {
  const list = h("ol", { class: "events" });
  const nothing = h("p", { class: "empty" }, "No events yet");
  const node = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Events, newest first" }, nothing);
  const note = h("span", { class: "aside" });

  function update(events) {
    if (events.length === 0) return;
    const newest = events.slice(-shownAtMost).reverse();
    keyed(list, newest, (event) => event.seq, makeItem);
    if (nothing.isConnected) node.replaceChildren(list);
    setText(note, `${number(newest.length)} newest`);
  }
  return { node, note, update };
}
