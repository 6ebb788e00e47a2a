// Requests to the JSON API, with the token where the server wants one. docs/api.md describes the answers.
import { byId } from "./dom.js";

const tokenKey = "code-analysis-token";
let asking = null;  // the promise of a token, while the dialog is open

export class ApiError extends Error {
  // `status` is 0 where the server did not answer at all.
  constructor(status, message) {
    super(message);
    this.status = status;
  }
  // Worth another try by itself: the server or what is behind it is away.
  get isAway() {
    return this.status === 0 || this.status === 503 || this.status === 504;
  }
}

export const isAbort = (error) => error.name === "AbortError";

function storedToken() {
  try {
    return sessionStorage.getItem(tokenKey) || "";
  } catch {
    return "";
  }
}

// Opens the dialog once, however many requests wait for the token.
function askForToken(wasWrong) {
  if (asking) return asking;
  asking = new Promise((resolve) => {
    const dialog = byId("token");
    byId("token-error").textContent = wasWrong ? "The server did not accept this token." : "";
    byId("token-value").value = "";
    byId("token-form").onsubmit = (event) => {
      event.preventDefault();
      sessionStorage.setItem(tokenKey, byId("token-value").value.trim());
      asking = null;
      dialog.close();
      resolve();
    };
    dialog.oncancel = (event) => event.preventDefault();  // nothing can be shown without it
    if (!dialog.open) dialog.showModal();
  });
  return asking;
}

async function request(url, signal, patience) {
  const token = storedToken();
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const bound = AbortSignal.timeout(patience);
  try {
    const response = await fetch(url, { headers, signal: signal ? AbortSignal.any([signal, bound]) : bound });
    return { response, token };
  } catch (error) {
    if (signal && signal.aborted) throw error;
    throw new ApiError(0, "The server does not answer.");
  }
}

// GET api/v1/PATH; parameters that are empty are left out. `patience`: milliseconds until the server counts as away.
// Errors: ApiError, or AbortError by `signal`.
export async function get(path, parameters = {}, signal = undefined, patience = 15000) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== "" && value !== undefined));
  const url = `api/v1/${path}${query.size ? `?${query}` : ""}`;
  for (;;) {
    const { response, token } = await request(url, signal, patience);
    if (response.status === 401) {
      // Another request may have brought a better token meanwhile.
      if (token === storedToken()) await askForToken(token !== "");
      continue;
    }
    let body = null;
    try {
      body = await response.json();
    } catch (error) {
      if (signal && signal.aborted) throw error;
    }
    if (!response.ok) throw new ApiError(response.status, (body && body.detail) || response.statusText);
    if (body === null) throw new ApiError(0, "The server's answer broke off.");
    return body;
  }
}
