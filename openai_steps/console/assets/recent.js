// @ts-check
/** The last calls of this session, kept in memory alone, to be sent again. */

import { $, h, show } from "./dom.js";
import * as form from "./form.js";

/** @type {any[]} */
let recent = [];

/**
 * Keep a call.
 * @param {any} asked
 * @param {() => void} again Sends what the form says.
 */
export function remember(asked, again) {
  recent = [asked, ...recent.filter((other) => JSON.stringify(other) !== JSON.stringify(asked))].slice(0, 20);
  show($("recent-list"), ...recent.map((one) => h("li", {}, h("button", { type: "button", onclick: () => {
    $("connection").value = one.connection;
    form.fill(one.form);
    again();
  } }, `${one.form.thread_id} ${one.form.run_id}`))));
}

/** Forget the calls of this session. */
export function forget() {
  recent = [];
  show($("recent-list"));
}
