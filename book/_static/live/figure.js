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
  const below = Math.floor(log10 + 1e-9);
  const factor = decimal(10 ** (log10 - below), 1);
  const [mantissa, exponent] = factor === "10.0" ? ["1.0", below + 1] : [factor, below];
  const digits = [...String(exponent)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] || "⁻").join("");
  return `${mantissa} · 10${digits}`;
}
// a factor, whatever its size: 0.37, 28, 5.7 · 10⁻¹⁰
export const magnitude = (value) => {
  if (!(value > 0)) return "0";
  if (value >= 0.01 && value < 1000) return value < 10 ? decimal(value, 2) : String(Math.round(value));
  return power_of_ten(Math.log10(value));
};
// the languages of dates, by code
export const LANGUAGES = { en: "English", fr: "French", de: "German", es: "Spanish", hi: "Hindi", mr: "Marathi" };
// the words of a text between its spaces
export const split = (text) => text.trim().split(/\s+/).filter(Boolean);
// letters or words that are spoken of, each once: “x” “y”
export const quoted = (some) => [...new Set(some)].map((one) => `“${one}”`).join(" ");
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
  return { element, set };
}

export function slider(label, { min, max, step, value, say = String, change }) {
  const id = `live-${++numbered}`;
  const input = make("input", { type: "range", id, min, max, step, value });
  const shown = make("output", { for: id, "aria-live": "off" }); // the slider itself says its value
  const show = () => {
    shown.textContent = say(Number(input.value));
    input.setAttribute("aria-valuetext", shown.textContent);
    input.style.setProperty("--share", (Number(input.value) - min) / (Number(input.max) - min));
  };
  input.addEventListener("input", () => { show(); change(Number(input.value)); });
  show();
  const element = make("div", { class: "live-slider" }, make("label", { for: id }, label), shown, input);
  return { element, input, get value() { return Number(input.value); }, set(to) { input.value = to; show(); } };
}

export function text_field(label, { value, change, most = 120 }) {
  const id = `live-${++numbered}`;
  const input = make("input", {
    type: "text", id, value, autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: most,
    oninput: () => change(input.value),
  });
  const element = make("div", { class: "live-field" }, make("label", { for: id }, label), input);
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

// a colour of the style sheet as red, green and blue
export function rgb_of(root, name) {
  const hex = getComputedStyle(root).getPropertyValue(name).trim();
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
// a picture of columns and rows, one value each: colour(column, row) is red, green, blue and how opaque it is
export function heat_map(columns, rows, [width, height], colour) {
  const canvas = make("canvas", { width: columns, height: rows, class: "live-heat", "aria-hidden": "true" });
  [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
    const [red, green, blue, opacity] = colour(column, row);
    image.data.set([red, green, blue, Math.round(255 * opacity)], 4 * (row * columns + column));
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

// scrolls a frame just so far that what lies between two places of its content is in sight
export function reveal(frame, left, right) {
  if (left < frame.scrollLeft) frame.scrollLeft = left;
  else if (right > frame.scrollLeft + frame.clientWidth) frame.scrollLeft = right - frame.clientWidth;
}

// of boxes that are broken into lines, the one below (down: 1) or above (-1) another, nearest to it in its line
export function in_lines(boxes, from, down) {
  const here = boxes[from];
  const beyond = boxes.filter((box) => down * (box.offsetTop - here.offsetTop) > here.offsetHeight / 2);
  if (!beyond.length) return from;
  const line = down > 0 ? beyond[0] : beyond[beyond.length - 1];
  const away = (box) => Math.abs(box.offsetLeft - here.offsetLeft);
  const inside = beyond.filter((box) => Math.abs(box.offsetTop - line.offsetTop) <= here.offsetHeight / 2);
  return boxes.indexOf(inside.reduce((best, box) => (away(box) < away(best) ? box : best)));
}

// with Alt, Ctrl or Cmd a key is the browser's
export const is_shortcut = (event) => event.altKey || event.ctrlKey || event.metaKey;

// one place in a picture that is chosen with the pointer or the arrow keys: a slider to a screen reader
// below(from, down): the place below or above another; in a line there is none, and up is `leap` more
// hover: a mouse chooses what it passes over, and not only what it presses
export function pickable(element, { label, min = 0, count, leap = 1, below = (from, down) => from - down * leap, at, say, pick, leave = null, hover = true }) {
  let current = null;
  fill(element, { role: "slider", tabindex: 0, "aria-label": label, "aria-valuemin": min, "aria-valuemax": min }, []);
  const go = (to) => {
    if (count() < 1) return;
    current = Math.max(min, Math.min(min + count() - 1, to));
    pick(current);
    describe();
  };
  const describe = () => {
    element.setAttribute("aria-valuemax", Math.max(min, min + count() - 1));
    element.setAttribute("aria-valuenow", current === null ? min : current);
    element.setAttribute("aria-valuetext", current === null ? "nothing chosen" : say(current));
  };
  const clear = () => { current = null; describe(); if (leave) leave(); };
  const moves = {
    ArrowRight: (from) => from + 1, ArrowLeft: (from) => from - 1, ArrowDown: (from) => below(from, 1), ArrowUp: (from) => below(from, -1),
  };
  element.addEventListener("keydown", (event) => {
    if (is_shortcut(event)) return;
    if (Object.hasOwn(moves, event.key)) go(current === null ? min : moves[event.key](current));
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

// milliseconds without a new sentence before the last one is read out, and until it is gone for those who read the page line by line
const [QUIET, GONE] = [500, 5000];

export class Figure {
  constructor(root) {
    this.root = root;
    this.stage = make("div", { class: "live-stage" });
    this.said = make("p", { class: "live-said" });
    this.aloud = make("p", { class: "live-hidden", "aria-live": "polite" });
    this.asked = false; // whether the reader has done anything: a figure that starts is not read out
    for (const act of ["pointerdown", "keydown", "input", "click"]) root.addEventListener(act, () => { this.asked = true; }, { capture: true });
    root.querySelector(".live-still").replaceWith(this.stage, this.said, this.aloud);
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

  // the sentence is for screen readers alone: the figure shows the same
  read_only() {
    this.said.classList.add("live-hidden");
  }

  // a sentence that is shown below the figure, and read out when no other follows; again: also where it is the one before
  say(text, { again = false } = {}) {
    if (this.said.textContent === text && !again) return;
    this.said.textContent = text;
    window.clearTimeout(this.waiting);
    this.aloud.textContent = "";
    if (!this.asked) return;
    this.waiting = window.setTimeout(() => {
      this.aloud.textContent = text;
      this.waiting = window.setTimeout(() => { this.aloud.textContent = ""; }, GONE);
    }, QUIET);
  }

  // call `frame` every so many milliseconds until it returns false; the function that stops it comes back
  every(milliseconds, frame) {
    const timer = window.setInterval(() => { if (frame() === false) stop(); }, milliseconds);
    const stop = () => window.clearInterval(timer);
    return stop;
  }
}
