// @ts-check
/** A run that goes on: its rows come and change in place, and listeners hear a sentence now and then. */

import { open } from "./api.js";
import { $, h, say, show } from "./dom.js";
import { events } from "./events.js";
import * as table from "./table.js";

const SUMMARY_SECONDS = 5;
const SILENT_SECONDS = 60; // the console says something every 15
const HIDDEN_MINUTES = 10;
/** What to do where a run is no longer followed: it is read anew, so whatever has happened meanwhile is in it. */
export const GO_ON = "Press Follow to go on: nothing is missed.";
/** A browser opens six connections to one server. The others are for all that tabs ask besides. */
const MOST_TABS = 4;

/**
 * Take one of the places for tabs that follow.
 * @returns {Promise<(() => void) | null>} What gives it back; null: all are taken.
 */
async function takePlace() {
  for (let place = 1; place <= MOST_TABS; place++) {
    const giveBack = await new Promise((resolve) => {
      navigator.locks.request(`follow-${place}`, { ifAvailable: true }, (lock) =>
        lock === null ? resolve(null) : new Promise((done) => resolve(done)));
    });
    if (giveBack) return giveBack;
  }
  return null;
}

/**
 * Follow a run until it ends, is stopped, or is lost.
 * @param {Record<string, any>} request
 * @param {AbortSignal} signal
 * @param {(run: Record<string, any>) => void} changed Is told of the run.
 * @returns {Promise<Record<string, any>>} What came of it: `ok`, or the fields or the error that say why not; `ended`.
 */
export async function follow(request, signal, changed) {
  const giveBack = await takePlace();
  if (giveBack === null) {
    say(`${MOST_TABS} tabs follow runs already, and a browser has connections for no more: stop one of them.`);
    return { ok: true };
  }
  try {
    return await listen(request, signal, changed);
  } finally {
    giveBack();
  }
}

/**
 * @param {Record<string, any>} request
 * @param {AbortSignal} signal
 * @param {(run: Record<string, any>) => void} changed
 * @returns {Promise<Record<string, any>>}
 */
async function listen(request, signal, changed) {
  const given = new AbortController(); // up
  const response = await open("follow", request, AbortSignal.any([signal, given.signal]));
  if (response.headers.get("Content-Type") !== "text/event-stream") return response.json();
  table.fill([]);
  let fresh = 0, altered = 0, told = Date.now(), heard = performance.now(), why = "";
  /** @param {string} reason */
  const giveUp = (reason) => { why = reason; given.abort(); };
  say("Following. Rows come by themselves.");
  const summary = setInterval(() => {
    if (performance.now() - heard > SILENT_SECONDS * 1000) giveUp("The console has gone silent.");
    if (!(fresh || altered) || Date.now() - told < SUMMARY_SECONDS * 1000) return;
    if ($("announce").checked) $("log").append(h("p", {}, `${fresh} new step${fresh === 1 ? "" : "s"}, ${altered} changed.`));
    while ($("log").childElementCount > 20) $("log").firstElementChild.remove();
    fresh = altered = 0;
    told = Date.now();
  }, 1000);
  let hidden = 0;
  const away = () => {
    clearTimeout(hidden);
    if (document.hidden) hidden = setTimeout(() => giveUp("This tab was hidden for ten minutes."), HIDDEN_MINUTES * 60_000);
  };
  document.addEventListener("visibilitychange", away);
  try {
    for await (const { name, data } of events(response)) {
      heard = performance.now();
      if (name === "step") table.update(data) ? altered++ : fresh++;
      else if (name === "run") changed(data);
      else if (name === "error") return { ok: false, error: data };
      else if (name === "end") {
        say(`The run has ended: ${table.size()} steps.`);
        return { ok: true, ended: true };
      }
    }
  } catch (error) {
    if (signal.aborted || !(why || error instanceof TypeError)) throw error; // a TypeError is the network's
  } finally {
    clearInterval(summary);
    clearTimeout(hidden);
    document.removeEventListener("visibilitychange", away);
  }
  say(`${why || "The connection to the console was lost."} ${GO_ON}`);
  return { ok: true };
}

/**
 * Show the list of a thread's runs.
 * @param {Record<string, any>[]} runs
 * @param {boolean} more
 * @param {(id: string) => void} chosen
 * @param {() => void} next
 */
export function showRuns(runs, more, chosen, next) {
  const list = $("run-list");
  list.hidden = false;
  show(list,
    h("ul", { "aria-label": "Runs, newest first" }, ...runs.map((run) => h("li", {},
      h("button", { type: "button", onclick: () => chosen(run.id) }, run.id),
      ` ${[run.status, run.created, run.took, run.tokens ? `${run.tokens.toLocaleString("en")} tokens` : ""].filter(Boolean).join(" · ")}`))),
    runs.length ? "" : h("p", { class: "muted" }, "This thread has no runs."),
    more ? h("button", { type: "button", onclick: next }, "Older runs") : "");
}
