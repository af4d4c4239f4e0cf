// Lesson 8, whisper down the line: what is left of a flag after many steps, and what comes back of the gradient, in three cells.
import { matrix, norm, output_forward, product_transposed, sequence_backward, sequence_forward, unpack_params } from "./cells.js";
import { choices, draw, labelled, magnitude, make, once_a_frame, slider } from "./figure.js";

const FARTHEST = 100;
const CELLS = { rnn: "RNN", gru: "GRU", lstm: "LSTM" };
const LIMIT = 1; // of the norm of an update
const NOISE = 1e-15; // two states of size 1 that are nearer to each other differ by rounding
const [LOW, HIGH] = [-8, 2]; // powers of ten that are shown

// the recurrent block of each matrix (its first n_a columns) scaled from the radius it had; radius null: as they are
export function at_radius(params, before, radius) {
  if (radius === null) return params;
  const scaled = { ...params };
  for (const [name, was] of Object.entries(before)) {
    const W = matrix(params[name].rows, params[name].cols, params[name].data);
    for (let i = 0; i < W.data.length; i++) if (i % W.cols < W.rows) W.data[i] *= radius / was;
    scaled[name] = W;
  }
  return scaled;
}

const whole = (step) => [...step.a_next, ...(step.c_next || [])];

// both flags through one network, as far as the figure goes
export function send(cell, params, noise) {
  const [up, down] = [1, -1].map((flag) => {
    const x = [Float64Array.of(flag, 0), ...noise.map((value) => Float64Array.of(0, value))];
    const done = sequence_forward(cell, x, params);
    return { x, done, says: (t) => output_forward(done.a[t], params, { logits: true }) };
  });
  const distances = up.done.steps.map((step, t) => {
    const other = whole(down.done.steps[t]);
    return norm(whole(step).map((value, i) => value - other[i]));
  });
  return { cell, params, up, down, shares: distances.map((value) => value / distances[0]) };
}

// shares and sizes at each step, as seqlib.book.whisper.passed_on gives them; the loss is that of a guess of 50 %
export function passed_on({ cell, params, up, down, shares }, gap) {
  const guess = Float64Array.of(0.5, -0.5); // y_hat - y
  const zero = new Float64Array(up.done.a[0].length);
  const da = Array.from({ length: gap + 1 }, (_, t) => (t === gap ? product_transposed(params.Wya || params.Wy, guess) : zero));
  const part = { steps: up.done.steps.slice(0, gap + 1) };
  const back = sequence_backward(cell, da, part, up.x.slice(0, gap + 1), params);
  const sizes = back.states.map((one) => norm([...one.da, ...(one.dc || [])]));
  const top = norm(guess) * Math.hypot(norm(up.done.a[gap]), 1); // of dWy = guess a^T and dby = guess
  const update = Math.hypot(top, ...Object.values(back.gradients).map(norm));
  const [first, second] = [up.says(gap), down.says(gap)];
  const heard = first[1] > first[0] && second[0] > second[1];
  return { shares: shares.slice(0, gap + 1), sizes: sizes.map((value) => value / sizes[gap]), heard, update };
}

// lowest, median and highest of the networks at each step
function band(rows) {
  return rows[0].map((_, t) => {
    const sorted = rows.map((row) => row[t]).sort((u, v) => u - v);
    const half = sorted.length / 2;
    return [sorted[0], (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2, sorted[sorted.length - 1]];
  });
}

const level = (value) => (Math.max(LOW, Math.min(HIGH, Math.log10(value || 1e-99))) - LOW) / (HIGH - LOW);

export default function whisper(figure, stored) {
  const soon = once_a_frame(() => paint());
  const later = once_a_frame(() => listen());
  const how = { when: "trained", radius: null, noise: true, clip: false };
  let lines = {};
  const heights = { shares: 92, sizes: 48 };
  const lanes = Object.fromEntries(Object.entries(CELLS).map(([cell, name]) => {
    const [picture, said] = [draw("svg", { class: "live-chart", "aria-hidden": "true" }), make("p", { class: "live-note" })];
    return [cell, { picture, said, element: make("div", {}, make("p", { class: "live-lane-name" }, name), picture, said) }];
  }));
  const gap = slider("Gap in steps", { min: 1, max: FARTHEST, step: 1, value: 30, change: soon });
  const dial = slider("Spectral radius", {
    min: 0.5, max: 1.5, step: 0.05, value: 1, say: (v) => v.toFixed(2), change: () => { how.radius = dial.value; dialled.set(1); later(); },
  });
  const option = (label, texts, choose, at = 0) => {
    const made = choices(label, texts, at, (i) => { choose(i); listen(); });
    return { ...made, labelled: labelled(label, made.element) };
  };
  const weights = option("Weights", ["before training", "trained"], (i) => { how.when = i ? "trained" : "before"; }, 1);
  const dialled = option("Recurrent weights", ["as they are", "at the radius"], (i) => { how.radius = i ? dial.value : null; });
  const after = option("After the flag", ["noise", "silence"], (i) => { how.noise = i === 0; });
  const clipping = option("Clip the update", ["no", "by norm"], (i) => { how.clip = i === 1; });

  function listen() {
    const noise = stored.noise.map((value) => (how.noise ? value : 0));
    lines = Object.fromEntries(Object.keys(CELLS).map((cell) => [
      cell, stored.networks[cell][how.when].map((one) => send(cell, at_radius(unpack_params(one.params), one.radii, how.radius), noise)),
    ]));
    paint();
  }

  function paint() {
    const sentences = Object.entries(CELLS).map(([cell, name]) => {
      const results = lines[cell].map((line) => passed_on(line, gap.value));
      const factor = (one) => (how.clip ? Math.min(1, LIMIT / one.update) : 1);
      const shares = band(results.map((one) => one.shares));
      const sizes = band(results.map((one) => one.sizes.map((value) => value * factor(one))));
      draw_lane(lanes[cell].picture, shares, sizes);
      const heard = results.filter((one) => one.heard).length;
      const clipped = results.filter((one) => factor(one) < 1).length;
      const share = shares[gap.value][1];
      const left = share < NOISE ? "below 10⁻¹⁵" : magnitude(share);
      const back = magnitude(sizes[0][1]);
      lanes[cell].said.textContent = `Arrives: ${left}. Comes back: ${back}. ${heard} of ${results.length} tell the flag${how.clip ? `; ${clipped} clipped` : ""}.`;
      return `${name}: ${left} of the flag arrives, ${back} of the gradient comes back, ${heard} of ${results.length} networks tell the flag.`;
    });
    figure.say(`Gap ${gap.value}. ${sentences.join(" ")}`);
  }

  function draw_lane(picture, shares, sizes) {
    const width = Math.round(picture.clientWidth) || 240;
    const { shares: tall, sizes: thick } = heights;
    const x = (t) => 30 + (width - 38) * (t / gap.value);
    const y = (value) => 8 + tall * (1 - level(value));
    const middle = tall + 40 + thick / 2;
    const outline = (upper, lower) => {
      const path = (points, first) => points.map(([u, v], i) => `${i || !first ? "L" : "M"}${u.toFixed(1)} ${v.toFixed(1)}`).join("");
      return `${path(upper, true)}${path([...lower].reverse(), false)}Z`;
    };
    const along = (rows, where) => rows.map((row, t) => [x(t), where(row)]);
    const flow = (which, name) => draw("path", {
      d: outline(...[-0.5, 0.5].map((side) => along(sizes, (row) => middle + side * thick * level(row[which])))), class: name,
    });
    const ticks = [0, -4, -8].flatMap((power) => [
      draw("line", { x1: 30, x2: width - 8, y1: y(10 ** power), y2: y(10 ** power), class: power ? "live-axis" : "live-axis live-one" }),
      draw("text", { x: 26, y: y(10 ** power) + 4, "text-anchor": "end", class: "live-quiet" }, power ? `10${power === -4 ? "⁻⁴" : "⁻⁸"}` : "1"),
    ]);
    picture.setAttribute("viewBox", `0 0 ${width} ${tall + thick + 62}`);
    picture.replaceChildren(
      ...ticks,
      draw("path", { d: outline(along(shares, (row) => y(row[0])), along(shares, (row) => y(row[2]))), class: "live-spread" }),
      draw("path", { d: along(shares, (row) => y(row[1])).map(([u, v], i) => `${i ? "L" : "M"}${u.toFixed(1)} ${v.toFixed(1)}`).join(""), class: "live-line live-of-1" }),
      draw("text", { x: 30, y: tall + 28 }, "← gradient"),
      draw("text", { x: width - 8, y: tall + 28, "text-anchor": "end" }, "flag →"),
      flow(2, "live-band live-beyond"), flow(1, "live-band"),
      draw("line", { x1: 30, x2: width - 8, y1: middle, y2: middle, class: "live-axis" }),
      draw("text", { x: 30, y: tall + thick + 58, class: "live-quiet" }, "step 1"),
      draw("text", { x: width - 8, y: tall + thick + 58, "text-anchor": "end", class: "live-quiet" }, `step ${gap.value + 1}`),
    );
  }

  figure.show(
    make("div", { class: "live-lanes" }, ...Object.values(lanes).map((lane) => lane.element)),
    make("div", { class: "live-controls" }, gap.element, dial.element),
    make("div", { class: "live-controls" }, dialled.labelled, weights.labelled, after.labelled, clipping.labelled),
  );
  figure.read_only();
  listen();
  figure.on_resize(paint);
}
