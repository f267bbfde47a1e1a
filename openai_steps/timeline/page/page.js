"use strict";
// Without this script each step opens in its place. With it, and with room beside the list, a panel shows the step
// that the pointer or the focus is on; Enter or a click keeps it there, Escape lets it go. Above the list one can
// filter, go to failures and to the slowest step, and zoom into a span of time.
(() => {
  const panel = document.getElementById("panel");
  if (!panel) return;
  const wide = matchMedia("(min-width:1100px)");
  const list = document.querySelector("ol");
  const steps = [...list.querySelectorAll("details")];
  const rows = [...list.children];
  let visible = steps;
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
  const go = (step) => {
    if (!visible.includes(step)) reset();
    if (wide.matches) pin(step); else step.open = true;
    step.scrollIntoView({ block: wide.matches ? "center" : "start" });
    step.firstElementChild.focus({ preventScroll: true });
  };
  const jump = () => {
    const step = steps.find((one) => "#" + one.id === location.hash);
    if (step) go(step);
  };
  const focused = () => {
    const at = document.activeElement?.closest("details") ?? pinned ?? current;
    return visible.indexOf(at);
  };

  // --- Filter and zoom ---------------------------------------------------------------------------------------------

  const finder = document.querySelector(".finder");
  const find = (id) => document.getElementById(id);
  const text = find("filter-text"), found = find("found");
  const choices = { kind: find("filter-kind"), status: find("filter-status"), tool: find("filter-tool") };
  // Not querySelector(".track i"): of five thousand rows, Chromium would look at all for each.
  const bar = (row) => row.querySelector(".track").querySelector("i").style;
  const span = (style) => ["--x", "--w"].map((name) => parseFloat(style.getPropertyValue(name)));
  const spans = new Map(rows.map((row) => {
    const [start, width] = span(bar(row));
    return [row, [start, start + width]];
  }));
  const texts = new Map(); // made when first needed: of five thousand steps they take a moment
  const whole = { from: 0, to: 100 };
  let zoom = whole;

  const says = (step, words) => {
    if (!texts.has(step)) texts.set(step, step.textContent.toLowerCase());
    return words.every((word) => texts.get(step).includes(word));
  };
  const fits = (row, words) => {
    const step = row.querySelector("details");
    const [left, right] = spans.get(row);
    if (right < zoom.from || left > zoom.to) return false;
    const chosen = Object.values(choices).some((choice) => choice?.value);
    if (!step) return !words.length && !chosen;
    const { kind, status, tools } = step.dataset;
    return (!choices.kind?.value || choices.kind.value === kind)
      && (!choices.status?.value || choices.status.value === status)
      && (!choices.tool?.value || tools.split(" ").includes(choices.tool.value))
      && says(step, words);
  };
  const apply = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    visible = [];
    for (const row of rows) {
      row.hidden = !fits(row, words);
      const step = row.querySelector("details");
      if (step && !row.hidden) visible.push(step);
    }
    found.textContent = visible.length === steps.length ? "" : `${visible.length} of ${steps.length} steps`;
  };

  // The axis. Its marks for the whole run are in the page; those of a part of it are made here, in the same words
  // (_axis.py), and as exact as they are close: 1h 12m 34.5s.
  const seconds = +list.dataset.seconds;
  const axis = document.querySelector(".axis div");
  const marks = [...axis.children], lines = list.style.getPropertyValue("--tick");
  const clock = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200];
  const labelRoom = 112; // pixels

  const roundStep = (least) => {
    if (least > 43200) return 86400 * Math.ceil(least / 86400);
    if (least > 0.5) return clock.find((step) => step >= least);
    const tenth = 10 ** Math.floor(Math.log10(least));
    return [1, 2, 5, 10].map((factor) => factor * tenth).find((step) => step >= least * 0.999);
  };
  const worded = (time, digits) => {
    if (time > 0 && time < 0.9995) return `${+(1000 * time).toFixed(Math.max(0, digits - 3))}ms`;
    const exact = +time.toFixed(digits);
    const days = exact < 172800 ? 0 : Math.floor(exact / 86400);
    const rest = exact - 86400 * days;
    const parts = [
      [days, "d"], [Math.floor(rest / 3600), "h"], [Math.floor(rest / 60) % 60, "m"], [+(rest % 60).toFixed(digits), "s"],
    ];
    const said = (part) => part[0] > 0;
    const first = parts.findIndex(said), last = parts.findLastIndex(said);
    if (first < 0) return "0s";
    const padded = ([value, unit], at) => (at && unit !== "h" && value < 10 ? "0" : "") + value + unit;
    return parts.slice(first, last + 1).map(padded).join(" ");
  };
  const markAxis = () => {
    const start = seconds * zoom.from / 100, length = seconds * (zoom.to - zoom.from) / 100;
    if (zoom === whole || !length) {
      axis.replaceChildren(...marks);
      list.style.setProperty("--tick", lines);
      list.style.removeProperty("--at");
      return;
    }
    const atMost = Math.min(6, Math.max(2, Math.floor(axis.clientWidth / labelRoom)));
    let step = roundStep(length / atMost);
    const firstAt = () => Math.ceil(start / step - 1e-6);
    if (firstAt() * step > start + length) step = roundStep(step / 3); // the span lies between two marks
    const first = firstAt(), digits = Math.max(0, -Math.floor(Math.log10(step * 1.001)));
    const made = [];
    for (let number = first; number * step <= start + length * 1.000001; number += 1) {
      const place = 100 * (number * step - start) / length;
      const mark = document.createElement("span");
      mark.textContent = worded(number * step, digits);
      mark.style.setProperty("--at", `${place}%`);
      made.push(mark);
    }
    axis.replaceChildren(...made);
    list.style.setProperty("--tick", `${100 * step / length}%`);
    list.style.setProperty("--at", `${100 * (first * step - start) / length}%`);
  };
  const overview = document.querySelector(".overview");
  const frame = document.createElement("b");
  const zoomTo = (from, to) => {
    const width = Math.min(100, Math.max(0.05, to - from));
    const start = Math.min(100 - width, Math.max(0, from));
    zoom = width >= 100 ? whole : { from: start, to: start + width };
    list.style.setProperty("--from", `${zoom.from}%`);
    list.style.setProperty("--scale", 100 / (zoom.to - zoom.from));
    document.documentElement.classList.toggle("zoomed", zoom !== whole);
    if (zoom === whole) frame.remove();
    else overview?.append(frame);
    frame.style.left = `${zoom.from}%`;
    frame.style.width = `${zoom.to - zoom.from}%`;
    find("zoom-out").disabled = zoom === whole;
    markAxis();
    apply();
  };
  const reset = () => {
    text.value = "";
    Object.values(choices).forEach((choice) => { if (choice) choice.value = ""; });
    zoomTo(0, 100);
  };
  const scaleBy = (factor) => {
    const step = visible[focused()];
    const [left, right] = step ? spans.get(step.parentElement) : [zoom.from, zoom.to];
    const middle = Math.min(zoom.to, Math.max(zoom.from, (left + right) / 2));
    const half = (zoom.to - zoom.from) * factor / 2;
    zoomTo(middle - half, middle + half);
    if (step && visible.includes(step)) step.scrollIntoView({ block: "center" });
  };
  const nextFailure = () => {
    const at = focused();
    const failed = visible.filter((step) => "failed" in step.dataset);
    const next = failed.find((step) => visible.indexOf(step) > at) ?? failed[0];
    if (next) go(next);
  };
  const slowest = () => {
    const longest = visible.reduce((best, step) => (+step.dataset.took > +(best?.dataset.took ?? -1) ? step : best), null);
    if (longest) go(longest);
  };

  finder.hidden = false;
  find("zoom-out").disabled = true;
  for (const part of [text, ...Object.values(choices)]) part?.addEventListener("input", apply);
  find("next-failure")?.addEventListener("click", nextFailure);
  find("slowest").addEventListener("click", slowest);
  find("zoom-in").addEventListener("click", () => scaleBy(0.5));
  find("zoom-out").addEventListener("click", () => scaleBy(2));
  if (overview) {
    let start = null;
    const place = (event) => {
      const box = overview.getBoundingClientRect();
      return Math.min(100, Math.max(0, 100 * (event.clientX - box.left) / box.width));
    };
    overview.addEventListener("pointerdown", (event) => { start = event.button === 0 ? place(event) : null; });
    addEventListener("pointerup", (event) => {
      if (start === null) return;
      const end = place(event);
      if (Math.abs(end - start) > 1) zoomTo(Math.min(start, end), Math.max(start, end)); // less is a click on a bar
      start = null;
    });
    overview.addEventListener("dragstart", (event) => event.preventDefault());
  }

  // --- Steps -------------------------------------------------------------------------------------------------------

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
  const keys = { f: nextFailure, s: slowest, "+": () => scaleBy(0.5), "-": () => scaleBy(2), 0: reset };
  document.addEventListener("keydown", (event) => {
    const typing = document.activeElement?.matches("input, select");
    if (event.key === "Escape" && typing) { reset(); return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); text.focus(); return; }
    if (event.key in keys) { event.preventDefault(); keys[event.key](); return; }
    if (event.key === "Escape" && pinned) {
      const back = pinned;
      pin(null);
      back.firstElementChild.focus();
    }
    const at = visible.indexOf(document.activeElement?.parentElement);
    if (at < 0 || document.activeElement.tagName !== "SUMMARY" || !(event.key in moves)) return;
    event.preventDefault();
    const next = Math.min(visible.length - 1, Math.max(0, at + moves[event.key]));
    visible[next].firstElementChild.focus();
  });
  wide.addEventListener("change", adapt);
  addEventListener("resize", markAxis);
  addEventListener("hashchange", jump);
  adapt();
  if (wide.matches) {
    const invitation = document.createElement("p");
    invitation.textContent = "Point at a step to see what it did; click to keep it here. Keys: / filters, f goes to the "
      + "next failure, s to the slowest step, + and - zoom, 0 shows all again.";
    panel.replaceChildren(invitation);
  }
  jump();
})();
