// @ts-check
/** The one place that makes elements. Text goes into text nodes and nowhere else: no server's word becomes markup. */

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, any>} [props] `on…` are listeners, `class` and `aria-…` attributes; false and null are left out.
 * @param {...(Node | string | null | false)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/**
 * Find an element that is in the page.
 * @param {string} id
 * @returns {any}
 */
export function $(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no element ${id}`);
  return element;
}

/**
 * Show other children than before.
 * @param {Element} parent
 * @param {...(Node | string)} children
 */
export function show(parent, ...children) {
  parent.replaceChildren(...children);
}

/**
 * Say one sentence to those who see and to those who listen.
 * @param {string} text
 */
export function say(text) {
  $("status").textContent = text;
}

/**
 * Copy a text, and say so.
 * @param {string} text
 * @param {HTMLElement} button
 */
export async function copy(text, button) {
  const label = button.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  } catch {
    say("The browser does not let this page copy: select the text instead.");
  }
}

/**
 * Save a text as a file.
 * @param {string} name
 * @param {string} text
 */
export function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
