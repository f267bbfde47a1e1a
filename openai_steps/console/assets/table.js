// @ts-check
/** The table of steps: rows by their ids, sorted, filtered, moved through by arrows. */

import { $, h, show } from "./dom.js";

/** @typedef {Record<string, any>} Row */

const COLUMNS = [
  ["number", "#"], ["began", "Began (UTC)"], ["what", "What"], ["status", "Status"], ["seconds", "Took"],
  ["tokens", "Tokens"],
];

/** @type {Map<string, Row>} */
const rows = new Map();
let first = 1;
/** Whether it is known where in the list the rows are, and that the list ends with them. */
let placed = true, complete = true;
let sorted = { by: "number", down: false };
/** @type {(row: Row, focus: boolean) => void} */
let opened = () => undefined;
let chosen = "";

/** @param {(row: Row, focus: boolean) => void} open Is called for a row that is opened; by a key, its panel gets the focus. */
export function setUp(open) {
  opened = open;
  for (const id of ["filter", "filter-status", "failures-first"]) $(id).addEventListener("input", draw);
  $("table").addEventListener("keydown", move);
  $("table").addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-sort]");
    if (button) return sortBy(/** @type {any} */ (button).dataset.sort);
    const line = /** @type {any} */ (event.target).closest("tr[data-id]");
    if (line) choose(line.dataset.id, event.detail === 0);
  });
}

/**
 * Show other rows.
 * @param {Row[]} others
 * @param {number | null} [start] The number of the first; null: not known.
 * @param {boolean} [more] Whether the list has more behind them.
 */
export function fill(others, start = 1, more = false) {
  rows.clear();
  first = start ?? 1;
  placed = start !== null;
  complete = placed && !more;
  chosen = "";
  for (const row of others) add(row);
  draw();
}

/** @param {Row} row */
function add(row) {
  const known = rows.get(row.id);
  rows.set(row.id, { ...row, number: known?.number ?? first + rows.size });
  return known !== undefined;
}

/** @type {Set<string>} */
let fresh = new Set();

/**
 * Add a row or change one, and mark it. Many at once are drawn once.
 * @param {Row} row
 * @returns {boolean} Whether it was there.
 */
export function update(row) {
  const known = add(row);
  if (fresh.size === 0) setTimeout(drawFresh, 50);
  fresh.add(row.id);
  return known;
}

function drawFresh() {
  const marked = fresh;
  fresh = new Set();
  draw();
  for (const line of $("table").querySelectorAll("tr[data-id]")) line.classList.toggle("fresh", marked.has(line.dataset.id));
}

/** @returns {number} */
export const size = () => rows.size;

/** @returns {string[]} */
export const ids = () => [...rows.keys()];

/** Return the focus to the row that is open. */
export function focusChosen() {
  (lineOf(chosen) ?? $("table")).querySelector("button.open")?.focus();
}

/** @param {string} id */
function lineOf(id) {
  return [...$("table").querySelectorAll("tr[data-id]")].find((line) => line.dataset.id === id);
}

/**
 * @param {string} id
 * @param {boolean} byKey
 */
function choose(id, byKey) {
  const row = rows.get(id);
  if (row === undefined) return;
  chosen = id;
  for (const line of $("table").querySelectorAll("tr[data-id]")) {
    const is = line.dataset.id === id;
    line.classList.toggle("chosen", is);
    line.querySelector("button.open").setAttribute("aria-expanded", String(is));
    line.querySelector("button.open").tabIndex = is ? 0 : -1;
  }
  opened(row, byKey);
}

/** @param {string} by */
function sortBy(by) {
  sorted = { by, down: sorted.by === by && !sorted.down };
  draw();
  $("table").querySelector(`[data-sort="${by}"]`).focus();
}

function visible() {
  const text = $("filter").value.trim().toLowerCase(), status = $("filter-status").value;
  const found = [...rows.values()].filter((row) =>
    (!status || row.status === status) && (!text || row.search.includes(text) || row.type.includes(text)));
  const sign = sorted.down ? -1 : 1, failures = $("failures-first").checked;
  return found.sort((one, two) =>
    (failures ? Number(two.failed) - Number(one.failed) : 0)
    || sign * compare(one[sorted.by], two[sorted.by]) || one.number - two.number);
}

/**
 * @param {any} one
 * @param {any} two
 */
function compare(one, two) {
  if (typeof one === "number" && typeof two === "number") return one - two;
  return String(one ?? "") < String(two ?? "") ? -1 : String(one ?? "") > String(two ?? "") ? 1 : 0;
}

export function draw() {
  const table = $("table");
  const focused = /** @type {any} */ (document.activeElement)?.closest?.("#table tr[data-id]")?.dataset.id;
  const found = visible();
  $("empty").hidden = rows.size > 0;
  $("tools-table").hidden = table.hidden = rows.size === 0;
  drawStatuses();
  const head = COLUMNS.map(([by, title]) => h("th", {
    scope: "col", "aria-sort": sorted.by !== by ? "none" : sorted.down ? "descending" : "ascending",
  }, h("button", { type: "button", "data-sort": by }, title)));
  const hidden = rows.size - found.length;
  table.setAttribute("aria-rowcount", complete ? first + rows.size : -1); // of the whole list, with the head's
  show(table,
    h("caption", {}, `${found.length} step${found.length === 1 ? "" : "s"}${hidden ? `, ${hidden} filtered out` : ""}`),
    h("thead", {}, h("tr", { "aria-rowindex": 1 }, ...head)),
    h("tbody", {}, ...found.map((row) => line(row, placed && sorted.by === "number" && !sorted.down && !$("failures-first").checked))));
  const stop = lineOf(chosen) ?? table.querySelector("tr[data-id]");
  if (stop) stop.querySelector("button.open").tabIndex = 0;
  if (focused) lineOf(focused)?.querySelector("button.open").focus();
}

/**
 * @param {Row} row
 * @param {boolean} inPlace Whether the rows stand in the list's order.
 */
function line(row, inPlace) {
  const name = `Step ${row.number}: ${row.what}, ${row.status}`;
  return h("tr", { "data-id": row.id, "aria-rowindex": inPlace && row.number + 1, class: `tone-${row.tone}${row.id === chosen ? " chosen" : ""}` },
    h("td", {}, h("button", {
      type: "button", class: "open", tabindex: -1, "aria-label": name, "aria-expanded": row.id === chosen,
    }, String(row.number))),
    h("td", {}, row.began),
    h("td", { class: "what" }, h("span", { class: "bar" }), row.what),
    h("td", { class: "status-cell" }, row.mark ? `${row.mark} ` : "", row.status),
    h("td", { class: "number" }, row.took),
    h("td", { class: "number" }, row.tokens ? row.tokens.toLocaleString("en") : ""));
}

function drawStatuses() {
  const select = $("filter-status");
  const names = [...new Set([...rows.values()].map((row) => row.status))].sort();
  if (select.dataset.names === names.join("\n") && select.options.length) return;
  const kept = names.includes(select.value) ? select.value : "";
  select.dataset.names = names.join("\n");
  show(select, h("option", { value: "" }, "all"), ...names.map((name) => h("option", { value: name }, name)));
  select.value = kept;
}

/** @param {KeyboardEvent} event */
function move(event) {
  const buttons = /** @type {HTMLElement[]} */ ([...$("table").querySelectorAll("button.open")]);
  const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (at < 0) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (to === undefined || to < 0 || to >= buttons.length) return;
  event.preventDefault();
  buttons[at].tabIndex = -1;
  buttons[to].tabIndex = 0;
  buttons[to].focus();
}
