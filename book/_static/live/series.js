// Lesson 3: the network that continues 0, 1, 2, 1, unrolled; its weights can be dragged, and it can learn them again.
import { add, generator, matrix, output_forward, log_softmax, product_transposed, rnn_backward, rnn_cell_backward, sequence_forward, unpack_params } from "./cells.js";
import { button, choices, decimal, draw, is_shortcut, make, percent, reduced_motion, tint } from "./figure.js";

export const SERIES = [0, 1, 2, 1];
const UPDATES = 200;
const NO_MEMORY = Math.log(2) / 2; // the best loss without memory: a coin toss after every 1
const NAMES = {
  Wax: ["W", "ax", "input to state"], Waa: ["W", "aa", "state to state"], ba: ["b", "a", "bias"],
  Wya: ["W", "ya", "state to output"], by: ["b", "y", "bias"],
};

export const value_at = (start, t) => SERIES[(start + t) % 4];
export function one_hot(index, n) {
  const x = new Float64Array(n);
  x[index] = 1;
  return x;
}

// the states and outputs over T_x steps of the series from one of its four places
export function run(params, start, T_x) {
  const x = Array.from({ length: T_x }, (_, t) => one_hot(value_at(start, t), 3));
  const { a } = sequence_forward("rnn", x, params);
  return { x, a, y_hat: a.map((a_t) => output_forward(a_t, params)) };
}

// the share of next values that are right
export function share_right(params, start = 0, T_x = 200) {
  const right = run(params, start, T_x).y_hat.filter((p, t) => p.indexOf(Math.max(...p)) === value_at(start, t + 1));
  return right.length / T_x;
}

function add_product(W, u, v, factor) { // W += factor u v^T
  for (let i = 0; i < W.rows; i++) for (let j = 0; j < W.cols; j++) W.data[i * W.cols + j] += factor * u[i] * v[j];
}

// one update of plain gradient descent on 20 numbers of the series, in place; the loss per step before it is returned
export function descend(params, rate = 1, T_x = 20) {
  const gradients = Object.fromEntries(Object.entries(params).map(([name, W]) => [name, matrix(W.rows, W.cols)]));
  const { x, a } = run(params, 0, T_x);
  let loss = 0;
  const dlogits = a.map((a_t, t) => {
    const log_p = log_softmax(output_forward(a_t, params, { logits: true }));
    const next = value_at(0, t + 1);
    loss -= log_p[next] / T_x;
    // dL/dz = y_hat - y, of the mean over the steps
    return log_p.map((value, i) => (Math.exp(value) - (i === next ? 1 : 0)) / T_x);
  });
  const { da } = rnn_backward(dlogits.map((dz) => product_transposed(params.Wya, dz)), a, params);
  for (let t = 0; t < T_x; t++) {
    const { dz } = rnn_cell_backward(da[t], a[t], params);
    add_product(gradients.Wax, dz, x[t], 1);
    add_product(gradients.Waa, dz, t ? a[t - 1] : new Float64Array(a[t].length), 1);
    add_product(gradients.ba, dz, [1], 1);
    add_product(gradients.Wya, dlogits[t], a[t], 1);
    add_product(gradients.by, dlogits[t], [1], 1);
  }
  for (const [name, W] of Object.entries(params)) W.data.set(add(W.data, gradients[name].data.map((value) => -rate * value)));
  return loss;
}

const copy = (params) => Object.fromEntries(Object.entries(params).map(([name, W]) => [name, matrix(W.rows, W.cols, W.data)]));

// where lesson 4's training begins: every number drawn, half a standard deviation
export function first_weights(shapes, seed) {
  const random = generator(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Object.fromEntries(Object.entries(shapes).map(([name, W]) => [
    name, matrix(W.rows, W.cols, W.data.map(() => 0.5 * normal())),
  ]));
}

export default function series(figure, stored) {
  const networks = [unpack_params(stored.by_hand), unpack_params(stored.params)];
  let trained = networks[0];
  let params = copy(trained);
  let [start, seed, width] = [0, 1, 700];
  let touched = null; // the name of the matrix that is looked at
  let stop = () => {};
  let losses = [];

  const network = draw("svg", { class: "live-chart live-network", role: "img" });
  const curve = draw("svg", { class: "live-chart live-curve", role: "img", "aria-label": "The loss while it learns" });
  const score = make("p", { class: "live-score" });
  const cells = {};
  const places = choices("The series begins with", ["0, 1, 2, 1", "1, 2, 1, 0", "2, 1, 0, 1", "1, 0, 1, 2"], 0, (i) => { start = i; paint(); tell(); });
  const size = choices("Network", ["two units, by hand", "four units, of lesson 4"], 0, (i) => {
    trained = networks[i];
    tables.replaceChildren(...Object.keys(NAMES).map(table));
    set(copy(trained), `${trained.Waa.rows} units.`);
  });
  const tables = make("div", { class: "live-tables" });
  const learn = button("Let it learn", () => (learn.textContent === "Stop" ? halt() : train()));
  learn.classList.add("live-main");
  const presets = [
    learn,
    button("As in the book", () => set(copy(trained), "The weights of the book.")),
    button("Random weights", () => set(first_weights(trained, ++seed), "Random weights.")),
    button("No memory", () => {
      const without = copy(params);
      without.Waa.data.fill(0);
      set(without, "All of W a a is zero: the state forgets what came before.");
    }, { name: "No memory: W a a = 0" }),
  ];

  function weight(name, i, j) {
    const W = () => params[name];
    const at = i * trained[name].cols + j;
    const cell = make("div", {
      class: "live-weight", role: "slider", tabindex: 0, "aria-valuemin": -6, "aria-valuemax": 6,
      "aria-label": `${NAMES[name].slice(0, 2).join(" ")}, row ${i + 1}${trained[name].cols > 1 ? `, column ${j + 1}` : ""}`,
      onkeydown: (event) => {
        if (is_shortcut(event)) return;
        const moves = { ArrowUp: 0.1, ArrowRight: 0.1, ArrowDown: -0.1, ArrowLeft: -0.1, PageUp: 1, PageDown: -1 };
        if (event.key in moves) change(W().data[at] + moves[event.key]);
        else if (event.key === "0") change(0);
        else return;
        event.preventDefault();
      },
      onfocus: () => look(name), onblur: () => look(null), onpointerenter: () => look(name), onpointerleave: () => look(null),
    });
    const change = (to) => {
      halt();
      W().data[at] = Math.max(-6, Math.min(6, to));
      paint();
      tell();
    };
    let from = null;
    cell.addEventListener("pointerdown", (event) => {
      from = [event.clientX, W().data[at]];
      cell.setPointerCapture(event.pointerId);
      cell.focus();
      event.preventDefault();
    });
    cell.addEventListener("pointermove", (event) => { if (from) change(from[1] + (event.clientX - from[0]) / 40); });
    for (const end of ["pointerup", "pointercancel"]) cell.addEventListener(end, () => { from = null; });
    return cell;
  }
  function table(name) {
    const { rows, cols } = trained[name];
    cells[name] = [];
    for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) cells[name].push(weight(name, i, j));
    const [letter, index, meaning] = NAMES[name];
    const head = make("p", { class: "live-matrix-name" }, make("i", {}, letter), make("sub", {}, index), ` ${meaning}`);
    const grid = make("div", { class: "live-matrix", "--columns": cols, role: "group", "aria-label": `${letter} ${index}, ${meaning}` }, ...cells[name]);
    return make("div", { class: "live-table" }, head, grid);
  }
  function look(name) {
    if (touched === name) return;
    touched = name;
    paint_network();
  }
  function paint() {
    for (const [name, list] of Object.entries(cells)) {
      list.forEach((cell, at) => {
        const value = params[name].data[at];
        cell.textContent = decimal(value, 1);
        cell.style.backgroundColor = tint(value / 3, 55);
        cell.setAttribute("aria-valuenow", decimal(value).replace("−", "-"));
        cell.setAttribute("aria-valuetext", decimal(value));
      });
    }
    paint_network();
    score.replaceChildren(make("b", {}, percent(share_right(params, start))), " of the next 200 values are right.");
  }
  function paint_network() {
    const steps = Math.max(4, Math.min(10, Math.floor((width - 48) / 52)));
    const gap = (width - 48) / steps;
    const { a, y_hat } = run(params, start, steps);
    const [n_a, size] = [params.Waa.rows, 22];
    const y = { out: 24, state: 132, input: 132 + 26 * n_a + 40 };
    const unit = (i) => y.state + i * (size + 4);
    const parts = [];
    const strong = (name) => (touched === name ? " live-touched" : "");
    const columns = Array.from({ length: steps }, (_, t) => 48 + gap * t + gap / 2);
    columns.forEach((x, t) => {
      if (t + 1 < steps) {
        for (let i = 0; i < n_a; i++) {
          for (let j = 0; j < n_a; j++) {
            const w = params.Waa.data[i * n_a + j];
            parts.push(draw("line", {
              x1: x + size / 2, y1: unit(j) + size / 2, x2: columns[t + 1] - size / 2, y2: unit(i) + size / 2,
              class: `live-wire ${w < 0 ? "live-minus" : "live-plus"}${strong("Waa")}`, "stroke-width": Math.min(6, 1.5 * Math.abs(w)).toFixed(2),
            }));
          }
        }
      }
      parts.push(draw("line", { x1: x, x2: x, y1: y.input - 19, y2: unit(n_a) + 1, class: `live-arrow${strong("Wax")}` }));
      parts.push(draw("line", { x1: x, x2: x, y1: y.state - 6, y2: y.out + 74, class: `live-arrow${strong("Wya")}` }));
      for (let i = 0; i < n_a; i++) {
        const box = draw("rect", { x: x - size / 2, y: unit(i), width: size, height: size, rx: 5, class: "live-unit" });
        box.style.fill = tint(a[t][i], 90);
        parts.push(draw("rect", { x: x - size / 2, y: unit(i), width: size, height: size, rx: 5, class: "live-paper" }), box);
      }
      parts.push(draw("circle", { cx: x, cy: y.input, r: 16, class: "live-input" }));
      parts.push(draw("text", { x, y: y.input + 5, "text-anchor": "middle", class: "live-digit" }, String(value_at(start, t))));
      const best = y_hat[t].indexOf(Math.max(...y_hat[t]));
      const wanted = value_at(start, t + 1);
      for (const value of [2, 1, 0]) {
        const top = y.out + (2 - value) * 24;
        const box = draw("rect", { x: x - 15, y: top, width: 30, height: 21, rx: 4, class: `live-output${value === wanted ? " live-wanted" : ""}` });
        box.style.fill = `color-mix(in srgb, var(--live-red) ${(y_hat[t][value] * 62).toFixed(0)}%, transparent)`;
        parts.push(box, draw("text", { x, y: top + 15, "text-anchor": "middle" }, String(value)));
      }
      const mark = best === wanted ? "✓" : t ? "✗" : "?";
      parts.push(draw("text", { x, y: 14, "text-anchor": "middle", class: best === wanted ? "live-good" : "live-bad" }, mark));
    });
    const names = [["output", y.out + 40], ["state", unit(n_a / 2) + 3], ["input", y.input + 5]];
    for (const [name, top] of names) parts.push(draw("text", { x: 0, y: top, class: "live-quiet" }, name));
    network.replaceChildren(...parts);
    network.setAttribute("viewBox", `0 0 ${width} ${y.input + 24}`);
    const read = y_hat.map((p, t) => `after ${value_at(start, t)} it says ${p.indexOf(Math.max(...p))} (${percent(Math.max(...p))}), right is ${value_at(start, t + 1)}`);
    network.setAttribute("aria-label", `The network unrolled over ${steps} steps: ${read.join("; ")}`);
  }
  function paint_curve() {
    const [height, most] = [100, Math.max(1.2, ...losses)];
    const x = (i) => 34 + (width - 44) * i / UPDATES;
    const y = (loss) => 6 + (height - 26) * (1 - loss / most);
    const line = losses.map((loss, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(loss).toFixed(1)}`).join("");
    curve.setAttribute("viewBox", `0 0 ${width} ${height}`);
    curve.replaceChildren(
      draw("line", { x1: 34, x2: width - 10, y1: y(0), y2: y(0), class: "live-axis" }),
      draw("line", { x1: 34, x2: width - 10, y1: y(NO_MEMORY), y2: y(NO_MEMORY), class: "live-bar-line live-dotted" }),
      draw("text", { x: width - 10, y: y(NO_MEMORY) - 4, "text-anchor": "end", class: "live-quiet" }, "no memory"),
      draw("path", { d: line, class: "live-line" }),
      draw("text", { x: 34, y: height - 4, class: "live-quiet" }, losses.length ? `loss ${decimal(losses[losses.length - 1], 3)} after ${losses.length} updates` : ""),
    );
    curve.style.display = losses.length ? "" : "none";
  }
  function set(to, sentence) {
    halt();
    losses = [];
    params = to;
    paint();
    paint_curve();
    tell(sentence);
  }
  function tell(sentence = "") {
    figure.say(`${sentence} ${percent(share_right(params, start))} of the next 200 values are right.`.trim());
  }
  function train() {
    halt();
    losses = [];
    learn.textContent = "Stop";
    const some = (count) => { for (let i = 0; i < count && losses.length < UPDATES; i++) losses.push(descend(params)); };
    const done = () => { halt(); paint(); paint_curve(); tell(`After ${losses.length} updates of gradient descent the loss is ${decimal(losses[losses.length - 1], 3)}.`); };
    if (reduced_motion()) { some(UPDATES); done(); return; }
    stop = figure.every(40, () => {
      some(3);
      paint();
      paint_curve();
      if (losses.length < UPDATES) return true;
      done();
      return false;
    });
  }
  function halt() {
    stop();
    learn.textContent = "Let it learn";
  }

  tables.append(...Object.keys(NAMES).map(table));
  figure.read_only();
  figure.show(
    size.element, network, score,
    make("div", { class: "live-controls" }, ...presets), curve,
    make("p", { class: "live-hint" }, "The weights, the same ones at every step. Drag a number to the left or right, or choose it and use the arrow keys; 0 sets it to zero."),
    tables,
    make("div", { class: "live-labelled live-places" }, make("p", { class: "live-hint" }, "Begin the series somewhere else"), places.element),
  );
  figure.on_resize((to) => { width = to; paint(); paint_curve(); });
  tell();
}
