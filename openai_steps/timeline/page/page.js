"use strict";
// Without this script each step opens in its place. With it, and with room beside the list, a panel shows the step
// that the pointer or the focus is on; Enter or a click keeps it there, Escape lets it go.
(() => {
  const panel = document.getElementById("panel");
  if (!panel) return;
  const wide = matchMedia("(min-width:1100px)");
  const steps = [...document.querySelectorAll("ol details")];
  let current = null, pinned = null;

  const show = (step) => {
    if (step === current) return;
    current?.classList.remove("current");
    current = step;
    step.classList.add("current");
    panel.replaceChildren(step.querySelector(".body").cloneNode(true));
    panel.scrollTop = 0;
  };
  const pin = (step) => {
    pinned = step;
    panel.classList.toggle("pinned", step !== null);
    if (step) show(step);
  };
  const adapt = () => {
    document.documentElement.classList.toggle("with-panel", wide.matches);
    panel.hidden = !wide.matches;
    if (wide.matches) steps.forEach((step) => { step.open = false; });
  };
  const jump = () => {
    const step = steps.find((one) => "#" + one.id === location.hash);
    if (!step) return;
    if (wide.matches) pin(step); else step.open = true;
    step.scrollIntoView({ block: "center" });
    step.firstElementChild.focus({ preventScroll: true });
  };

  for (const step of steps) {
    const summary = step.firstElementChild;
    const preview = () => { if (wide.matches && !pinned) show(step); };
    summary.addEventListener("mouseenter", preview);
    summary.addEventListener("focus", preview);
    summary.addEventListener("click", (event) => {
      if (!wide.matches) return;
      event.preventDefault();
      const again = pinned === step;
      pin(again ? null : step);
      if (!again && event.detail === 0) panel.focus(); // detail 0: a key, not a pointer
    });
  }
  const moves = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pinned) {
      const back = pinned;
      pin(null);
      back.firstElementChild.focus();
    }
    const at = steps.indexOf(document.activeElement?.parentElement);
    if (at < 0 || document.activeElement.tagName !== "SUMMARY" || !(event.key in moves)) return;
    event.preventDefault();
    const next = Math.min(steps.length - 1, Math.max(0, at + moves[event.key]));
    steps[next].firstElementChild.focus();
  });
  wide.addEventListener("change", adapt);
  addEventListener("hashchange", jump);
  adapt();
  if (wide.matches) {
    const invitation = document.createElement("p");
    invitation.textContent = "Point at a step to see what it did; click to keep it here.";
    panel.replaceChildren(invitation);
  }
  jump();
})();
