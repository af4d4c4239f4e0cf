// Lesson 4: the gradient of the last loss in the backward pass through the network of the series; thickness is size.
import { log_softmax, matrix, norm, output_forward, product_transposed, rnn_backward, unpack_params } from "./cells.js";
import { choices, decimal, draw, magnitude, make, pickable, slider } from "./figure.js";
import { run, value_at } from "./series.js";

const T_x = 25;

// the norms of dL/da<1> ... dL/da<T_x> for the loss of the last step, W_aa scaled to a spectral radius
// linear: the slopes of tanh are left out, as if the activation were the identity in the backward pass
export function gradient_norms(params, radius, linear = false) {
  const scaled = { ...params, Waa: matrix(params.Waa.rows, params.Waa.cols, params.Waa.data.map((w) => w * radius)) };
  const { a } = run(scaled, 0, T_x);
  const log_p = log_softmax(output_forward(a[T_x - 1], scaled, { logits: true }));
  const dlogits = log_p.map((value, i) => Math.exp(value) - (i === value_at(0, T_x) ? 1 : 0));
  const zero = () => new Float64Array(scaled.Waa.rows);
  const da = a.map((_, t) => (t === T_x - 1 ? product_transposed(scaled.Wya, dlogits) : zero()));
  const states = linear ? a.map(zero) : a; // a state of 0 is where the slope of tanh is 1
  return rnn_backward(da, states, scaled).da.map(norm);
}

export default function gradient(figure, stored) {
  const trained = unpack_params(stored.params);
  let [width, linear] = [700, false];
  const picture = draw("svg", { class: "live-chart live-flow" });
  const radius = slider(make("span", {}, "Spectral radius of ", make("i", {}, "W"), make("sub", {}, "aa")), {
    min: 0.2, max: 2, step: 0.05, value: stored.radius.toFixed(2), say: (v) => decimal(v) + (Math.abs(v - stored.radius) < 0.026 ? " (as trained)" : ""), change: paint,
  });
  const lag = slider("Steps back", { min: 1, max: T_x - 1, step: 1, value: 8, say: String, change: paint });
  const slopes = choices("Slopes of tanh", ["with the slopes of tanh", "W alone: all slopes 1"], 0, (i) => { linear = i === 1; paint(); });

  function paint() {
    const value = Math.abs(radius.value - stored.radius) < 0.026 ? stored.radius : radius.value;
    const norms = gradient_norms(trained, value / stored.radius, linear);
    const shares = norms.map((size) => size / norms[T_x - 1]);
    const chosen = T_x - 1 - lag.value;
    const gap = (width - 24) / T_x;
    const x = (t) => 12 + gap * t + gap / 2;
    const most = Math.max(1, ...shares);
    const parts = [];
    for (let t = T_x - 2; t >= 0; t--) {
      // a band from one state to the one before it, as thick at each end as the gradient is there
      const [right, left] = [t + 1, t].map((k) => Math.max(0.4, 38 * shares[k] / most));
      parts.push(draw("path", {
        d: `M${x(t + 1)} ${62 - right / 2}L${x(t)} ${62 - left / 2}L${x(t)} ${62 + left / 2}L${x(t + 1)} ${62 + right / 2}Z`,
        class: t >= chosen ? "live-band" : "live-band live-beyond",
      }));
    }
    for (let t = 0; t < T_x; t++) {
      const here = t === chosen || t === T_x - 1;
      parts.push(draw("circle", { cx: x(t), cy: 62, r: here ? 9 : Math.min(6, gap / 4), class: `live-state${here ? " live-chosen" : ""}` }));
    }
    parts.push(draw("text", { x: width - 4, y: 16, "text-anchor": "end" }, `the loss, at step ${T_x}`));
    parts.push(draw("path", { d: `M${x(T_x - 1)} 24V50`, class: "live-loss" }));
    const middle = Math.max(70, Math.min(width - 190, x(chosen)));
    parts.push(draw("text", { x: middle, y: 112, "text-anchor": "middle" }, `step ${chosen + 1}: ${magnitude(shares[chosen])} ${shares[chosen] > 1 ? "times as large" : "of it is left"}`));
    picture.setAttribute("viewBox", `0 0 ${width} 290`);
    picture.replaceChildren(...parts, ...chart(shares, x, chosen));
    const trend = shares[chosen] > 1.5 ? "It grows in the backward pass." : shares[chosen] < 0.5 ? "It fades in the backward pass." : "It keeps its size.";
    figure.say(`${lag.value} ${lag.value === 1 ? "step" : "steps"} before the loss the gradient is ${magnitude(shares[chosen])} times as large as at the loss. ${trend}`);
    spot.set(chosen + 1);
  }
  // the same on a logarithmic axis
  function chart(shares, x, chosen) {
    const [low, high] = [-8, 4];
    const y = (share) => 140 + 126 * (1 - (Math.max(low, Math.min(high, Math.log10(share || 1e-99))) - low) / (high - low));
    const ticks = [-8, -4, 0, 4].flatMap((exponent) => [
      draw("line", { x1: 12, x2: width - 12, y1: y(10 ** exponent), y2: y(10 ** exponent), class: exponent ? "live-axis" : "live-axis live-one" }),
      draw("text", { x: 14, y: y(10 ** exponent) - 4, class: "live-quiet" }, exponent ? magnitude(10 ** exponent).replace("1.0 · ", "") : "as large as at the loss"),
    ]);
    const line = shares.map((share, t) => `${t ? "L" : "M"}${x(t).toFixed(1)} ${y(share).toFixed(1)}`).join("");
    return [
      ...ticks, draw("path", { d: line, class: "live-line" }),
      draw("line", { x1: x(chosen), x2: x(chosen), y1: 118, y2: 266, class: "live-playhead" }),
      draw("circle", { cx: x(chosen), cy: y(shares[chosen]), r: 6, class: "live-dot" }),
    ];
  }
  const spot = pickable(picture, {
    label: "Step of the network", min: 1, count: () => T_x - 1,
    at: (event) => {
      const box = picture.getBoundingClientRect();
      return Math.max(1, Math.min(T_x - 1, 1 + Math.floor((event.clientX - box.left - 12) / (box.width - 24) * T_x)));
    },
    say: (step) => `step ${step}`,
    pick: (step) => { if (T_x - step !== lag.value) { lag.set(T_x - step); paint(); } },
  });

  figure.show(picture, make("div", { class: "live-controls" }, radius.element, lag.element), slopes.element);
  figure.on_resize((to) => { width = to; paint(); });
}
