// @ts-check
/** The server's own text, coloured by tokens in text nodes, and searched. */

import { $, copy, download, h, say, show } from "./dom.js";

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MOST_COLOURED = 200_000;

/**
 * Show an answer's text.
 * @param {{raw?: string, raw_is_cut?: boolean}} answer
 * @param {() => Promise<{name: string, text: string}>} whole Gets all of it, to be saved.
 */
export function showRaw(answer, whole) {
  const panel = $("panel-raw");
  if (answer.raw === undefined) return show(panel, h("p", { class: "muted" }, "There is no answer of one request."));
  const pre = h("pre", { tabindex: 0, "aria-label": "The server's own text" }, ...coloured(answer.raw));
  const copying = h("button", { type: "button" }, "Copy");
  copying.addEventListener("click", () => copy(answer.raw ?? "", copying));
  const search = h("input", { type: "search", "aria-label": "Search in the text", placeholder: "Search" });
  search.addEventListener("keydown", (event) => {
    if (/** @type {KeyboardEvent} */ (event).key === "Enter") find(pre, /** @type {any} */ (search).value, event);
  });
  show(panel,
    h("div", { class: "toolbar" }, search, copying, h("button", { type: "button", onclick: async () => {
      const { name, text } = await whole();
      download(name, text);
    } }, "Save")),
    answer.raw_is_cut ? h("p", { class: "notice" }, "This is the beginning. Save has all of it.") : "",
    pre);
}

/** @param {string} text */
function coloured(text) {
  if (text.length > MOST_COLOURED) return [text];
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(TOKENS)) {
    parts.push(text.slice(at, match.index));
    const [whole, string, colon] = match;
    const kind = string ? (colon ? "key" : "string") : "value";
    parts.push(h("span", { class: `json-${kind}` }, string ?? whole), colon ?? "");
    at = match.index + whole.length;
  }
  return [...parts, text.slice(at)];
}

/**
 * Find the next place, and select it.
 * @param {HTMLElement} pre
 * @param {string} wanted
 * @param {Event} event
 */
function find(pre, wanted, event) {
  event.preventDefault();
  if (!wanted) return;
  const selection = /** @type {Selection} */ (getSelection());
  if (!selection.rangeCount || !pre.contains(selection.anchorNode)) selection.collapse(pre, 0);
  else selection.collapseToEnd();
  // @ts-ignore: in every browser, in no standard
  const found = window.find(wanted, false, false, true, false, false, false);
  say(found && pre.contains(selection.anchorNode) ? "Found." : "Not found.");
}
