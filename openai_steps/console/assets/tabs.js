// @ts-check
/** Tabs by the pattern of the ARIA Authoring Practices: one tab stop, arrows, Home and End. */

/**
 * Make a list of tabs work.
 * @param {HTMLElement} list
 * @param {(tab: HTMLElement) => void} [chosen] Is called when a person chooses one.
 * @returns {(tab: HTMLElement) => void} Chooses one.
 */
export function tabs(list, chosen = () => undefined) {
  const all = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[role="tab"]')]);

  /** @param {HTMLElement} tab */
  function choose(tab) {
    for (const other of all()) {
      const is = other === tab;
      other.setAttribute("aria-selected", String(is));
      other.tabIndex = is ? 0 : -1;
      const panel = document.getElementById(other.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !is;
    }
  }

  list.addEventListener("click", (event) => {
    const tab = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('[role="tab"]'));
    if (tab) {
      choose(tab);
      chosen(tab);
    }
  });
  list.addEventListener("keydown", (event) => {
    const items = all();
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const tab = items[(to + items.length) % items.length];
    tab.focus();
    choose(tab);
    chosen(tab);
  });
  const first = all()[0];
  if (first) choose(first);
  return choose;
}
