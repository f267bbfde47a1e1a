// @ts-check
/** A run that goes on: its rows come and change in place, and listeners hear a sentence now and then. */

import { open } from "./api.js";
import { $, h, say, show } from "./dom.js";
import { events } from "./events.js";
import * as table from "./table.js";

const SUMMARY_SECONDS = 5;
const HIDDEN_MINUTES = 10;
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
 * @param {(fields: Record<string, string>) => void} refused
 * @returns {Promise<void>}
 */
export async function follow(request, signal, changed, refused) {
  const giveBack = await takePlace();
  if (giveBack === null) {
    return say(`${MOST_TABS} tabs follow runs already, and a browser has connections for no more: stop one of them.`);
  }
  try {
    await listen(request, signal, changed, refused);
  } finally {
    giveBack();
  }
}

/**
 * @param {Record<string, any>} request
 * @param {AbortSignal} signal
 * @param {(run: Record<string, any>) => void} changed
 * @param {(fields: Record<string, string>) => void} refused
 * @returns {Promise<void>}
 */
async function listen(request, signal, changed, refused) {
  const response = await open("follow", request, signal);
  if (response.headers.get("Content-Type") !== "text/event-stream") {
    return refused((await response.json()).fields);
  }
  table.fill([]);
  let fresh = 0, altered = 0, told = Date.now();
  say("Following. Rows come by themselves.");
  const summary = setInterval(() => {
    if (!(fresh || altered) || Date.now() - told < SUMMARY_SECONDS * 1000) return;
    if ($("announce").checked) $("log").append(h("p", {}, `${fresh} new step${fresh === 1 ? "" : "s"}, ${altered} changed.`));
    while ($("log").childElementCount > 20) $("log").firstElementChild.remove();
    fresh = altered = 0;
    told = Date.now();
  }, 1000);
  let hidden = 0;
  const away = () => {
    clearTimeout(hidden);
    if (document.hidden) hidden = setTimeout(() => stopped.abort(), HIDDEN_MINUTES * 60_000);
  };
  const stopped = new AbortController();
  document.addEventListener("visibilitychange", away);
  let ended = false;
  try {
    for await (const { name, data } of events(response)) {
      if (stopped.signal.aborted) break;
      if (name === "step") table.update(data) ? altered++ : fresh++;
      else if (name === "run") changed(data);
      else if (name === "end") ended = true;
      else if (name === "error") throw new Error(data.message);
    }
    if (stopped.signal.aborted) say("Stopped: this tab was hidden for ten minutes. Press Follow to go on.");
    else if (ended) say(`The run has ended: ${table.size()} steps.`);
    else say("The connection to the console was lost. Press Follow to go on.");
  } finally {
    clearInterval(summary);
    clearTimeout(hidden);
    document.removeEventListener("visibilitychange", away);
  }
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
