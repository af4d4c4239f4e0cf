// The gallery, DNA: the reader edits a string of bases, and a network marks what codes for a protein; below, the rule that made the data.
import { deep_forward, output_forward, unpack_params } from "./cells.js";
import { button, decimal, in_lines, is_shortcut, make, once_a_frame, percent, pickable, quoted, text_field, tint } from "./figure.js";

const BASES = "ACGT";
const LONGEST = 180;

export const only_bases = (text) => text.toUpperCase().replace(/[^ACGT]/g, "").slice(0, LONGEST);

// for each base the probability that it codes
export function coding(sequence, params, cell) {
  if (!sequence.length) return [];
  const x = [...sequence].map((base) => Float64Array.from(BASES, (one) => (one === base ? 1 : 0)));
  return deep_forward(cell, x, params).a.map((a_t) => output_forward(a_t, params)[1]);
}

// The label of every base as the model of a gene has it: after a promoter the next start codon opens a gene, the first stop codon
// in its frame ends it.
export function true_labels(sequence, { promoter, start, stops }) {
  const labels = new Array(sequence.length).fill(0);
  let at = sequence.indexOf(promoter);
  while (at >= 0) {
    const begin = sequence.indexOf(start, at + promoter.length);
    if (begin < 0) break;
    let end = begin + 3;
    while (end + 3 <= sequence.length && !stops.includes(sequence.slice(end, end + 3))) end += 3;
    const stop = Math.min(end + 3, sequence.length);
    labels.fill(1, begin, stop);
    at = sequence.indexOf(promoter, stop);
  }
  return labels;
}

// stretches of ones, as [first, last] counted from 1
export function stretches(labels) {
  const found = [];
  labels.forEach((label, t) => {
    if (label && labels[t - 1]) found[found.length - 1][1] = t + 1;
    else if (label) found.push([t + 1, t + 1]);
  });
  return found;
}

const said_stretches = (labels) => stretches(labels).map(([first, last]) => (first === last ? String(first) : `${first} to ${last}`)).join(", ") || "none";

export default function bases(figure, stored) {
  const params = unpack_params(stored.params);
  const soon = once_a_frame(() => read(field.input.value));
  let [sequence, p, truth, place] = ["", [], [], null];

  const field = text_field("Bases", { value: stored.examples[0], change: soon, most: LONGEST });
  const chosen = make("div", { class: "live-choices", role: "group", "aria-label": "String" },
    ...stored.examples.map((text, i) => button(`String ${i + 1}`, () => put(text))));
  const grid = make("div", { class: "live-bases" });
  const letters = [...BASES].map((base) => button(base, () => replace(base), { name: `put ${base} here` }));
  const insert = button("Insert", () => change(sequence.slice(0, place) + "A" + sequence.slice(place)), { name: "insert an A before it" });
  const remove = button("Delete", () => change(sequence.slice(0, place) + sequence.slice(place + 1)), { name: "delete it" });
  const promoter = button("Break the promoter", break_promoter);
  const shift = button("Shift the frame", shift_frame);
  const hint = make("p", { class: "live-hint live-two-lines" });

  function put(text) {
    field.input.value = text;
    place = null;
    read(text);
  }
  // a new string, the chosen place kept where there is one
  function change(text) {
    if (place === null) return;
    field.input.value = only_bases(text);
    place = Math.min(place, field.input.value.length - 1);
    read(field.input.value);
  }
  function replace(base) {
    change(sequence.slice(0, place) + base + sequence.slice(place + 1));
  }
  // one base of the last promoter before the first gene is changed
  function break_promoter() {
    const first = truth.indexOf(1);
    const at = first < 0 ? -1 : sequence.lastIndexOf(stored.model.promoter, first);
    if (at < 0) return;
    place = at + 4;
    replace("C");
  }
  // one more base behind the start codon: all codons after it are read in another frame
  function shift_frame() {
    const first = truth.indexOf(1);
    if (first < 0) return;
    place = first + 3;
    change(sequence.slice(0, place) + "C" + sequence.slice(place));
  }

  function read(text) {
    sequence = only_bases(text);
    p = coding(sequence, params, stored.cell);
    truth = true_labels(sequence, stored.model);
    if (place < 0 || place >= sequence.length) place = null;
    picker.set(place);
    grid.replaceChildren(...[...sequence].map((base, t) => {
      const one = make("span", { class: truth[t] ? "live-coding" : null }, base);
      one.style.backgroundColor = tint(p[t], 55);
      return one;
    }));
    const gene = truth.includes(1);
    for (const one of [promoter, shift]) one.setAttribute("aria-disabled", String(!gene));
    mark();
  }
  const said_of = (t) => `Base ${t + 1} of ${sequence.length}, ${sequence[t]}: codes with ${percent(p[t])}; by the rule it ${truth[t] ? "codes" : "does not"}`;
  function mark() {
    [...grid.children].forEach((one, t) => one.classList.toggle("live-here", t === place));
    for (const one of [...letters, insert, remove]) one.setAttribute("aria-disabled", String(place === null));
    const others = [...field.input.value.toUpperCase()].filter((letter) => !BASES.includes(letter) && letter.trim());
    const left_out = others.length ? ` Not a base, and left out: ${quoted(others)}.` : "";
    hint.textContent = place === null
      ? `Blue: the surer the network, the stronger. Underlined: what codes by the rule that made the data. Choose a base to change it.${left_out}`
      : `${said_of(place)}.`;
    const guess = p.map((value) => (value > 0.5 ? 1 : 0));
    const right = guess.filter((label, t) => label === truth[t]).length;
    figure.say(sequence.length
      ? `The network marks ${said_stretches(guess)}. By the rule: ${said_stretches(truth)}. ${right} of ${sequence.length} bases agree (${decimal(100 * right / sequence.length, 0)}\u00a0%).`
      : "No bases.");
  }

  const picker = pickable(grid, {
    label: "Base to look at and to change", count: () => sequence.length, below: (t, down) => in_lines([...grid.children], t, down), hover: false,
    at: (event) => {
      const t = [...grid.children].indexOf(event.target.closest("span"));
      return t >= 0 ? t : null;
    },
    say: (t) => (t < sequence.length ? said_of(t) : "nothing chosen"),
    pick: (t) => { place = sequence.length ? t : null; mark(); },
  });
  grid.addEventListener("keydown", (event) => {
    const base = event.key.toUpperCase();
    if (is_shortcut(event) || place === null) return;
    if (BASES.includes(base)) {
      replace(base);
      picker.go(place + 1);
    } else if (event.key === "Delete" || event.key === "Backspace") remove.click();
    else return;
    event.preventDefault();
  });

  figure.show(
    chosen, grid, hint,
    make("div", { class: "live-controls" }, make("div", { class: "live-choices", role: "group", "aria-label": "At the chosen base" }, ...letters, insert, remove), promoter, shift),
    make("div", { class: "live-controls" }, field.element),
  );
  read(field.input.value);
}
