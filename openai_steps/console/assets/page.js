// @ts-check
/** The page around the answer: its session, its connections, its theme, and one thing done at a time. */

import { ask, end, NoSession } from "./api.js";
import { failed, request, tellError } from "./answer.js";
import { $, copy, h, say, show } from "./dom.js";
import * as form from "./form.js";
import { noSnippets, showSnippets } from "./snippets.js";

/** What the console told at the start. @type {any} */
export const state = { connections: [], runs: [] };
/** @type {AbortController | null} */
let running = null;
let debounce = 0;

/** @param {unknown} error */
export function shut(error) {
  $("main").hidden = true;
  $("gate").textContent = error instanceof Error ? error.message : String(error);
}

export function tellConnection() {
  const one = state.connections.find((/** @type {any} */ connection) => connection.name === $("connection").value);
  if (!one) return;
  $("source").textContent = `${one.host} · key: ${one.key}`;
  const copying = h("button", { type: "button", class: "quiet" }, "Copy");
  copying.addEventListener("click", () => copy(one.base_url, copying));
  const facts = [["Provider", one.provider], ["Server", one.server], ["Key", one.key],
    ["Through this console", h("span", {}, `${one.base_url} `, copying)],
    ...(one.ended_on ? [["End", `This API was announced to end at this host on ${one.ended_on}.`]] : [])];
  show($("facts-connection"), ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** The form was changed: its state goes into the address, and the code follows. */
export function changed() {
  form.count();
  history.replaceState(null, "", `#${form.toFragment()}`);
  clearTimeout(debounce);
  debounce = setTimeout(async () => {
    const answer = await ask("snippets", { ...request(), whole: $("snippet-whole").checked }).catch(shutIfOver);
    if (answer?.ok) showSnippets(answer.snippets);
    else noSnippets();
  }, 80);
}

/** @param {unknown} error */
export function shutIfOver(error) {
  if (error instanceof NoSession) shut(error);
  return null;
}

/**
 * Do one thing at a time, that Stop ends.
 * @param {string} what
 * @param {(signal: AbortSignal) => Promise<void>} work
 */
export async function run(what, work) {
  stop();
  const mine = running = new AbortController();
  form.clearErrors();
  $("stop").disabled = false;
  $("answer").setAttribute("aria-busy", "true");
  say(what);
  try {
    await work(mine.signal);
  } catch (error) {
    if (mine.signal.aborted) say("Stopped.");
    else if (error instanceof NoSession) shut(error);
    else tellError({ message: error instanceof Error ? error.message : String(error) });
  } finally {
    if (running === mine) {
      running = null;
      $("stop").disabled = true;
      $("answer").removeAttribute("aria-busy");
    }
  }
}

/** End what is being done. */
export function stop() {
  followed("");
  running?.abort();
}

const FOLLOWED = "openai-steps-followed";

/**
 * Note what is followed, to go on when the page is loaded again: not in its address, lest a link begins to follow.
 * @param {string} fragment The form as a fragment; empty: nothing.
 */
export function followed(fragment) {
  if (fragment) sessionStorage.setItem(FOLLOWED, fragment);
  else sessionStorage.removeItem(FOLLOWED);
}

/** Whether what the form says was followed when the page was left. */
export const wasFollowed = () => sessionStorage.getItem(FOLLOWED) === form.toFragment();

/** End the session in all tabs. */
export async function lock() {
  await ask("lock", {}).catch(() => null);
  end();
  shut(new Error("Locked. Press Enter in the terminal for a new link."));
}

/** @param {string} theme */
export function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
  $("theme").textContent = `Theme: ${theme}`;
}

export async function useKey() {
  const key = $("key").value;
  $("key").value = "";
  const answer = await ask("key", { ...request(), key }).catch(shutIfOver);
  if (!answer || failed(answer)) return;
  state.connections = answer.connections;
  tellConnection();
  say("The key is used from now on.");
}
