// @ts-check
/** What came of a request, in words: the answer's facts, the run, an error. */

import { ask } from "./api.js";
import { $, h, say, show } from "./dom.js";
import * as form from "./form.js";
import { NO_SINGLE_ANSWER, showRaw } from "./raw.js";

/** What the page asks with: the connection and the form. */
export const request = () => ({ connection: $("connection").value, form: form.read() });

/**
 * Show what went wrong, or return false.
 * @param {any} answer
 */
export function failed(answer) {
  if (answer.ok) return false;
  if (answer.fields) {
    form.tellErrors(answer.fields);
    say("Not sent.");
  } else {
    tellError(answer.error);
  }
  return true;
}

/** @param {any} error */
export function tellError(error) {
  const facts = [["Status", error.status], ["Code", error.code], ["Parameter", error.param], ["Request id", error.request_id],
    ["Wait", error.retry_after ? `${error.retry_after} s` : null],
    ["Go on with after", error.resume_after], ["Go on with before", error.resume_before], ["Where", error.path]];
  show($("errors"), h("p", {}, error.message),
    h("dl", { class: "facts" }, ...facts.filter(([, value]) => value).flatMap(([name, value]) =>
      [h("dt", {}, String(name)), h("dd", {}, String(value))])),
    error.body ? h("details", {}, h("summary", {}, "The server's answer"), h("pre", { tabindex: 0 }, error.body)) : "");
  if (error.paging) tellPaging([error.paging, error.message]);
  say("That did not work.");
}

/**
 * Say on the badge how the server pages, as far as the console has found out.
 * @param {any} told What was found out: its grade, and why.
 */
export function tellPaging(told) {
  if (!told) return;
  const [grade, why] = told;
  $("paging").dataset.grade = grade;
  $("paging").textContent = `Paging: ${grade}${why ? ` (${why})` : ""}`;
}

/** @param {any} answer */
export function tellAnswer(answer) {
  tellPaging(answer.paging);
  const size = answer.bytes === undefined ? null : `${answer.bytes.toLocaleString("en")} B`;
  const attempts = answer.attempts > 1 ? `${answer.attempts} attempts` : null;
  const parts = [answer.status, attempts, answer.milliseconds === undefined ? null : `${answer.milliseconds} ms`, size, answer.request_id];
  $("facts").textContent = parts.filter(Boolean).join(" · ");
  showRaw(answer, () => ask("save", { ...request(), kind: "raw", view: answer.view }));
  const asked = answer.asked;
  show($("panel-headers"),
    asked ? h("p", {}, h("code", {}, `${asked.method} ${asked.url}`)) : "",
    asked ? h("p", { class: "muted" }, `Sent headers: ${asked.headers.join(", ")}`) : "",
    answer.headers ? h("dl", { class: "facts" }, ...answer.headers.flatMap((/** @type {string[]} */ [name, value]) =>
      [h("dt", {}, name), h("dd", {}, value)])) : h("p", { class: "muted" }, NO_SINGLE_ANSWER));
}

/** @param {any} one */
export function tellRun(one) {
  if (!one) return;
  document.title = `${one.status} · ${one.id} · openai-steps`;
  $("facts").textContent = [one.status, one.created, one.took, one.waits].filter(Boolean).join(" · ");
  if (one.waits) say(one.waits);
}
