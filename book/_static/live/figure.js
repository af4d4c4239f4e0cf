// What the live figures share: elements, controls with a name and a keyboard, text for screen readers, motion and themes.

import { argmax } from "./cells.js";

const SVG = "http://www.w3.org/2000/svg";
let numbered = 0;

// an element with attributes; "on..." are listeners, what is null or false is left out
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}
export function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
export const reduced_motion = () => calm.matches;

// how a share is said: 97 %, below 1 %; and in a column of numbers. A line does not end before the sign
export const rounded = (p) => `${Math.round(100 * p)}\u00a0%`;
export const percent = (p) => (p > 0 && p < 0.01 ? "below 1\u00a0%" : p < 1 && p > 0.99 ? "over 99\u00a0%" : rounded(p));
export const decimal = (value, digits = 2) => value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "−");
// 5.7 · 10⁻¹⁰, from the logarithm to base 10
export function power_of_ten(log10) {
  const exponent = Math.floor(log10 + 1e-9);
  const digits = [...String(exponent)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] || "⁻").join("");
  return `${decimal(10 ** (log10 - exponent), 1)} · 10${digits}`;
}
// a factor, whatever its size: 0.37, 28, 5.7 · 10⁻¹⁰
export const magnitude = (value) => {
  if (value >= 0.01 && value < 1000) return value < 10 ? decimal(value, 2) : String(Math.round(value));
  return power_of_ten(Math.log10(value));
};
// the languages of dates, by code
export const LANGUAGES = { en: "English", fr: "French", de: "German", es: "Spanish", hi: "Hindi", mr: "Marathi" };
// how a reader hears a letter
export const spoken = (letter) => ({ " ": "a space", ",": "a comma", ".": "a full stop", "<EOS>": "the end" })[letter] || letter;

export function button(label, action, { pressed = null, name = null } = {}) {
  return make("button", {
    type: "button", class: "live-button", onclick: action, "aria-label": name,
    "aria-pressed": pressed === null ? null : String(pressed),
  }, label);
}

// buttons of which one is chosen; choose(i) is called with its number
export function choices(label, options, chosen, choose) {
  const buttons = options.map((text, i) => button(text, () => { set(i); choose(i); }, { pressed: i === chosen }));
  const set = (i) => buttons.forEach((one, k) => one.setAttribute("aria-pressed", String(k === i)));
  const element = make("div", { class: "live-choices", role: "group", "aria-label": label }, ...buttons);
  return { element, set, buttons };
}

export function slider(label, { min, max, step, value, say = String, change }) {
  const id = `live-${++numbered}`;
  const input = make("input", { type: "range", id, min, max, step, value });
  const shown = make("output", { for: id });
  const show = () => {
    shown.textContent = say(Number(input.value));
    input.setAttribute("aria-valuetext", shown.textContent);
    input.style.setProperty("--share", (Number(input.value) - min) / (max - min));
  };
  input.addEventListener("input", () => { show(); change(Number(input.value)); });
  show();
  const element = make("div", { class: "live-slider" }, make("label", { for: id }, label), shown, input);
  return { element, input, get value() { return Number(input.value); }, set(to) { input.value = to; show(); } };
}

export function text_field(label, { value, change, wide = true }) {
  const id = `live-${++numbered}`;
  const input = make("input", {
    type: "text", id, value, autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 120,
    oninput: () => change(input.value),
  });
  const element = make("div", { class: wide ? "live-field live-wide" : "live-field" }, make("label", { for: id }, label), input);
  return { element, input };
}

// a label above what it names
export const labelled = (label, element) => make("div", { class: "live-labelled" }, make("span", { class: "live-note" }, label), element);

// a word above a bar as long as its share, and the number below
export const barred = (word, share, number, kind = null) => [
  make("b", { class: kind }, word), make("span", { class: "live-bar", "--share": share }), make("small", {}, number),
];

// a row with a bar for each possible answer; show(p) sets the bars, of which the longest stands out, and show(null) empties them
export function bar_rows(names, kind = null) {
  const rows = names.map((name) => make("div", { class: kind ? `live-row ${kind}` : "live-row" },
    make("span", {}, name), make("span", { class: "live-bar" }), make("small", {})));
  const show = (p) => rows.forEach((row, i) => {
    row.classList.toggle("live-first", p !== null && i === argmax(p));
    row.children[1].style.setProperty("--share", p === null ? 0 : p[i]);
    row.children[2].textContent = p === null ? "" : rounded(p[i]);
  });
  return { rows, show };
}

// a function that paints once in the next frame, however often it is called until then
export function once_a_frame(paint) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; paint(); });
  };
}

// a colour for a value between -1 and 1: blue above zero, vermillion below, nothing at zero
export function tint(value, most = 70) {
  const share = Math.min(1, Math.abs(value)) * most;
  return `color-mix(in srgb, var(--live-${value >= 0 ? "blue" : "red"}) ${share.toFixed(1)}%, transparent)`;
}
// a colour for a probability: the less probable, the more of vermillion
export function surprise(p, most = 60) {
  const bits = Math.min(1, Math.log2(1 / Math.max(p, 1e-9)) / 8);
  return `color-mix(in srgb, var(--live-red) ${(bits * most).toFixed(1)}%, transparent)`;
}

// one place in a picture that is chosen with the pointer or the arrow keys: a slider to a screen reader
// hover: a mouse chooses what it passes over, and not only what it presses
export function pickable(element, { label, min = 0, count, row = 1, at, say, pick, leave = null, hover = true }) {
  let current = null;
  fill(element, { role: "slider", tabindex: 0, "aria-label": label, "aria-valuemin": min, "aria-valuemax": min }, []);
  const go = (to) => {
    const last = min + count() - 1;
    current = Math.max(min, Math.min(last, to));
    pick(current);
    describe();
  };
  const describe = () => {
    element.setAttribute("aria-valuemax", Math.max(min, min + count() - 1));
    element.setAttribute("aria-valuenow", current === null ? min : current);
    element.setAttribute("aria-valuetext", current === null ? "nothing chosen" : say(current));
  };
  const clear = () => { current = null; describe(); if (leave) leave(); };
  const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row };
  element.addEventListener("keydown", (event) => {
    if (event.key in moves) go(current === null ? min : current + moves[event.key]);
    else if (event.key === "Home") go(min);
    else if (event.key === "End") go(Infinity);
    else if (event.key === "Escape" && leave) clear();
    else return;
    event.preventDefault();
  });
  const point = (event) => {
    const found = at(event);
    if (found !== null) go(found);
  };
  element.addEventListener("pointerdown", point);
  element.addEventListener("pointermove", (event) => {
    if ((hover && event.pointerType === "mouse") || event.buttons) point(event);
  });
  if (leave) element.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse" && document.activeElement !== element) clear();
  });
  describe();
  // a place that another control chose
  const set = (to) => { current = to; describe(); };
  return { go, clear, set, get current() { return current; } };
}

export class Figure {
  constructor(root) {
    this.root = root;
    this.stage = make("div", { class: "live-stage" });
    this.said = make("p", { class: "live-said", "aria-live": "polite" });
    this.timers = new Set();
    root.querySelector(".live-still").replaceWith(this.stage, this.said);
  }

  // rows of the figure, from top to bottom
  show(...rows) {
    this.stage.append(...rows);
  }

  // call `paint(width)` now and whenever the figure gets wider or narrower
  on_resize(paint) {
    let before = 0;
    const check = () => {
      const width = Math.round(this.stage.clientWidth);
      if (width && width !== before) paint(before = width);
    };
    new ResizeObserver(check).observe(this.stage);
    check();
  }

  // the sentence is read out, but not shown: the figure shows the same
  read_only() {
    this.said.classList.add("live-hidden");
  }

  // a sentence that is shown below the figure and read out
  say(text) {
    if (this.said.textContent !== text) this.said.textContent = text;
  }

  // call `frame` every so many milliseconds until it returns false; the function that stops it comes back
  every(milliseconds, frame) {
    const timer = window.setInterval(() => { if (frame() === false) stop(); }, milliseconds);
    const stop = () => { window.clearInterval(timer); this.timers.delete(stop); };
    this.timers.add(stop);
    return stop;
  }
}
