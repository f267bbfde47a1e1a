// @ts-check
/** The form: what is filled in, what is wrong with it, and its state in the page's address. */

import { $, h, show } from "./dom.js";

const TEXTS = ["thread_id", "run_id", "limit", "after", "before"];

/**
 * Explain the parameters.
 * @param {{name: string, about: string, place: string, kind: string}[]} parameters
 * @param {[string, string][]} includes
 */
export function explain(parameters, includes) {
  for (const { name, about, place, kind } of parameters) {
    $(`about-${name.replace("[]", "")}`).textContent = `${about} (${place}, ${kind})`;
  }
  show($("known-includes"), ...includes.map(([name, about]) =>
    h("label", {}, h("input", { type: "checkbox", name: "known", value: name }), ` ${about} `, h("code", {}, name))));
}

/** @returns {HTMLInputElement[]} */
const boxes = () => /** @type {any} */ ([...document.querySelectorAll('input[name="known"]')]);

/** @returns {HTMLInputElement[]} */
const orders = () => /** @type {any} */ ([...document.querySelectorAll('input[name="order"]')]);

/**
 * What is filled in.
 * @returns {Record<string, any>}
 */
export function read() {
  const form = /** @type {Record<string, any>} */ ({});
  for (const name of TEXTS) form[name] = $(name).value.trim();
  form.order = orders().find((radio) => radio.checked)?.value ?? "";
  const other = $("include").value.split("\n").map((/** @type {string} */ name) => name.trim()).filter(Boolean);
  form.include = [...boxes().filter((box) => box.checked).map((box) => box.value), ...other];
  return form;
}

/**
 * Fill the form in; what is not said is emptied.
 * @param {Record<string, any>} form
 */
export function fill(form) {
  for (const name of TEXTS) $(name).value = form[name] ?? "";
  for (const radio of orders()) radio.checked = radio.value === (form.order ?? "");
  const include = new Set(form.include ?? []);
  for (const box of boxes()) {
    box.checked = include.has(box.value);
    include.delete(box.value);
  }
  $("include").value = [...include].join("\n");
  count();
}

/** Say beside the closed parameters how many are given. */
export function count() {
  const { limit, order, after, before, include } = read();
  const given = [limit, order, after, before, ...include].filter(Boolean).length;
  $("given").textContent = given ? `(${given} given)` : "";
}

/**
 * The form as the fragment of an address.
 * @returns {string}
 */
export function toFragment() {
  const state = new URLSearchParams();
  for (const [name, value] of Object.entries(read())) {
    for (const text of Array.isArray(value) ? value : [value]) if (text) state.append(name, text);
  }
  return state.toString();
}

/**
 * Fill the form in from a fragment.
 * @param {string} fragment
 */
export function fromFragment(fragment) {
  const state = new URLSearchParams(fragment);
  fill({ ...Object.fromEntries(state), include: state.getAll("include") });
}

/**
 * Say what is wrong: beside each field, and as a summary whose lines lead to them.
 * @param {Record<string, string>} fields
 */
export function tellErrors(fields) {
  clearErrors();
  const lines = Object.entries(fields);
  for (const [name, message] of lines) {
    const input = document.getElementById(name);
    const told = document.getElementById(`error-${name}`);
    if (told) told.textContent = message;
    input?.setAttribute("aria-invalid", "true");
    if (["limit", "order", "after", "before", "include"].includes(name)) $("parameters").open = true;
  }
  const list = lines.map(([name, message]) =>
    h("li", {}, h("a", { href: `#${name}`, onclick: (/** @type {Event} */ event) => {
      event.preventDefault();
      (document.getElementById(name) ?? document.querySelector(`[name="${name}"]`))?.focus();
    } }, message)));
  show($("errors"), h("p", {}, "Not sent:"), h("ul", {}, ...list));
  $("errors").focus();
}

/** Take back what was wrong. */
export function clearErrors() {
  show($("errors"));
  for (const told of document.querySelectorAll(".error")) told.textContent = "";
  for (const input of document.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}
