// @ts-check
/** The session and the requests. The secret is kept for this tab alone, and sent as a header: there is no cookie. */

const STORED = "openai-steps-session";

/** The session is over, or was never there. */
export class NoSession extends Error {}

/**
 * Trade the one-time token of the link for a session, or take up the one that this tab has.
 * @returns {Promise<void>}
 */
export async function begin() {
  const token = new URLSearchParams(location.hash.slice(1)).get("t");
  if (token !== null) {
    history.replaceState(null, "", location.pathname);
    const response = await post("/session", { token }, "");
    const answer = await response.json();
    if (!response.ok) throw new NoSession(answer.error.message);
    sessionStorage.setItem(STORED, answer.secret);
  }
  if (sessionStorage.getItem(STORED) === null) {
    throw new NoSession("There is no session. Press Enter in the terminal where the console runs for a link.");
  }
}

/** Forget the session. */
export function end() {
  sessionStorage.removeItem(STORED);
}

/**
 * Call a function of the console's.
 * @param {string} name
 * @param {Record<string, any>} data
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function ask(name, data, signal) {
  const response = await open(name, data, signal);
  return response.json();
}

/**
 * The same, but return the response as it comes.
 * @param {string} name
 * @param {Record<string, any>} data
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 */
export async function open(name, data, signal) {
  let response;
  try {
    response = await post(`/api/${name}`, data, sessionStorage.getItem(STORED) ?? "", signal);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error("The console does not answer: it may have been stopped. Start it again, and send once more.");
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => null);
  const message = answer?.error?.message ?? `The console answered ${response.status}.`;
  if (response.status === 401) {
    end();
    throw new NoSession(message);
  }
  throw new Error(message);
}

/**
 * @param {string} path
 * @param {Record<string, any>} data
 * @param {string} secret
 * @param {AbortSignal} [signal]
 */
function post(path, data, secret, signal) {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${secret}` };
  return fetch(path, { method: "POST", headers, body: JSON.stringify(data), signal, cache: "no-store" });
}
