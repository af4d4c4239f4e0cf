// Lesson 7: a character model writes first names, letter by letter; each can be looked up among those that it was trained on.
import { filter_probabilities, generator, next_word, sample, unpack_params } from "./cells.js";
import { button, decimal, draw, make, percent, reduced_motion, rounded, slider, surprise } from "./figure.js";

const LONGEST = 20;
const KEPT = 8;
const capital = (letters) => (letters.length ? letters[0].toUpperCase() + letters.slice(1).join("") : "(an empty name)");

// the letters of one name with their probabilities, drawn at a temperature and among those that a nucleus keeps
export class Speller {
  constructor(stored) {
    this.letters = stored.vocabulary;
    this.names = new Set(stored.names);
    [this.pad, this.end] = ["<PAD>", "<EOS>"].map((name) => this.letters.indexOf(name));
    this.step = next_word(unpack_params(stored.params), stored.cell);
    this.begin();
  }

  begin() {
    [this.log_p, this.state] = this.step(null, null);
    this.written = [];
    this.done = false;
  }

  // what the next letter is drawn from
  next(temperature = 1, nucleus = 1) {
    return filter_probabilities(this.log_p.map(Math.exp), { temperature, nucleus: nucleus < 1 ? nucleus : null, reject: [this.pad] });
  }

  write(random, temperature, nucleus) {
    const p = this.next(temperature, nucleus);
    const token = sample(p, random);
    this.done = token === this.end || this.written.length + 1 === LONGEST;
    if (token === this.end) return;
    this.written.push({ letter: this.letters[token], p: p[token] });
    [this.log_p, this.state] = this.step(this.state, token);
  }

  get name() { return this.written.map((one) => one.letter); }
  get known() { return this.names.has(this.name.join("")); }
}

export default function speller(figure, stored) {
  const model = new Speller(stored);
  let [width, seed] = [700, 3];
  let random = generator(seed);
  let finished = [];
  let stop = () => {};

  const temperature = slider("Temperature", { min: 0.1, max: 2, step: 0.1, value: 1, say: (v) => decimal(v, 1), change: anew });
  const nucleus = slider("p of the probability", { min: 0.1, max: 1, step: 0.05, value: 1, say: (v) => (v < 1 ? decimal(v) : "all"), change: anew });
  const row = make("div", { class: "live-words live-spelled", role: "list", "aria-label": "The name so far" });
  const bars = draw("svg", { class: "live-chart", role: "img" });
  const lines = make("ol", { class: "live-lines live-names" });
  const count = make("p", { class: "live-hint" });
  const one = button("Next letter", () => { stop(); letter(); });
  const whole = button("Write a name", () => run(1));
  const many = button("Write 100 names", () => run(100));
  whole.classList.add("live-main");

  // names drawn with other settings are not counted together
  function anew() {
    stop();
    finished = [];
    paint();
  }
  function letter() {
    if (model.done) model.begin();
    model.write(random, temperature.value, nucleus.value);
    if (model.done) finish();
    paint();
    const last = model.written[model.written.length - 1];
    figure.say(model.done ? `${capital(model.name)}: ${said(model.known)}.` : `${last.letter}, ${percent(last.p)}.`);
  }
  const said = (known) => (known ? "a name of the training part" : "new");
  function finish() {
    finished.push({ name: capital(model.name), known: model.known });
  }
  function run(names) {
    stop();
    if (names > 1) finished = [];
    const until = finished.length + names;
    if (names > 1 || reduced_motion()) {
      while (finished.length < until) {
        if (model.done) model.begin();
        model.write(random, temperature.value, nucleus.value);
        if (model.done) finish();
      }
      paint();
      figure.say(summary());
      return;
    }
    stop = figure.every(350, () => {
      letter();
      return !model.done;
    });
  }
  function summary() {
    const last = finished[finished.length - 1];
    const unseen = finished.filter(({ known }) => !known).length;
    return `${last.name}: ${said(last.known)}. ${unseen} of ${finished.length} ${finished.length === 1 ? "name is" : "names are"} new.`;
  }

  function paint() {
    const cells = model.written.map(({ letter, p }) =>
      make("span", { role: "listitem", class: "live-letter", "--tint": surprise(p), "aria-label": `${letter}, ${percent(p)}` },
        make("b", {}, letter), make("small", {}, rounded(p))));
    if (model.done) cells.push(make("span", { role: "listitem", class: "live-letter" }, make("b", {}, "end"), make("small", {}, model.known ? "known" : "new")));
    row.replaceChildren(...cells);
    paint_bars();
    lines.replaceChildren(...finished.slice(-KEPT).map(({ name, known }) =>
      make("li", {}, known ? `${name} (known)` : name)));
    count.textContent = finished.length ? summary() : "No name is finished yet.";
  }
  function paint_bars() {
    const p = model.next(temperature.value, nucleus.value);
    const shown = Array.from(p, (value, i) => ({ value, name: i === model.end ? "end" : model.letters[i] })).filter((_, i) => i !== model.pad);
    const [height, foot, side] = [110, 18, width / shown.length];
    const most = Math.max(...shown.map(({ value }) => value));
    bars.setAttribute("viewBox", `0 0 ${width} ${height + foot}`);
    bars.replaceChildren(...shown.flatMap(({ value, name }, i) => [
      draw("rect", { x: i * side + 1, y: height - (height - 6) * value / most, width: side - 2, height: (height - 6) * value / most, rx: 2, class: "live-is" }),
      draw("text", { x: (i + 0.5) * side, y: height + 14, "text-anchor": "middle", class: value > 0 ? "" : "live-quiet" }, name === "end" ? "∎" : name),
    ]));
    const best = [...shown].sort((a, b) => b.value - a.value).slice(0, 3).map(({ value, name }) => `${name} ${percent(value)}`);
    bars.setAttribute("aria-label", `The next letter is drawn from these probabilities; the largest are ${best.join(", ")}`);
  }

  figure.read_only();
  figure.show(
    make("div", { class: "live-controls" }, whole, one, many), row, bars,
    make("p", { class: "live-hint" }, "Bars: what the next letter is drawn from; ∎ is the end of the name. A letter that was improbable has a stronger colour."),
    make("div", { class: "live-controls" }, temperature.element, nucleus.element), count, lines,
  );
  figure.on_resize((to) => { width = to; paint(); });
  figure.say("The first letter of a name is about to be drawn.");
}
