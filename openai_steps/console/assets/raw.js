// @ts-check
/** The server's own text, coloured by tokens in text nodes, and searched. */

import { $, copy, download, h, say, show } from "./dom.js";

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[{}[\],]/g;
const MOST_COLOURED = 200_000;
const ITEM_DEPTH = 3; // of {"data": [{…}]}
export const NO_SINGLE_ANSWER = "More than one request was made: no single answer is shown.";

/**
 * Show an answer's text.
 * @param {{raw?: string, raw_is_cut?: boolean}} answer
 * @param {() => Promise<{name: string, text: string}>} whole Gets all of it, to be saved.
 */
export function showRaw(answer, whole) {
  const panel = $("panel-raw");
  if (answer.raw === undefined) return show(panel, h("p", { class: "muted" }, NO_SINGLE_ANSWER));
  const pre = h("pre", { tabindex: 0, "aria-label": "The server's own text" }, ...coloured(answer.raw));
  const copying = h("button", { type: "button" }, "Copy");
  copying.addEventListener("click", () => copy(answer.raw ?? "", copying));
  const folding = h("button", { type: "button", "aria-pressed": "false" }, "Fold items");
  folding.addEventListener("click", () => fold(pre, folding, folding.getAttribute("aria-pressed") === "false"));
  const search = h("input", { type: "search", "aria-label": "Search in the text", placeholder: "Search" });
  search.addEventListener("keydown", (event) => {
    if (/** @type {KeyboardEvent} */ (event).key !== "Enter") return;
    fold(pre, folding, false); // what is folded is not found
    find(pre, /** @type {any} */ (search).value, event);
  });
  folding.hidden = !pre.querySelector("details");
  show(panel,
    h("div", { class: "toolbar" }, search, folding, copying, h("button", { type: "button", onclick: async () => {
      const { name, text } = await whole();
      download(name, text);
    } }, "Save")),
    answer.raw_is_cut ? h("p", { class: "notice" }, "This is the beginning. Save has all of it.") : "",
    pre);
}

/**
 * The text in parts, each item of a list folded by itself. Nothing is added to it and nothing left out.
 * @param {string} text
 */
function coloured(text) {
  if (text.length > MOST_COLOURED) return [text];
  /** @type {(Node | string)[][]} */
  const open = [[]];
  let at = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [whole, string, colon] = match;
    const inside = open.at(-1) ?? [], between = text.slice(at, match.index), before = inside.at(-1);
    at = match.index + whole.length;
    if (whole === "," && before instanceof HTMLDetailsElement && !between.trim()) {
      before.append(between, whole); // or else it would stand on a line of its own
      continue;
    }
    inside.push(between);
    if ("{[".includes(whole)) open.push([]);
    open.at(-1)?.push(...string ? [h("span", { class: colon ? "json-key" : "json-string" }, string), colon ?? ""]
      : "{}[],".includes(whole) ? [whole] : [h("span", { class: "json-value" }, whole)]);
    if ("}]".includes(whole) && open.length > 1) {
      const inner = open.pop() ?? [];
      open.at(-1)?.push(...open.length === ITEM_DEPTH ? [foldable(inner)] : inner);
    }
  }
  return [...open.flat(), text.slice(at)];
}

/**
 * An item that can be folded, up to its id.
 * @param {(Node | string)[]} parts
 */
function foldable(parts) {
  const id = parts.findIndex((part) => typeof part !== "string" && part.textContent === '"id"');
  const end = parts.indexOf(",", Math.max(id, 0)) + 1;
  if (!end) return h("span", {}, ...parts);
  return h("details", { open: true, class: "item" }, h("summary", {}, ...parts.slice(0, end)), ...parts.slice(end));
}

/**
 * Fold all items, or unfold them.
 * @param {HTMLElement} pre
 * @param {HTMLElement} button
 * @param {boolean} folded
 */
function fold(pre, button, folded) {
  button.setAttribute("aria-pressed", String(folded));
  for (const item of pre.querySelectorAll("details")) item.open = !folded;
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
