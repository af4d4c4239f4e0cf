// Lesson 9, be the gate: a GRU reads a sentence up to its verb, and the reader sets its update gate word by word.
import { embedding, gru_cell_forward, output_forward, part, sigmoid, unpack_params } from "./cells.js";
import { barred, button, choices, decimal, draw, labelled, make, once_a_frame, percent, slider } from "./figure.js";

const KINDS = ["word alone", "whole"]; // what the candidate sees
const NAMES = { "word alone": "the word alone", whole: "memory and word" };
const RESETS = ["before", "after"];
const VERBS = ["was", "were"];
const HALF = 0.5;

// what the output layer reads in a memory: the logarithm of P(was) / P(were)
export function reading(params, c) {
  const z = output_forward(c, params, { logits: true });
  return z[0] - z[1];
}

// as seqlib.book.gate.read, for one sentence: gates[t] is one number for all units, or null where the network's own gate acts
export function read(params, tokens, gates = null, reset = "before") {
  const own = part(params, "1/");
  let c = new Float64Array(own.Wu.rows);
  return tokens.map((token, t) => {
    const { a_next, gamma_u, gamma_r, c_tilde } = gru_cell_forward(embedding(params.E, token), c, own, reset);
    const gate = gates ? gates[t] : null;
    const before = c;
    c = gate === null ? a_next : before.map((value, i) => gate * c_tilde[i] + (1 - gate) * value);
    return { gamma_u, gamma_r, c, candidate: reading(params, c_tilde), memory: reading(params, c) };
  });
}

const said_number = (value) => `${value > 0 ? "+" : ""}${decimal(value, 1)}`;

export default function gate(figure, stored) {
  const soon = once_a_frame(() => paint());
  const networks = Object.fromEntries(KINDS.map((kind) => [kind, unpack_params(stored.networks[kind].params)]));
  const index = new Map(stored.words.map((word, i) => [word, i]));
  const sentences = stored.sentences.map((text) => text.split(" "));
  const labels = stored.labels;
  const how = { sentence: 0, kind: KINDS[0], reset: RESETS[0], chosen: 1, shown: false };
  let gates = sentences[0].map(() => HALF);

  const row = make("div", { class: "live-words", role: "group", "aria-label": "The sentence, each word with its update gate" });
  const dial = slider("", { min: 0, max: 1, step: 0.01, value: HALF, say: (v) => v.toFixed(2), change: (v) => { gates[how.chosen] = v; soon(); } });
  const dial_label = dial.element.querySelector("label");
  const chart = draw("svg", { class: "live-chart", role: "img" });
  const verdict = make("p", { class: "live-score" });
  const found = make("p", { class: "live-hint" });
  const all = (value) => () => { gates = gates.map(() => value); dial.set(value); paint(); };
  const trained = button("What training found", () => { how.shown = !how.shown; trained.setAttribute("aria-pressed", String(how.shown)); paint(); }, { pressed: false });
  const option = (label, texts, at, choose) => {
    const made = choices(label, texts, at, (i) => { choose(i); paint(); });
    return labelled(label, made.element);
  };
  const subjects = option("Sentence", sentences.map((words) => words.slice(0, 2).join(" ")), 0, (i) => {
    how.sentence = i;
    how.chosen = 1;
    gates = sentences[i].map(() => HALF);
    dial.set(HALF);
  });
  const kinds = option("The candidate sees", KINDS.map((kind) => NAMES[kind]), 0, (i) => { how.kind = KINDS[i]; });
  const resets = option("The reset gate acts", ["before the product", "after it"], 0, (i) => { how.reset = RESETS[i]; });

  function choose(t) {
    how.chosen = t;
    dial.set(gates[t]);
    paint();
    row.children[t].focus();
  }

  function card(word, t, own) {
    const share = gates[t];
    const small = how.shown ? `${share.toFixed(2)} / ${own.toFixed(2)}` : share.toFixed(2);
    return make("button", {
      type: "button", class: "live-word live-gated", "aria-pressed": String(t === how.chosen), onclick: () => choose(t),
      "aria-label": `${word}: your gate ${share.toFixed(2)}${how.shown ? `, the deciding unit’s own ${own.toFixed(2)}` : ""}`,
    }, ...barred(word, share, small));
  }

  function paint() {
    const words = sentences[how.sentence];
    const tokens = words.map((word) => index.get(word));
    const params = networks[how.kind];
    const yours = read(params, tokens, gates, how.reset);
    const own = read(params, tokens, null, how.reset);
    const held = document.activeElement && row.contains(document.activeElement);
    dial_label.textContent = `Update gate at “${words[how.chosen]}”`;
    const p = sigmoid(Float64Array.of(yours[words.length - 1].memory))[0];
    const verb = make("span", { class: "live-word live-gated" }, ...barred(VERBS[p >= 0.5 ? 0 : 1], Math.max(p, 1 - p), percent(Math.max(p, 1 - p))));
    row.replaceChildren(...words.map((word, t) => card(word, t, own[t].gamma_u[stored.networks[how.kind].unit])), verb);
    if (held) row.children[how.chosen].focus();
    paint_tank(params, words, yours, own);
    score(words, yours, own, tokens);
  }

  function score(words, yours, own, tokens) {
    const label = labels[how.sentence];
    const p_of = (steps) => sigmoid(Float64Array.of(steps[steps.length - 1].memory * (label ? -1 : 1)))[0];
    const [mine, theirs] = [p_of(yours), p_of(own)];
    verdict.textContent = `${words.slice(0, 2).join(" ")} … ${VERBS[label]}: your gates give the right verb ${percent(mine)}.`;
    const other = read(networks[how.kind], tokens, null, RESETS[1 - RESETS.indexOf(how.reset)]);
    const apart = Math.max(...own.flatMap((step, t) => [...step.c].map((value, i) => Math.abs(value - other[t].c[i]))));
    const differ = apart < 1e-9 ? "The reset gate has nothing to act on here: before and after give the same numbers."
      : `With the reset on the other side of the product, the same weights give memories that differ by up to ${apart.toFixed(2)}.`;
    found.textContent = how.shown ? `The network’s own gates, after the slash those of the unit that decides most, give it ${percent(theirs)}. ${differ}` : differ;
    const at = yours[how.chosen];
    figure.say(`${words[how.chosen]}: gate ${gates[how.chosen].toFixed(2)}, the memory reads ${said_number(at.memory)}. ${verdict.textContent}${how.shown ? ` ${found.textContent}` : ""}`);
  }

  // the tank with the level at the chosen word, and the level after every word
  function paint_tank(params, words, yours, own) {
    const width = Math.round(chart.clientWidth) || 640;
    const [top, tall, tank] = [14, 150, width < 480 ? 46 : 80];
    const most = params.Wy.data.slice(0, params.Wy.cols).reduce((sum, value, i) => sum + Math.abs(value - params.Wy.data[params.Wy.cols + i]), 0);
    const y = (value) => top + tall / 2 - (tall / 2) * Math.max(-1, Math.min(1, value / most));
    const left = tank + 62;
    const x = (t) => left + (width - left - 14) * (t / (words.length - 1));
    const at = yours[how.chosen];
    const line = (steps) => steps.map((step, t) => `${t ? "L" : "M"}${x(t).toFixed(1)} ${y(step.memory).toFixed(1)}`).join("");
    const parts = [
      draw("rect", { x: 44, y: top, width: tank, height: tall, rx: 8, class: "live-glass" }),
      draw("rect", { x: 44, y: Math.min(y(0), y(at.memory)), width: tank, height: Math.abs(y(0) - y(at.memory)), class: at.memory >= 0 ? "live-water live-was-water" : "live-water live-were-water" }),
      draw("path", { d: `M${36} ${y(at.candidate)}H${44 + tank + 8}`, class: "live-candidate" }),
      draw("text", { x: 38, y: top + 11, "text-anchor": "end" }, "was"),
      draw("text", { x: 38, y: y(0) + 4, "text-anchor": "end", class: "live-quiet" }, "0"),
      draw("text", { x: 38, y: top + tall - 2, "text-anchor": "end" }, "were"),
      draw("line", { x1: 44, x2: width, y1: y(0), y2: y(0), class: "live-axis live-one" }),
      draw("line", { x1: x(how.chosen), x2: x(how.chosen), y1: top, y2: top + tall, class: "live-axis live-dotted" }),
      ...(how.shown ? [draw("path", { d: line(own), class: "live-line live-of-2" })] : []),
      draw("path", { d: line(yours), class: "live-line live-of-1" }),
      ...yours.flatMap((step, t) => [
        draw("path", { d: `M${x(t) - 6} ${y(step.candidate)}H${x(t) + 6}`, class: "live-candidate" }),
        draw("circle", { cx: x(t), cy: y(step.memory), r: t === how.chosen ? 6 : 4, class: `live-point live-of-1${t === how.chosen ? " live-chosen" : ""}` }),
        draw("text", { x: x(t), y: top + tall + 18, "text-anchor": "middle", class: "live-quiet" }, String(t + 1)),
      ]),
      draw("text", { x: 44 + tank / 2, y: top + tall + 18, "text-anchor": "middle", class: "live-quiet" }, `after ${how.chosen + 1}`),
    ];
    chart.setAttribute("viewBox", `0 0 ${width} ${top + tall + 26}`);
    chart.setAttribute("aria-label", `What the memory reads after each word, above 0 for was, below 0 for were: ${words.map((word, t) => `${word} ${said_number(yours[t].memory)}`).join(", ")}`);
    chart.replaceChildren(...parts);
  }

  figure.read_only();
  figure.show(
    make("div", { class: "live-controls" }, subjects, kinds, resets),
    row,
    make("div", { class: "live-controls" }, dial.element, make("div", { class: "live-choices", role: "group", "aria-label": "All gates" },
      button("close all", all(0)), button("half open", all(HALF)), button("open all", all(1)), trained)),
    make("div", { class: "live-labelled" }, make("p", { class: "live-legend" },
      make("span", {}, make("i", { class: "live-key-memory" }), "memory"), make("span", {}, make("i", { class: "live-key-candidate" }), "candidate"),
      make("span", {}, make("i", { class: "live-key-own" }), "memory by the network’s own gates")), chart),
    verdict, found,
  );
  figure.on_resize(paint);
}
