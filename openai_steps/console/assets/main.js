// @ts-check
/** The page: it begins here, and knows which button does what. */

import { check, followRun, hideStep, listRuns, openStep, save, send, showTimeline, turn, wholeRun, wipe } from "./actions.js";
import { ask, begin } from "./api.js";
import { $, copy, h, say, show } from "./dom.js";
import * as form from "./form.js";
import {
  changed, followed, lock, setTheme, shut, shutIfOver, state, stop, tellConnection, useKey, wasFollowed,
} from "./page.js";
import { forget } from "./recent.js";
import { setUp as setUpSnippets } from "./snippets.js";
import * as table from "./table.js";
import { tabs } from "./tabs.js";

const chooseView = tabs($("views"), (tab) => {
  if (tab.id !== "tab-table") hideStep();
  if (tab.id === "tab-timeline") showTimeline();
});

async function start() {
  setTheme(localStorage.getItem("theme") ?? "system");
  try {
    await begin();
    Object.assign(state, await ask("state", {}));
  } catch (error) {
    return shut(error);
  }
  $("main").hidden = false;
  form.explain(state.parameters, state.includes);
  show($("connection"), ...state.connections.map((/** @type {any} */ one) => h("option", { value: one.name }, one.name)));
  show($("threads"), ...state.runs.map((/** @type {string[]} */ [thread]) => h("option", { value: thread })));
  show($("known-runs"), ...state.runs.map((/** @type {string[]} */ [, run]) => h("option", { value: run })));
  form.fromFragment(location.hash.slice(1));
  if (!$("thread_id").value && state.runs.length) form.fill({ thread_id: state.runs[0][0], run_id: state.runs[0][1] });
  $("token-line").textContent = state.token_line;
  tellConnection();
  changed();
  $("thread_id").focus();
  if (wasFollowed()) followRun();
}

/** @type {Record<string, () => void>} */
const PRESSED = {
  whole: wholeRun, follow: followRun, runs: () => listRuns(), stop, check, "use-key": useKey, forget,
  save: () => save("jsonl"),
  lock: () => { stop(); wipe(); lock(); },
  "page-first": () => turn("first"), "page-previous": () => turn("previous"), "page-next": () => turn("next"),
  "page-last": () => turn("last"),
  "copy-token": () => copy(state.token_line, $("copy-token")),
  theme: () => setTheme({ system: "light", light: "dark", dark: "system" }[document.documentElement.dataset.theme ?? "system"] ?? "system"),
  "new-tab": async () => {
    const answer = await ask("invite", {}).catch(shutIfOver);
    if (answer) h("a", { href: answer.link, target: "_blank", rel: "noopener" }).click();
  },
};
for (const [id, pressed] of Object.entries(PRESSED)) $(id).addEventListener("click", pressed);
$("form").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); send(); });
$("form").addEventListener("input", (/** @type {any} */ event) => { if (event.target.id !== "key" && event.target.id !== "paste") changed(); });
$("connection").addEventListener("change", () => { tellConnection(); changed(); });
$("paste").addEventListener("change", async () => {
  const answer = await ask("paste", { text: $("paste").value }).catch(shutIfOver);
  if (answer?.form.thread_id) {
    form.fill(answer.form);
    changed();
    say("The form is filled in.");
  } else say("No thread was found in that.");
  $("paste").value = "";
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); send(); }
  if (event.key === "Escape") stop();
});
addEventListener("popstate", () => { form.fromFragment(location.hash.slice(1)); changed(); });
addEventListener("pagehide", () => {
  const fragment = form.toFragment(), goesOn = wasFollowed();
  stop();
  wipe();
  if (goesOn) followed(fragment);
});
table.setUp(openStep);
setUpSnippets(changed);
chooseView($("tab-table"));
await start();
