// Lesson 6: what a language model thinks of two sentences, word by word, and which words it would go on with.
import { next_word, unpack_params } from "./cells.js";
import { barred, button, decimal, draw, make, power_of_ten, split, text_field } from "./figure.js";

const PAIRS = [
  ["the apple and pear salad", "the apple and pair salad"],
  ["Todd met Pete", "toad met pit"],
  ["the wind blew from the sea", "the wind blue from the see"],
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

  // log P of each word and of the end after those before it, and of every word that could stand there
  read(words) {
    let [all, state] = this.step(null, null);
    const steps = words.map((word) => {
      const token = this.token(word);
      const one = { word, known: token !== this.index.get("<UNK>"), log_p: all[token], all };
      [all, state] = this.step(state, token);
      return one;
    });
    return { steps: [...steps, { word: "end", known: true, log_p: all[this.end], all, end: true }] };
  }

  likely(log_p, count) {
    const order = Array.from(log_p.keys()).filter((i) => !this.hidden.includes(i)).sort((i, j) => log_p[j] - log_p[i]);
    return order.slice(0, count).map((i) => ({ word: this.words[i], p: Math.exp(log_p[i]), end: i === this.end }));
  }
}

const ORDER = ["first", "second"];
// a factor from its logarithm to base 10, and a small share in per cent
const factor = (log10) => (log10 < 4 ? (10 ** log10).toFixed(log10 < 1 ? 1 : 0) : power_of_ten(log10));
const share = (p) => (p < 0.001 ? "< 0.1\u00a0%" : `${decimal(100 * p, p < 0.1 || p > 0.99 ? 1 : 0)}\u00a0%`);

// where two sentences of one length differ most: at most two words, with the factor that each makes
export function differences(first, second) {
  if (first.length !== second.length) return [];
  const all = first.map((one, t) => ({ t, log10: (one.log_p - second[t].log_p) / Math.LN10, words: [...new Set([one.word, second[t].word])] }));
  return all.filter(({ log10 }) => Math.abs(log10) > 0.3).sort((a, b) => Math.abs(b.log10) - Math.abs(a.log10)).slice(0, 2).sort((a, b) => a.t - b.t);
}

export const perplexity = (steps) => Math.exp(-steps.reduce((sum, one) => sum + one.log_p, 0) / steps.length);

export default function sentences(figure, stored) {
  const model = new LanguageModel(stored);
  const fields = ["First sentence", "Second sentence"].map((label, i) =>
    text_field(label, { value: PAIRS[0][i], change: () => paint(i) }));
  const rows = fields.map((_, i) => make("div", { class: `live-words ${["live-sentence-1", "live-sentence-2"][i]}`, role: "group", "aria-label": `${["First", "Second"][i]} sentence, word by word` }));
  const chart = draw("svg", { class: "live-chart", role: "img" });
  const verdict = make("p", { class: "live-score" });
  const where = make("p", { class: "live-hint" });
  const next = make("div", { class: "live-choices", role: "group", "aria-label": "Most likely words" });
  const hint = make("p", { class: "live-hint" });
  const pairs = PAIRS.map((pair) => button(pair.join(" / "), () => { fields.forEach((field, i) => { field.input.value = pair[i]; }); paint(0); }));
  let width = 700;
  let active = 0;
  let place = null; // the word that is looked at in the active sentence; null: its end, where a word may be added

  function card({ word, known, log_p, end }, t, i) {
    const p = Math.exp(log_p);
    const number = p < 0.001 ? power_of_ten(log_p / Math.LN10) : decimal(p, 3);
    const chosen = i === active && t === place;
    return make("button", {
      type: "button", class: "live-word", "aria-pressed": String(chosen), onclick: () => look(i, chosen || end ? null : t),
      "aria-label": `${word}${known ? "" : ", not in the vocabulary"}: ${number}`,
    }, ...barred(word, p, number, known ? (end ? "live-end" : null) : "live-unknown"));
  }
  function look(i, t) {
    paint(i, t);
    rows[i].children[t ?? rows[i].children.length - 1].focus();
    figure.say(`${hint.textContent}: ${Array.from(next.children, (one) => one.textContent).join(", ")}`);
  }
  function paint(which = active, at = null) {
    active = which;
    const read = fields.map((field) => model.read(split(field.input.value)));
    place = at;
    rows.forEach((row, i) => row.replaceChildren(...read[i].steps.map((one, t) => card(one, t, i))));
    const sums = read.map(({ steps }) => steps.reduce((list, one) => [...list, list[list.length - 1] + one.log_p / Math.LN10], [0]));
    product(sums, read);
    compare(sums.map((list) => list[list.length - 1]), read);
    offer(read[active].steps);
  }
  function compare([first, second], read) {
    const [more, less] = first >= second ? ORDER : [...ORDER].reverse();
    const ratio = Math.abs(first - second);
    verdict.textContent = ratio < 1e-9 ? "Both sentences have the same probability."
      : `The ${more} sentence is ${factor(ratio)} times as probable as the ${less} one: ${power_of_ten(first)} and ${power_of_ten(second)}.`;
    figure.say(verdict.textContent);
    const found = differences(read[0].steps, read[1].steps).map(({ log10, words }) =>
      `${words.join(" / ")} (${factor(Math.abs(log10))} times${log10 > 0 === first >= second ? "" : `, for the ${less} sentence`})`);
    where.textContent = `Perplexity ${read.map(({ steps }) => decimal(perplexity(steps), 1)).join(" and ")}.${found.length ? ` The difference comes from ${found.join(" and ")}.` : ""}`;
  }
  // the most likely words at the place that is looked at
  function offer(steps) {
    const sentence = `in the ${ORDER[active]} sentence; click a word to take it`;
    hint.textContent = place === null ? `What may come next ${sentence}` : `What could stand in place of “${steps[place].word}” ${sentence}`;
    const { all } = steps[place ?? steps.length - 1];
    next.replaceChildren(...model.likely(all, 6).map(({ word, p, end }) => {
      const label = [make("b", {}, end ? "end" : word), " ", make("small", {}, share(p))];
      if (end && place === null) return make("span", { class: "live-nothing" }, ...label); // it ends there already
      const one = button("", () => take(word, end), { name: `${end ? "end of the sentence" : word}, ${share(p)}` });
      one.append(...label);
      return one;
    }));
  }
  function take(word, end) {
    const words = split(fields[active].input.value);
    const at = place ?? words.length;
    words.splice(at, end ? words.length : 1, ...(end ? [] : [word]));
    fields[active].input.value = words.join(" ");
    paint(active, end || place === null ? null : at);
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
      parts.push(draw("text", { x: x(list.length - 1) + 9, y: y(ends[i]) + apart }, ORDER[i]));
    });
    chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
    chart.replaceChildren(...parts);
    chart.setAttribute("aria-label", read.map(({ steps: list }, i) => `${["First", "Second"][i]} sentence: ${list.map((one, t) => `${one.word} ${power_of_ten(sums[i][t + 1])}`).join(", ")}`).join(". "));
  }

  figure.read_only();
  figure.show(
    ...fields.flatMap((field, i) => [field.element, rows[i]]),
    make("div", { class: "live-labelled" }, make("p", { class: "live-hint" }, "The product of the probabilities, word by word"), chart), verdict, where,
    make("div", { class: "live-labelled" }, hint, next),
    make("div", { class: "live-labelled" }, make("p", { class: "live-hint" }, "Pairs that sound alike"), make("div", { class: "live-choices" }, ...pairs)),
  );
  fields.forEach((field, i) => field.input.addEventListener("focus", () => { if (active !== i) paint(i); }));
  figure.on_resize((to) => { width = to; paint(active, place); });
}
