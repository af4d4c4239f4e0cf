// Lesson 7: the next word's distribution with temperature, k and p to move, drawn from many times; and whole sentences.
import { filter_probabilities, generator, largest_first, sample } from "./cells.js";
import { button, decimal, draw, make, reduced_motion, rounded, slider, split, text_field } from "./figure.js";
import { LanguageModel } from "./sentences.js";

const SHOWN = 12;
const DRAWS = 200;

// what `sample` gets from the three sliders; k = 0 and p = 1 cut nothing off
export const options_of = (temperature, k, p, reject) => ({ temperature, top_k: k || null, nucleus: p < 1 ? p : null, reject });

// a sentence from a beginning, until its end or so many words
export function write(model, words, random, options, most = 20) {
  let [log_p, state] = model.step(null, null);
  const written = [...words];
  for (const word of words) [log_p, state] = model.step(state, model.token(word));
  while (written.length < most) {
    const token = sample(log_p.map(Math.exp), random, options);
    if (token === model.end) break;
    written.push(model.words[token]);
    [log_p, state] = model.step(state, token);
  }
  return written;
}

export default function sampling(figure, stored) {
  const model = new LanguageModel(stored);
  let [width, seed] = [700, 0];
  let counts = new Map();
  let stop = () => {};

  const field = text_field("The words so far", { value: "Anna", change: restart });
  const temperature = slider("Temperature", { min: 0.1, max: 3, step: 0.1, value: 1, say: (v) => decimal(v, 1), change: restart });
  const k = slider("k most probable words", { min: 0, max: SHOWN, step: 1, value: 0, say: (v) => (v ? String(v) : "all"), change: restart });
  const p = slider("p of the probability", { min: 0.1, max: 1, step: 0.05, value: 1, say: (v) => (v < 1 ? decimal(v) : "all"), change: restart });
  const bars = draw("svg", { class: "live-chart", role: "img" });
  const many = button(`Draw ${DRAWS} words`, draw_many);
  many.classList.add("live-main");
  const whole = button("Write five sentences", write_some);
  const lines = make("ol", { class: "live-lines" });
  const options = () => options_of(temperature.value, k.value, p.value, model.hidden);

  function distribution() {
    const log_p = model.read(split(field.input.value)).steps.at(-1).all;
    const before = filter_probabilities(log_p.map(Math.exp), { reject: model.hidden });
    const after = filter_probabilities(log_p.map(Math.exp), options());
    const order = largest_first(before).slice(0, SHOWN);
    return { before, after, order };
  }
  function restart() {
    stop();
    counts = new Map();
    paint();
    const { after, order } = distribution();
    const possible = after.filter((value) => value > 0).length;
    figure.say(`Most probable: ${name_of(order[0])}, ${rounded(after[order[0]])}. ${possible} ${possible === 1 ? "word" : "words"} can be drawn.`);
  }
  const name_of = (token) => (token === model.end ? "end" : model.words[token]);

  function paint() {
    const { before, after, order } = distribution();
    const rest = (values) => values.reduce((sum, value, i) => sum + (order.includes(i) ? 0 : value), 0);
    const total = [...counts.values()].reduce((sum, value) => sum + value, 0);
    const rows = [...order.map((i) => ({ name: name_of(i), was: before[i], is: after[i], drawn: counts.get(i) || 0 }))];
    const others = total - rows.reduce((sum, row) => sum + row.drawn, 0);
    rows.push({ name: "others", was: rest(before), is: rest(after), drawn: others });
    const [left, height] = [86, 26];
    const scale = (width - left - 52) / Math.max(0.01, ...rows.map((row) => Math.max(row.was, row.is, total ? row.drawn / total : 0)));
    const parts = rows.flatMap((row, i) => {
      const y = 4 + i * height;
      const drawn = total ? [draw("circle", { cx: left + scale * row.drawn / total, cy: y + 9, r: 5, class: "live-drawn" })] : [];
      return [
        draw("text", { x: left - 10, y: y + 14, "text-anchor": "end", class: row.is > 0 ? "" : "live-quiet" }, row.name),
        draw("rect", { x: left, y, width: scale * row.is, height: 18, rx: 3, class: "live-is" }),
        draw("rect", { x: left, y, width: Math.max(1, scale * row.was), height: 18, rx: 3, class: "live-was" }),
        ...drawn,
        draw("text", { x: left + scale * Math.max(row.is, row.was, total ? row.drawn / total : 0) + 10, y: y + 14, class: "live-quiet" }, rounded(row.is)),
      ];
    });
    bars.setAttribute("viewBox", `0 0 ${width} ${rows.length * height + 4}`);
    bars.replaceChildren(...parts);
    bars.setAttribute("aria-label", rows.map((row) => `${row.name} ${rounded(row.is)}${total ? `, drawn ${row.drawn} times` : ""}`).join("; "));
  }
  function draw_many() {
    stop();
    counts = new Map();
    const { after } = distribution();
    const random = generator(++seed);
    let drawn = 0;
    const one = () => {
      const token = sample(after, random);
      counts.set(token, (counts.get(token) || 0) + 1);
      drawn += 1;
    };
    const done = () => {
      const [token, count] = [...counts].sort((a, b) => b[1] - a[1])[0];
      figure.say(`${DRAWS} words drawn, ${counts.size} different ones; most often ${name_of(token)}, ${count} times.`);
    };
    if (reduced_motion()) {
      while (drawn < DRAWS) one();
      paint();
      done();
      return;
    }
    stop = figure.every(30, () => {
      for (let i = 0; i < 4; i++) one();
      paint();
      if (drawn < DRAWS) return true;
      done();
      return false;
    });
  }
  function write_some() {
    const random = generator(++seed);
    const written = Array.from({ length: 5 }, () => write(model, split(field.input.value), random, options()));
    lines.replaceChildren(...written.map((words) => make("li", {}, words.join(" "))));
    figure.say(`Five sentences: ${written.map((words) => words.join(" ")).join("; ")}.`);
  }

  figure.read_only();
  figure.show(
    field.element, bars,
    make("p", { class: "live-hint" }, "Bars: the probabilities that are drawn from. Outlines: those of the network, at temperature 1 and with nothing cut off. Dots: how often a word was drawn."),
    make("div", { class: "live-controls" }, temperature.element, k.element, p.element),
    make("div", { class: "live-controls" }, many, whole), lines,
  );
  figure.on_resize((to) => { width = to; paint(); });
  restart();
}
