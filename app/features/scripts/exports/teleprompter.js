"use strict";
(() => {
  const main = document.querySelector("main");
  const pieces = [...main.querySelectorAll("p")].map((node) => ({ node, seconds: Number(node.dataset.seconds) }));
  let total = 0;
  for (const piece of pieces) { piece.start = total; total += piece.seconds; }
  const key = "strand-teleprompter:" + document.body.dataset.key;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const at = (id) => document.getElementById(id);
  const kept = (() => { try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; } })();
  const between = (value, low, high, other) => (Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : other);
  let speed = between(kept.speed, 0.4, 2.5, 1);
  let size = between(kept.size, 1.5, 9, 4);
  let mirrored = kept.mirrored === true;
  let clock = between(kept.clock, 0, total, 0);
  let playing = false;
  let last = 0;
  let ours = -1;

  const keep = () => { try { localStorage.setItem(key, JSON.stringify({ speed, size, mirrored, clock })); } catch { /* a page from disk may not be let */ } };
  const say = (text) => { at("status").textContent = text; };
  const time = (seconds) => Math.floor(seconds / 60) + ":" + String(Math.floor(seconds % 60)).padStart(2, "0");
  const line = () => window.innerHeight * 0.35;
  const current = () => { let index = 0; while (index + 1 < pieces.length && pieces[index + 1].start <= clock) index += 1; return index; };

  /* Where the page must stand so that what is said at this second lies on the reading line. */
  const place = () => {
    if (!pieces.length) return 0;
    const piece = pieces[current()];
    const box = piece.node.getBoundingClientRect();
    const share = piece.seconds ? Math.min(1, (clock - piece.start) / piece.seconds) : 0;
    return box.top + window.scrollY + (calm.matches ? 0 : share * box.height) - line();
  };
  /* The second that lies on the reading line, after the reader has scrolled. */
  const read = () => {
    clock = 0;
    for (const piece of pieces) {
      const box = piece.node.getBoundingClientRect();
      if (box.top > line()) break;
      clock = piece.start + Math.min(1, (line() - box.top) / Math.max(1, box.height)) * piece.seconds;
    }
  };
  const show = () => {
    pieces.forEach((piece, index) => { if (index === current()) piece.node.setAttribute("aria-current", "true"); else piece.node.removeAttribute("aria-current"); });
    at("time").textContent = time(clock) + " of " + time(total) + ", speed " + Math.round(speed * 100) + " %";
  };
  const go = () => { const top = Math.max(0, Math.round(place())); if (Math.abs(top - window.scrollY) >= 1) { window.scrollTo(0, top); } ours = window.scrollY; show(); };
  const play = (on) => {
    if (on && clock >= total) clock = 0;
    playing = on;
    document.body.classList.toggle("playing", on);
    at("play").textContent = on ? "Pause" : "Start";
    say(on ? "Scrolling" : "Paused");
    last = performance.now();
    if (on) requestAnimationFrame(tick); else keep();
  };
  const tick = (now) => {
    if (!playing) return;
    clock = Math.min(total, clock + Math.min(1, (now - last) / 1000) * speed);
    last = now;
    go();
    if (clock >= total) { play(false); say("End"); } else requestAnimationFrame(tick);
  };
  const faster = (step) => { speed = between(Math.round((speed + step) * 100) / 100, 0.4, 2.5, 1); show(); say("Speed " + Math.round(speed * 100) + " %"); keep(); };
  const bigger = (step) => { size = between(size + step, 1.5, 9, 4); document.documentElement.style.setProperty("--size", size + "rem"); go(); say("Text size " + size); keep(); };
  const mirror = (on) => { mirrored = on; document.body.classList.toggle("mirrored", on); at("mirror").setAttribute("aria-pressed", String(on)); keep(); };
  const step = (by) => { const index = Math.min(pieces.length - 1, Math.max(0, current() + by)); if (pieces[index]) { clock = pieces[index].start; go(); keep(); } };

  at("play").addEventListener("click", () => play(!playing));
  at("slower").addEventListener("click", () => faster(-0.05));
  at("faster").addEventListener("click", () => faster(0.05));
  at("smaller").addEventListener("click", () => bigger(-0.5));
  at("bigger").addEventListener("click", () => bigger(0.5));
  at("mirror").addEventListener("click", () => mirror(!mirrored));
  at("again").addEventListener("click", () => { clock = 0; go(); keep(); say("At the start"); });
  main.addEventListener("click", () => { if (!String(window.getSelection())) play(!playing); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter")) return;
    const keys = { " ": () => play(!playing), ArrowRight: () => faster(0.05), ArrowLeft: () => faster(-0.05), PageDown: () => step(1), PageUp: () => step(-1) };
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });
  window.addEventListener("scroll", () => { if (Math.abs(window.scrollY - ours) > 2) { read(); ours = window.scrollY; show(); if (!playing) keep(); } }, { passive: true });
  window.addEventListener("resize", go);
  window.addEventListener("pagehide", keep);
  document.documentElement.style.setProperty("--size", size + "rem");
  mirror(mirrored);
  go();
})();
