// @ts-check
/** What the buttons do. */

import { ask } from "./api.js";
import { failed, request, tellAnswer, tellRun } from "./answer.js";
import { $, download, h, say, show } from "./dom.js";
import * as form from "./form.js";
import { follow, GO_ON, showRuns } from "./live.js";
import { changed, followed, run, shutIfOver } from "./page.js";
import { forget, remember } from "./recent.js";
import { showStep } from "./step.js";
import * as table from "./table.js";

/** What is shown: its request, and where its rows are in the list. @type {any} */
let view = null;

/** Send a call of before once more. */
function again() {
  changed();
  send();
}

/** Send one request, as the form says. */
export function send() {
  run("Asking…", async (signal) => {
    const asked = request();
    const answer = await ask("call", asked, signal);
    if (!answer.fields) {
      remember(asked, again);
      tellAnswer(answer);
    }
    if (failed(answer)) return answer.fields ? undefined : noTable();
    const after = asked.form.after, before = asked.form.before;
    view = { asked, first: after || before ? null : 1, more: answer.has_more !== false, less: Boolean(after || before) };
    showPage(answer.rows, `${answer.rows.length} steps, ${answer.milliseconds} ms.${unreadable(answer)}`);
    history.pushState(null, "", `#${form.toFragment()}`);
  });
}

/** @param {any} answer */
const unreadable = (answer) => answer.unreadable ? ` ${answer.unreadable} more cannot be read: see Raw.` : "";

/** Show no rows: those of another call would stand beside an error. */
function noTable() {
  view = null;
  hideStep();
  table.fill([]);
  $("pager").hidden = true;
  $("empty").textContent = "There are no steps to show.";
}

/**
 * @param {any[]} rows
 * @param {string} sentence
 */
function showPage(rows, sentence) {
  hideStep();
  table.fill(rows, view.first, view.more);
  $("empty").textContent = "No steps.";
  $("pager").hidden = false;
  const first = view.first;
  $("position").textContent = !rows.length ? "no steps" : first ? `steps ${first} to ${first + rows.length - 1}` : `${rows.length} steps`;
  $("page-next").disabled = !view.more || !rows.length;
  $("page-previous").disabled = !view.less || !rows.length;
  document.title = `${rows.length} steps · ${view.asked.form.run_id} · openai-steps`;
  say(first && rows.length ? `Steps ${first} to ${first + rows.length - 1}: ${sentence}` : sentence);
}

/** @param {"first" | "previous" | "next" | "last"} direction */
export function turn(direction) {
  if (!view) return;
  run("Reading…", async (signal) => {
    const ids = table.ids();
    const cursor = direction === "next" ? ids.at(-1) : ids[0];
    const answer = await ask("page", { ...view.asked, direction, cursor }, signal);
    if (failed(answer)) return;
    const count = answer.rows.length, first = view.first;
    const backward = direction === "previous" || direction === "last";
    view = {
      ...view,
      more: direction === "next" || direction === "first" ? answer.more : direction === "previous",
      less: backward ? answer.more : direction === "next",
      first: direction === "first" || (backward && !answer.more) ? 1
        : direction === "last" || first === null ? null
        : direction === "next" ? first + ids.length : Math.max(1, first - count),
    };
    tellAnswer({ milliseconds: answer.milliseconds, paging: answer.paging });
    showPage(answer.rows, `${count} steps, read exactly.`);
  });
}

export function wholeRun() {
  run("Reading the whole run…", async (signal) => {
    const asked = request();
    const answer = await ask("run", asked, signal);
    if (failed(answer)) return;
    remember(asked, again);
    view = null;
    hideStep();
    tellAnswer({ milliseconds: answer.milliseconds, paging: answer.paging });
    $("facts").textContent = answer.summary;
    $("pager").hidden = true;
    table.fill(answer.rows, 1, answer.rows.length < answer.count);
    const shown = answer.rows.length < answer.count ? ` The first ${answer.rows.length} are shown; Save has all.` : "";
    tellRun(answer.run);
    say(`${answer.count.toLocaleString("en")} steps, read exactly in ${answer.milliseconds} ms.${shown}${unreadable(answer)}`);
    $("empty").textContent = "No steps.";
  });
}

export function followRun() {
  run("Asking for the run…", async (signal) => {
    hideStep();
    view = null;
    $("pager").hidden = true;
    followed(form.toFragment());
    const answer = await follow(request(), signal, tellRun);
    if (answer.ended || answer.fields) followed("");
    if (failed(answer) && answer.error) say(`That did not work. ${GO_ON}`);
  });
}

/** @param {string} [after] */
export function listRuns(after) {
  run("Reading the runs…", async (signal) => {
    const answer = await ask("runs", { ...request(), after: after ?? null }, signal);
    if (failed(answer)) return;
    showRuns(answer.runs, answer.more, (id) => {
      $("run_id").value = id;
      $("run-list").hidden = true;
      changed();
      $("run_id").focus();
    }, () => listRuns(answer.runs.at(-1).id));
    say(`${answer.runs.length} runs.`);
  });
}

export function showTimeline() {
  run("Drawing…", async (signal) => {
    const answer = await ask("timeline", request(), signal);
    if (failed(answer)) return;
    const saves = [["Save as HTML", "timeline"], ["Save as SVG", "svg"]].map(([title, kind]) =>
      h("button", { type: "button", onclick: () => save(kind) }, title));
    show($("panel-timeline"), h("div", { class: "toolbar" }, ...saves),
      h("iframe", { src: answer.path, sandbox: "allow-scripts", title: "Timeline of the run", class: "timeline" }));
    say("The timeline is drawn.");
  });
}

/**
 * Save the run: its steps as JSON Lines, which `serve` and `--from` read, or its timeline.
 * @param {string} kind
 */
export function save(kind) {
  run("Reading the whole run…", async (signal) => {
    const answer = await ask("save", { ...request(), kind }, signal);
    if (failed(answer)) return;
    download(answer.name, answer.text);
    say("Saved.");
  });
}

/**
 * @param {any} row
 * @param {boolean} focus
 */
export async function openStep(row, focus) {
  const asked = view?.asked ?? request();
  const answer = await ask("step", { ...asked, step: row.id }).catch(shutIfOver);
  if (!answer || failed(answer)) return;
  showStep(answer.step, table.focusChosen);
  if (focus) $("step").focus();
}

/** Show nothing that came from a server: whoever comes back to this page, or unlocks it, sees no one's data. */
export function wipe() {
  noTable();
  forget();
  for (const id of ["panel-timeline", "panel-raw", "panel-headers", "run-list", "findings", "facts", "log"]) show($(id));
  form.clearErrors();
}

export function hideStep() {
  $("step").hidden = true;
}

export function check() {
  run("Looking at how this server pages…", async (signal) => {
    const answer = await ask("doctor", request(), signal);
    if (failed(answer)) return;
    show($("findings"), h("table", {}, h("caption", {}, `${answer.requests} requests were sent.`),
      h("thead", {}, h("tr", {}, ...["Check", "Grade", "Found", "What it means"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...answer.findings.map((/** @type {string[]} */ cells) =>
        h("tr", { class: `grade-${cells[1]}` }, ...cells.map((cell) => h("td", {}, cell)))))));
    say("Checked.");
  });
}
