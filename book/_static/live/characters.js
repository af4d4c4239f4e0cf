// The first page's figure: the reader begins, a character model goes on letter by letter; every unit can be looked at.
import { filter_probabilities, generator, largest_first, next_word, sample, unpack_params } from "./cells.js";
import { button, choices, decimal, in_lines, make, percent, pickable, quoted, reduced_motion, rounded, slider, spoken, surprise, text_field, tint } from "./figure.js";

// A text that grows: its letters, each with its probability, the units after it and what may come next.
export class Writer {
  constructor(stored) {
    this.letters = stored.vocabulary;
    this.index = new Map(this.letters.map((letter, i) => [letter, i]));
    [this.pad, this.end] = ["<PAD>", "<EOS>"].map((name) => this.index.get(name));
    this.step = next_word(unpack_params(stored.params), stored.cell);
    this.clear();
  }

  clear() {
    this.moments = [];
    this.begin_sentence();
  }

  begin_sentence() {
    const [log_p, state] = this.step(null, null);
    this.now = { p: log_p.map(Math.exp), state };
  }

  // the sentence ends, and the next one begins behind a space that the network does not read
  end_sentence(given = false) {
    this.begin_sentence();
    this.moments.push({ letter: " ", given, p: 1, units: this.now.state[0].a, next: this.now.p, border: true });
  }

  // the next letter is this one; a letter that the network does not know is left out
  read(letter, given = false) {
    const token = this.index.get(letter);
    if (token === undefined || token === this.pad || token === this.end) return false;
    const p = this.now.p[token];
    const [log_p, state] = this.step(this.now.state, token);
    this.now = { p: log_p.map(Math.exp), state };
    this.moments.push({ letter, given, p, units: state[0].a, next: this.now.p });
    return true;
  }

  // the network chooses the next letter; after the end of a sentence it begins another one. Returns whether a sentence ended.
  write(random, temperature) {
    const token = sample(this.now.p, random, { temperature, reject: [this.pad] });
    if (token !== this.end) {
      this.read(this.letters[token]);
      return false;
    }
    this.end_sentence();
    return true;
  }

  likely(next, count) {
    const p = filter_probabilities(next, { reject: [this.pad] });
    const order = largest_first(p).slice(0, count);
    return order.map((token) => ({ letter: this.letters[token], p: p[token] }));
  }

  get text() {
    return this.moments.map((moment) => moment.letter).join("");
  }
}

export default function characters(figure, stored) {
  const writer = new Writer(stored);
  let random = generator(7);
  let seed = 7;
  let stop = () => {};
  let unit = null; // the unit that colours the text
  let place = null; // the letter that is looked at; null: the last one
  let begun = []; // the letters of the field, and whether a sentence ends there: { letter, border }

  const field = text_field("Begin a sentence, and the network goes on", { value: "Yesterday, ", change: () => again() });
  const more = button("Write another", () => { seed += 1; again(); });
  more.classList.add("live-main");
  const temperature = slider("Temperature", { min: 0.2, max: 1.6, step: 0.1, value: 0.5, say: (v) => decimal(v, 1), change: () => again() });
  const length = slider("Length", { min: 20, max: 240, step: 10, value: 110, say: (v) => `${v} letters`, change: () => again() });

  const unseen = make("p", { class: "live-hint", hidden: "" });
  const written = make("div", { class: "live-written" });
  const spans = [];
  const legend = make("div", { class: "live-legend" });
  const cells = stored.order.map(() => make("span"));
  const grid = make("div", { class: "live-units" }, ...cells);
  const below = make("p", { class: "live-hint" });
  // the same buttons all the time, so that a letter that is written takes neither the focus nor a click
  const ways = Array.from({ length: 5 }, (_, i) => button("", () => choose(offered.at, offered.letters[i])));
  let offered = { at: 0, letters: [] };
  const next = make("div", { class: "live-next", role: "group", "aria-label": "Most likely next letters" }, ...ways);

  const name_of = (moment) => (moment.border ? "the end" : spoken(moment.letter));
  const value = (moment) => moment.units[stored.order[unit]];
  const colour = (moment) => (unit === null ? surprise(moment.p) : tint(value(moment), 55));

  function paint(from = 0) {
    for (let t = from; t < spans.length; t++) spans[t].style.backgroundColor = colour(writer.moments[t]);
  }
  function key() {
    const [left, right, gradient] = unit === null
      ? ["the network was sure", "surprised", "transparent, var(--live-red)"]
      : ["unit below zero", "above zero", "var(--live-red), transparent, var(--live-blue)"];
    const bar = make("i");
    bar.style.background = `linear-gradient(to right, ${gradient})`;
    const yours = make("span", {}, make("b", { class: "live-given" }, "bold"), ": your letters");
    legend.replaceChildren(make("span", {}, left, bar, right), yours);
  }
  function look() {
    const at = place === null ? writer.moments.length - 1 : place;
    spans.forEach((span, t) => span.classList.toggle("live-here", t === place));
    letters.set(place);
    const moment = writer.moments[at] || { letter: "", units: writer.now.state[0].a, next: writer.now.p };
    cells.forEach((cell, i) => {
      cell.style.setProperty("--value", tint(moment.units[stored.order[i]], 85));
      cell.classList.toggle("live-here", i === unit);
    });
    const known = unit === null ? "Point at a unit, and the text takes its colour." : `Unit ${unit + 1} ${said_of_unit(unit + 1)}.`;
    below.textContent = `The ${cells.length} units after ${moment.letter ? name_of(moment) : "nothing"}, slow ones first. ${known}`;
    options(moment, at);
  }
  function options(moment, at) {
    const likely = writer.likely(moment.next, ways.length);
    offered = { at, letters: likely.map(({ letter }) => letter) };
    likely.forEach(({ letter, p }, i) => {
      const shown = { " ": "space", "<EOS>": "end" }[letter] || letter;
      ways[i].setAttribute("aria-label", `${spoken(letter)}, ${percent(p)}`);
      ways[i].style.setProperty("--share", p);
      ways[i].replaceChildren(make("b", {}, shown), make("small", {}, rounded(p)));
    });
  }
  // the reader takes another way at this letter
  function choose(at, letter) {
    const next_one = letter === "<EOS>" ? { letter: " ", border: true } : { letter, border: false };
    begun = [...writer.moments.slice(0, at + 1), next_one];
    field.input.value = begun.map((one) => one.letter).join("");
    again();
  }
  // the field is read; up to where the reader changed it, sentences end where they did. The letters that the network has never seen come back
  function read_field() {
    const text = [...field.input.value];
    const changed = text.findIndex((letter, t) => letter !== begun[t]?.letter);
    begun = text.map((letter, t) => ({ letter, border: (changed < 0 || t < changed) && Boolean(begun[t].border) }));
    const unknown = [];
    for (const { letter, border } of begun) {
      if (border) writer.end_sentence(true);
      else if (!writer.read(letter, true)) unknown.push(letter);
    }
    return unknown;
  }
  function append() {
    for (let t = spans.length; t < writer.moments.length; t++) {
      const moment = writer.moments[t];
      const span = make("span", moment.given ? { class: "live-given" } : {}, moment.letter);
      span.style.backgroundColor = colour(moment);
      spans.push(span);
      written.append(span);
    }
    look();
  }
  function finish() {
    written.classList.remove("live-writing");
    const given = writer.moments.filter((moment) => moment.given).length;
    figure.say(`${unseen.textContent} The network wrote: ${writer.text.slice(given)}`.trim());
  }
  function again() {
    stop();
    random = generator(seed);
    writer.clear();
    place = null;
    const unknown = read_field();
    unseen.textContent = unknown.length ? `The network has never seen ${quoted(unknown)}: left out.` : "";
    unseen.hidden = !unknown.length;
    spans.length = 0;
    written.replaceChildren();
    append();
    figure.say(unseen.textContent);
    const total = Math.max(length.value, writer.moments.length + 10);
    // a sentence is not cut off, unless it goes on and on
    const one = () => {
      const ended = writer.write(random, temperature.value);
      return writer.moments.length < (ended ? total : total + 60);
    };
    if (reduced_motion()) {
      while (one());
      append();
      finish();
      return;
    }
    written.classList.add("live-writing");
    stop = figure.every(28, () => {
      const goes_on = one();
      append();
      if (!goes_on) finish();
      return goes_on;
    });
  }

  const features = choices("A unit that follows", ["probability", ...stored.features.map((one) => one.feature)], 0, (i) => {
    if (i === 0) units.clear();
    else units.go(1 + stored.order.indexOf(stored.features[i - 1].unit));
  });
  function said_of_unit(number) {
    const known = stored.features.filter((one) => one.unit === stored.order[number - 1]);
    return known.map((one) => `follows “${one.feature}”: correlation ${decimal(one.r)}`).join(", ") || "has no simple meaning that we looked for";
  }
  const units = pickable(grid, {
    label: "Unit that colours the text", min: 1, count: () => cells.length, below: (number, down) => number + 32 * down,
    at: (event) => {
      const box = grid.getBoundingClientRect();
      const column = Math.floor((event.clientX - box.left) / box.width * 32);
      const row = Math.floor((event.clientY - box.top) / box.height * (cells.length / 32));
      return column < 0 || column > 31 || row < 0 || row >= cells.length / 32 ? null : 1 + row * 32 + column;
    },
    say: (number) => `unit ${number}: ${said_of_unit(number)}`,
    pick: (number) => {
      unit = number - 1;
      const known = stored.features.findIndex((one) => one.unit === stored.order[unit]);
      features.set(known + 1 || -1);
      key(); paint(); look();
      if (!written.classList.contains("live-writing")) figure.say(`Unit ${number} of ${cells.length}: ${said_of_unit(number)}.`);
    },
    leave: () => { unit = null; features.set(0); key(); paint(); look(); },
  });
  const letters = pickable(written, {
    label: "Letter to look at", count: () => spans.length, below: (t, down) => in_lines(spans, t, down),
    at: (event) => {
      const found = spans.indexOf(document.elementFromPoint(event.clientX, event.clientY));
      return found < 0 ? null : found;
    },
    say: (t) => (writer.moments[t].border ? name_of(writer.moments[t]) : `${name_of(writer.moments[t])}, probability ${percent(writer.moments[t].p)}`),
    pick: (t) => { place = spans[t] ? t : null; look(); },
    leave: () => { place = null; look(); },
  });

  figure.show(
    make("div", { class: "live-controls" }, field.element, more),
    unseen, written, legend, grid, below,
    make("div", { class: "live-labelled" }, make("p", { class: "live-hint" }, "Colour the text by"), features.element),
    make("div", { class: "live-labelled" }, make("p", { class: "live-hint" }, "What may come next; choose another way"), next),
    make("div", { class: "live-controls" }, temperature.element, length.element),
  );
  figure.read_only();
  key();
  again();
}
