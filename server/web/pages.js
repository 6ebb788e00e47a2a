// A list that is fetched page by page, with what is told while it waits, fails or ends. Used by several views.
import { get, isAbort } from "./api.js";
import { h, plural, setText } from "./dom.js";

const retryMs = 2000;

// `path` of the API; `append(rows)` adds rows to what is shown, `clear()` empties it; `word` names a row.
export function pagedList({ path, word, append, clear, limit = 100 }) {
  const summary = h("p", { class: "summary", role: "status" });
  const more = h("button", { type: "button", class: "more", hidden: true }, "Show more");
  let running = null;
  let timer = 0;
  let shown = 0;

  async function load(parameters, offset) {
    close();
    running = new AbortController();
    const { signal } = running;
    try {
      const answer = await get(path, { ...parameters, limit, offset: offset || "" }, signal);
      if (offset === 0) {
        clear();
        shown = 0;
      }
      append(answer.results);
      shown += answer.results.length;
      const next = answer.next_offset;
      setText(summary, shown === 0 ? `No ${word}s` : next === null ? plural(shown, word) : `The first ${plural(shown, word)}`);
      more.hidden = next === null;
      more.onclick = () => load(parameters, next);
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      setText(summary, error.isAway ? `${error.message} – trying again` : error.message);
      more.hidden = true;
      if (error.isAway) timer = setTimeout(() => load(parameters, offset), retryMs);
    }
  }

  function close() {
    clearTimeout(timer);
    if (running) running.abort();
  }

  return { summary, more, load: (parameters) => load(parameters, 0), close };
}
