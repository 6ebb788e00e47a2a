// What changes by itself: the tree's status, its events and the projects' counts, asked for again and again while the page
// can be seen. A hidden page asks nothing.
import { get } from "./api.js";

const eventsKept = 300;
const everyMs = 1000;
const statusEveryMs = 2000;
const patienceMs = 3000;      // for the tree; the supervisor answers at once
const countPatienceMs = 15000;  // counting a large database takes its time

export const live = {
  status: null,    // as /api/v1/status gives it
  statusAt: 0,     // when; performance.now()
  events: [],      // oldest first
  projects: null,
  lastAnswer: null,  // Date of the last answer of any kind
  trouble: { server: "", supervisor: "", database: "" },  // what is away, and why; "": it is there
};

const listeners = new Set();
let timer = 0;
let running = false;
let counting = false;
let due = { status: 0, projects: 0 };

// `listener(what)` with "status", "events", "projects" or "trouble"; returns what ends it.
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(what) {
  for (const listener of [...listeners]) listener(what);
}

function setTrouble(part, error) {
  const { trouble } = live;
  const isServer = error && error.status === 0;
  const reason = error ? error.message : "";
  if (!isServer) live.lastAnswer = new Date();
  const before = JSON.stringify(trouble);
  trouble.server = isServer ? reason : "";
  if (!isServer) trouble[part] = reason;
  if (JSON.stringify(trouble) !== before) tell("trouble");
}

async function ask(part, path, parameters, take, patience = patienceMs) {
  try {
    const answer = await get(path, parameters, undefined, patience);
    setTrouble(part, null);
    take(answer);
  } catch (error) {
    if (error.status === undefined) throw error;
    setTrouble(part, error);
  }
}

const lastSeq = () => (live.events.length ? live.events.at(-1).seq : undefined);

async function askEvents() {
  const after = lastSeq();
  await ask("supervisor", "events", after === undefined ? { limit: eventsKept } : { after, limit: eventsKept }, (answer) => {
    if (after !== undefined && answer.last_seq < after) {
      live.events = [];  // another supervisor, whose numbers begin anew: the next round asks for all of its own
      return;
    }
    if (answer.results.length === 0) return;
    live.events = live.events.concat(answer.results).slice(-eventsKept);
    due.status = 0;  // something happened: look at the tree at once
    tell("events");
  });
}

const askStatus = () => ask("supervisor", "status", {}, (answer) => {
  live.status = answer;
  live.statusAt = performance.now();
  tell("status");
});

// Beside the rounds, which must not wait for it.
async function askProjects() {
  if (counting) return;
  counting = true;
  try {
    await ask("database", "projects", { limit: 500 }, (answer) => {
      live.projects = answer.results;
      tell("projects");
    }, countPatienceMs);
  } finally {
    counting = false;
  }
}

async function round() {
  clearTimeout(timer);
  if (running || document.hidden) return;
  running = true;
  const now = performance.now();
  try {
    await askEvents();
    if (now >= due.projects) {
      const isBusy = (live.projects || []).some((project) => project.pending > 0 || project.files_per_second > 0);
      due.projects = now + (isBusy || live.trouble.database ? 2000 : 5000) - 100;
      askProjects();
    }
    if (now >= due.status) {
      due.status = now + statusEveryMs - 100;
      await askStatus();
    }
  } finally {
    running = false;
    if (!document.hidden) timer = setTimeout(round, live.trouble.server ? 2 * everyMs : everyMs);
  }
}

export function begin() {
  document.addEventListener("visibilitychange", () => {
    due = { status: 0, projects: 0 };
    round();
  });
  round();
}
