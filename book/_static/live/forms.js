// Lesson 5: the forms that a recurrent network takes; step by step, which inputs an output can see, and how strongly.
import { argmax, output_forward, rnn_cell_forward, unpack_params } from "./cells.js";
import { button, choices, draw, make, pickable, rounded, slider } from "./figure.js";
import { one_hot, value_at } from "./series.js";

// each form with what it is used for, and the lengths that the reader may choose
export const FORMS = [
  { name: "one to one", example: "an ordinary network: one thing in, one thing out", x: false, y: false },
  { name: "one to many", example: "music: a genre goes in, notes come out; each output is the next input", x: false, y: true },
  { name: "many to one", example: "a review goes in, its stars come out", x: true, y: false },
  { name: "many to many, equal lengths", example: "words go in, one label for each comes out", x: true, y: false, equal: true },
  { name: "many to many, encoder and decoder", example: "a sentence goes in, its translation comes out", x: true, y: true },
];

// The steps of a form from left to right: which has an input, which an output, and where an output is fed back.
export function steps_of(form, T_x, T_y) {
  const step = (input, output, fed = false) => ({ input, output, fed });
  const times = (count, make_one) => Array.from({ length: count }, (_, t) => make_one(t));
  return [
    () => [step(1, 1)],
    () => times(T_y, (t) => step(t ? 0 : 1, t + 1, t > 0)),
    () => times(T_x, (t) => step(t + 1, t + 1 === T_x ? 1 : 0)),
    () => times(T_x, (t) => step(t + 1, t + 1)),
    () => [...times(T_x, (t) => step(t + 1, 0)), ...times(T_y, (t) => step(0, t + 1, t > 0))],
  ][form]();
}

// the inputs x<1>, x<2>, ... that reach output k, and the outputs that were fed back into it
export function seen_by(steps, k) {
  const at = steps.findIndex((one) => one.output === k);
  const before = steps.slice(0, at + 1);
  return {
    inputs: before.filter((one) => one.input).map((one) => one.input),
    outputs: before.map((one, t) => (one.fed ? steps[t - 1].output : 0)).filter(Boolean),
  };
}

// the outputs of a network in this form: a step without an input of its own reads the most probable output before it, one-hot, or nothing
export function run_form(steps, x, params) {
  let a = new Float64Array(params.Waa.rows);
  let y_hat = null;
  const outputs = [];
  for (const step of steps) {
    const nothing = new Float64Array(params.Wax.cols);
    ({ a_next: a } = rnn_cell_forward(step.input ? x[step.input - 1] : step.fed ? one_hot(argmax(y_hat), y_hat.length) : nothing, a, params));
    y_hat = output_forward(a, params);
    if (step.output) outputs.push(y_hat);
  }
  return outputs;
}

// how far output k moves, at most, when one input is replaced: the probability that changes hands, for each input
export function effects(steps, values, k, params) {
  const outputs = (list) => run_form(steps, list.map((value) => one_hot(value, 3)), params)[k - 1];
  const before = outputs(values);
  return values.map((value, i) => Math.max(...[0, 1, 2].map((other) => {
    const after = outputs(values.map((one, j) => (j === i ? other : one)));
    return before.reduce((sum, p, row) => sum + Math.abs(p - after[row]) / 2, 0);
  })));
}

export default function forms(figure, stored) {
  const params = unpack_params(stored.params);
  let [form, at, output, width] = [3, 0, null, 700];
  let effect = [];
  const picture = draw("svg", { class: "live-chart live-forms" });
  const chosen = choices("Form", FORMS.map((one) => one.name), form, (i) => { form = i; reset(); });
  const T_x = slider("Inputs", { min: 2, max: 6, step: 1, value: 4, say: String, change: reset });
  const T_y = slider("Outputs", { min: 2, max: 6, step: 1, value: 3, say: String, change: reset });
  const back = button("Back", () => go(at - 1));
  const next = button("Next step", () => go(at + 1));
  next.classList.add("live-main");
  const used = make("p", { class: "live-hint" });
  const hint = make("p", { class: "live-hint" }, "Click an output: below each input stands how much of the output’s probability moves, at most, when that input is replaced. Above each output that has been computed stands its most probable number, which is what is fed back. The weights are those of the network that continues 0, 1, 2, 1.");
  const steps = () => steps_of(form, T_x.value, T_y.value);
  const values = () => steps().filter((one) => one.input).map((_, t) => value_at(0, t));

  function reset() {
    output = null;
    T_x.element.hidden = !FORMS[form].x;
    T_y.element.hidden = !FORMS[form].y;
    used.textContent = `For example: ${FORMS[form].example}.`;
    go(0);
  }
  function go(to) {
    output = null;
    const all = steps();
    at = Math.max(0, Math.min(all.length, to));
    paint();
    if (at === 0) figure.say("Nothing has been read. Go step by step, or choose an output to see which inputs it can see.");
    else {
      const { input, output: out, fed } = all[at - 1];
      const read = input ? `x<${input}> is read` : fed ? "the output before is read" : "no input";
      figure.say(`Step ${at}: ${read}, the state goes on${out ? `, and ŷ<${out}> comes out` : ", and nothing comes out yet"}.`);
    }
  }
  function ask(k) {
    output = k;
    at = steps().length;
    effect = effects(steps(), values(), k, params);
    paint();
    const { inputs, outputs } = seen_by(steps(), k);
    const range = (letter, list) => (list.length === 1 ? `${letter}<${list[0]}>` : `${letter}<${list[0]}> to ${letter}<${list[list.length - 1]}>`);
    const also = outputs.length ? `, and what was written before: ${range("ŷ", outputs)}` : "";
    const strongest = inputs.reduce((best, i) => (effect[i - 1] > effect[best - 1] ? i : best), inputs[0]);
    const strength = inputs.length > 1 ? ` Most depends on x<${strongest}>: replacing it moves up to ${rounded(effect[strongest - 1])} of the probability.` : "";
    figure.say(`ŷ<${k}> can see ${range("x", inputs)}${also}.${strength}`);
  }
  function paint() {
    const all = steps();
    back.setAttribute("aria-disabled", String(at === 0));
    next.setAttribute("aria-disabled", String(at === all.length));
    const gap = Math.min(96, (width - 10) / all.length);
    const left = (width - gap * all.length) / 2;
    const x = (t) => left + gap * (t + 0.5);
    const size = Math.min(54, gap - 14);
    const rows = { y: 40, a: 124, x: 208 };
    const coloured = { y: "live-node-y", a: "live-node-a", x: "" };
    const written = run_form(all, values().map((value) => one_hot(value, 3)), params);
    const until = output === null ? all.length : all.findIndex((one) => one.output === output) + 1;
    const sees = output === null ? null : seen_by(all, output);
    const parts = [];
    const arrow = (x1, y1, x2, y2, lit) => parts.push(draw("line", { x1, y1, x2, y2, class: `live-arrow${lit ? " live-touched" : ""}`, "marker-end": "url(#live-tip)" }));
    const box = (row, t, letter, number, lit, done) => {
      parts.push(draw("rect", { x: x(t) - size / 2, y: rows[row] - 20, width: size, height: 40, rx: 9, class: `live-node ${coloured[row]}${lit ? " live-lit" : ""}${done ? "" : " live-future"}` }));
      parts.push(draw("text", { x: x(t), y: rows[row] + 5, "text-anchor": "middle", class: done ? "" : "live-quiet" },
        draw("tspan", { "font-style": "italic" }, letter), draw("tspan", { dy: -6, "font-size": 11 }, `<${number}>`)));
    };
    all.forEach((one, t) => {
      const lit = sees !== null && t < until;
      const done = t < at;
      if (t) arrow(x(t - 1) + size / 2, rows.a, x(t) - size / 2 - 4, rows.a, lit);
      if (one.input) arrow(x(t), rows.x - 20, x(t), rows.a + 25, lit);
      if (one.output) arrow(x(t), rows.a - 20, x(t), rows.y + 25, sees !== null && (one.output === output || (t + 1 < until && all[t + 1].fed)));
      if (one.fed) {
        const middle = (x(t - 1) + x(t)) / 2;
        parts.push(draw("path", {
          d: `M${x(t - 1) + size / 2} ${rows.y}H${middle}V${rows.x - 26}H${x(t)}V${rows.a + 25}`, class: `live-fed${lit ? " live-touched" : ""}`, "marker-end": "url(#live-tip)",
        }));
      }
      box("a", t, "a", t + 1, lit, done);
      if (one.input) {
        box("x", t, "x", one.input, lit, done);
        parts.push(draw("text", { x: x(t), y: rows.x + 38, "text-anchor": "middle", class: "live-quiet" }, `= ${value_at(0, one.input - 1)}`));
        if (sees) {
          const share = effect[one.input - 1];
          parts.push(draw("rect", { x: x(t) - size / 2, y: rows.x + 46, width: size, height: 8, rx: 4, class: "live-trough" }));
          parts.push(draw("rect", { x: x(t) - size / 2, y: rows.x + 46, width: size * share, height: 8, rx: 4, class: "live-effect" }));
          parts.push(draw("text", { x: x(t), y: rows.x + 70, "text-anchor": "middle" }, rounded(share)));
        }
      }
      if (one.output) {
        box("y", t, "ŷ", one.output, one.output === output, done);
        if (done) parts.push(draw("text", { x: x(t), y: 13, "text-anchor": "middle", class: "live-quiet" }, `says ${argmax(written[one.output - 1])}`));
      }
    });
    const tip = draw("marker", { id: "live-tip", viewBox: "0 0 8 8", refX: 5, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" }, draw("path", { d: "M0 0L8 4L0 8Z" }));
    picture.setAttribute("viewBox", `0 0 ${width} 282`);
    picture.replaceChildren(draw("defs", {}, tip), ...parts);
    spot.set(output === null ? null : output);
  }
  const outputs = () => steps().filter((one) => one.output);
  const spot = pickable(picture, {
    label: "Output to ask about", min: 1, count: () => outputs().length,
    at: (event) => {
      const all = steps();
      const box = picture.getBoundingClientRect();
      const gap = Math.min(96, (width - 10) / all.length);
      const t = Math.floor((event.clientX - box.left - (box.width - gap * all.length) / 2) / gap);
      return event.type === "pointerdown" && all[t] && all[t].output ? all[t].output : null;
    },
    say: (k) => { const { inputs } = seen_by(steps(), k); return `output ${k} sees ${inputs.length} of the inputs`; },
    pick: ask,
  });

  figure.show(
    chosen.element, used, picture, hint,
    make("div", { class: "live-controls" }, back, next, T_x.element, T_y.element),
  );
  figure.on_resize((to) => { width = to; paint(); });
  reset();
  ask(2);
}
