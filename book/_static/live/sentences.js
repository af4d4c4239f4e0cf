// Lesson 6: what a language model thinks of two sentences, word by word, and which words it would go on with.
import { next_word, unpack_params } from "./cells.js";
import { button, decimal, draw, make, percent, power_of_ten, rounded, text_field } from "./figure.js";

const PAIRS = [
  ["the apple and pear salad", "the apple and pair salad"],
  ["Todd met Pete", "toad met pit"],
  ["the wind blew over the sea", "the wind blue over the see"],
];

export class LanguageModel {
  constructor(stored) {
    this.words = stored.vocabulary;
    this.index = new Map(this.words.map((word, i) => [word, i]));
    this.end = this.index.get("<EOS>");
    this.hidden = ["<PAD>", "<UNK>"].map((name) => this.index.get(name));
    this.step = next_word(unpack_params(stored.params), stored.cell);
  }

  // a word as the vocabulary has it, in small letters otherwise, <UNK> for all others
  token(word) {
    return this.index.get(word) ?? this.index.get(word.toLowerCase()) ?? this.index.get("<UNK>");
  }

  // log P of each word and of the end after those before it, and of every word that may come next
  read(words) {
    let [log_p, state] = this.step(null, null);
    const steps = words.map((word) => {
      const token = this.token(word);
      const one = { word, known: token !== this.index.get("<UNK>"), log_p: log_p[token] };
      [log_p, state] = this.step(state, token);
      return one;
    });
    return { steps: [...steps, { word: "end", known: true, log_p: log_p[this.end], end: true }], next: log_p };
  }

  likely(log_p, count) {
    const order = Array.from(log_p.keys()).filter((i) => !this.hidden.includes(i)).sort((i, j) => log_p[j] - log_p[i]);
    return order.slice(0, count).map((i) => ({ word: this.words[i], p: Math.exp(log_p[i]), end: i === this.end }));
  }
}

export const split = (text) => text.trim().split(/\s+/).filter(Boolean);

export default function sentences(figure, stored) {
  const model = new LanguageModel(stored);
  const fields = ["First sentence", "Second sentence"].map((label, i) =>
    text_field(label, { value: PAIRS[0][i], change: () => paint(i) }));
  const rows = fields.map((_, i) => make("div", { class: `live-words live-sentence-${i + 1}`, role: "list", "aria-label": `${["First", "Second"][i]} sentence, word by word` }));
  const chart = draw("svg", { class: "live-chart", role: "img" });
  const verdict = make("p", { class: "live-score" });
  const next = make("div", { class: "live-choices", role: "group", "aria-label": "Most likely next words" });
  const hint = make("p", { class: "live-hint" });
  const pairs = PAIRS.map((pair) => button(pair.join(" / "), () => { fields.forEach((field, i) => { field.input.value = pair[i]; }); paint(0); }));
  let width = 700;
  let active = 0;

  function card({ word, known, log_p, end }) {
    const p = Math.exp(log_p);
    return make("span", {
      role: "listitem", class: "live-word", "aria-label": `${word}${known ? "" : ", not in the vocabulary"}: ${percent(p)}`,
    }, make("b", { class: known ? (end ? "live-end" : null) : "live-unknown" }, word), make("span", { class: "live-bar", "--share": p }), make("small", {}, p < 0.001 ? power_of_ten(log_p / Math.LN10) : decimal(p, 3)));
  }
  function paint(which = active) {
    active = which;
    const read = fields.map((field) => model.read(split(field.input.value)));
    rows.forEach((row, i) => row.replaceChildren(...read[i].steps.map(card)));
    const sums = read.map(({ steps }) => steps.reduce((list, one) => [...list, list[list.length - 1] + one.log_p / Math.LN10], [0]));
    product(sums, read);
    const [first, second] = sums.map((list) => list[list.length - 1]);
    const [more, less] = first >= second ? ["first", "second"] : ["second", "first"];
    const ratio = Math.abs(first - second);
    const times = ratio < 4 ? (10 ** ratio).toFixed(ratio < 1 ? 1 : 0) : power_of_ten(ratio);
    verdict.textContent = ratio < 1e-9 ? "Both sentences have the same probability."
      : `The ${more} sentence is ${times} times as probable as the ${less} one: ${power_of_ten(first)} and ${power_of_ten(second)}.`;
    figure.say(verdict.textContent);
    hint.textContent = `What may come next in the ${["first", "second"][active]} sentence; click a word to take it`;
    next.replaceChildren(...model.likely(read[active].next, 6).map(({ word, p, end }) => {
      const one = button("", () => take(word, end), { name: `${end ? "end of the sentence" : word}, ${percent(p)}` });
      one.append(make("b", {}, end ? "end" : word), " ", make("small", {}, rounded(p)));
      return one;
    }));
  }
  function take(word, end) {
    if (end) return;
    fields[active].input.value = `${fields[active].input.value.trim()} ${word}`.trim();
    paint();
    next.querySelector("button").focus();
  }
  // the products of the probabilities so far, on a logarithmic axis
  function product(sums, read) {
    const [height, left] = [156, 58];
    const low = Math.min(-4, Math.floor(Math.min(...sums.flat()) / 4) * 4);
    const steps = Math.max(...sums.map((list) => list.length)) - 1;
    const x = (t) => left + (width - left - 70) * t / steps;
    const y = (value) => 12 + (height - 22) * value / low;
    const ticks = Array.from({ length: Math.round(-low / 4) + 1 }, (_, i) => -4 * i);
    const parts = ticks.flatMap((tick) => [
      draw("line", { x1: left, x2: width, y1: y(tick), y2: y(tick), class: "live-axis" }),
      draw("text", { x: left - 8, y: y(tick) + 4, "text-anchor": "end", class: "live-quiet" }, tick ? power_of_ten(tick).replace("1.0 · ", "") : "1"),
    ]);
    const ends = sums.map((list) => list[list.length - 1]);
    sums.forEach((list, i) => {
      parts.push(draw("path", { d: list.map((value, t) => `${t ? "L" : "M"}${x(t).toFixed(1)} ${y(value).toFixed(1)}`).join(""), class: `live-line live-of-${i + 1}` }));
      list.forEach((value, t) => parts.push(draw("circle", { cx: x(t), cy: y(value), r: 3.5, class: `live-point live-of-${i + 1}` })));
      const apart = Math.abs(y(ends[0]) - y(ends[1])) < 16 ? (ends[i] >= ends[1 - i] && !(i && ends[0] === ends[1]) ? -9 : 11) : 4;
      parts.push(draw("text", { x: x(list.length - 1) + 9, y: y(ends[i]) + apart }, ["first", "second"][i]));
    });
    chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
    chart.replaceChildren(...parts);
    chart.setAttribute("aria-label", read.map(({ steps: list }, i) => `${["First", "Second"][i]} sentence: ${list.map((one, t) => `${one.word} ${power_of_ten(sums[i][t + 1])}`).join(", ")}`).join(". "));
  }

  figure.read_only();
  figure.show(
    ...fields.flatMap((field, i) => [field.element, rows[i]]),
    make("div", { class: "live-labelled" }, make("p", { class: "live-hint" }, "The product of the probabilities, word by word"), chart), verdict,
    make("div", { class: "live-labelled" }, hint, next),
    make("div", { class: "live-labelled" }, make("p", { class: "live-hint" }, "Pairs that sound alike"), make("div", { class: "live-choices" }, ...pairs)),
  );
  fields.forEach((field, i) => field.input.addEventListener("focus", () => { if (active !== i) paint(i); }));
  figure.on_resize((to) => { width = to; paint(); });
}
