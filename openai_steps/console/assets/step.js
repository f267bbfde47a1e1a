// @ts-check
/** One step beside the table: what it did, and its JSON. */

import { $, copy, h, show } from "./dom.js";
import { tabs } from "./tabs.js";

const LONG = 1200;

/**
 * Show a step.
 * @param {{title: string, facts: [string, string][], blocks: {title: string, text: string, heading?: boolean}[], json: string}} step
 * @param {() => void} closed
 */
export function showStep(step, closed) {
  const panel = $("step");
  panel.hidden = false;
  const close = () => {
    panel.hidden = true;
    closed();
  };
  const list = h("div", { role: "tablist", "aria-label": "Views of the step", class: "tabs" },
    h("button", { type: "button", role: "tab", id: "tab-did", "aria-controls": "panel-did" }, "What it did"),
    h("button", { type: "button", role: "tab", id: "tab-json", "aria-controls": "panel-json" }, "JSON"));
  show(panel,
    h("div", { class: "step-head" },
      h("h2", { id: "step-title" }, step.title),
      h("button", { type: "button", class: "quiet", onclick: close }, "Close")),
    list,
    h("div", { role: "tabpanel", id: "panel-did", "aria-labelledby": "tab-did" },
      h("dl", { class: "facts" }, ...step.facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
      ...step.blocks.map(block)),
    h("div", { role: "tabpanel", id: "panel-json", "aria-labelledby": "tab-json" }, text(step.json)));
  tabs(list);
  panel.onkeydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  };
}

/** @param {{title: string, text: string, heading?: boolean}} block */
function block({ title, text: content, heading }) {
  if (heading) return h("h3", {}, title, " ", h("span", { class: "muted" }, content));
  const fold = h("details", { open: content.length < LONG }, h("summary", {}, title), text(content));
  return fold;
}

/** @param {string} content */
function text(content) {
  const button = h("button", { type: "button", class: "quiet copy" }, "Copy");
  button.addEventListener("click", () => copy(content, button));
  return h("div", { class: "text" }, button, h("pre", { tabindex: 0 }, content));
}
