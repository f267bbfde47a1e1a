// @ts-check
/** The call as code: made by the console, shown here. */

import { $, copy, h, show } from "./dom.js";
import { tabs } from "./tabs.js";

let language = "Python";
/** @type {[string, string][]} */
let current = [];

/** @param {() => void} changed */
export function setUp(changed) {
  $("snippet-whole").addEventListener("change", changed);
  $("copy-snippet").addEventListener("click", () => {
    const text = current.find(([name]) => name === language)?.[1];
    if (text) copy(text, $("copy-snippet"));
  });
}

/** @param {[string, string][]} snippets */
export function showSnippets(snippets) {
  current = snippets;
  const id = (/** @type {string} */ name) => `code-${name.toLowerCase()}`;
  show($("languages"), ...snippets.map(([name]) =>
    h("button", { type: "button", role: "tab", id: `tab-${id(name)}`, "aria-controls": id(name) }, name)));
  show($("snippets"), ...snippets.map(([name, text]) =>
    h("div", { role: "tabpanel", id: id(name), "aria-labelledby": `tab-${id(name)}` }, h("pre", { tabindex: 0 }, text))));
  choose()(/** @type {any} */ (document.getElementById(`tab-${id(language)}`)));
}

/** @type {((tab: HTMLElement) => void) | null} */
let chooser = null;

function choose() {
  chooser ??= tabs($("languages"), (tab) => { language = tab.textContent ?? language; });
  return chooser;
}

/** Say why there is no code yet. */
export function noSnippets() {
  current = [];
  show($("languages"));
  show($("snippets"), h("p", { class: "muted" }, "Fill in a thread and a run."));
}
