// seqlib's networks in the page: one sequence at a time, in float64, under the names of seqlib and of the formulas.
// A matrix is { rows, cols, data }, row after row; a vector is a Float64Array; a sequence is a list of vectors, x[t].

// ---------------------------------------------------------------------------------------- matrices

export function matrix(rows, cols, data = new Float64Array(rows * cols)) {
  if (data.length !== rows * cols) throw new Error(`a ${rows} x ${cols} matrix needs ${rows * cols} numbers, got ${data.length}`);
  return { rows, cols, data: Float64Array.from(data) };
}

// W v
export function product(W, v) {
  if (W.cols !== v.length) throw new Error(`a matrix of ${W.cols} columns cannot act on a vector of ${v.length} elements`);
  const out = new Float64Array(W.rows);
  for (let i = 0, at = 0; i < W.rows; i++) {
    let sum = 0;
    for (let j = 0; j < W.cols; j++) sum += W.data[at++] * v[j];
    out[i] = sum;
  }
  return out;
}

// W^T v
export function product_transposed(W, v) {
  if (W.rows !== v.length) throw new Error(`the transpose of a matrix of ${W.rows} rows cannot act on a vector of ${v.length} elements`);
  const out = new Float64Array(W.cols);
  for (let i = 0, at = 0; i < W.rows; i++) {
    for (let j = 0; j < W.cols; j++) out[j] += W.data[at++] * v[i];
  }
  return out;
}

// plain loops: the figures call these thousands of times while a slider moves
export function add(...vectors) {
  const sum = vectors[0].slice();
  for (let k = 1; k < vectors.length; k++) for (let i = 0; i < sum.length; i++) sum[i] += vectors[k][i];
  return sum;
}
export function times(u, v) {
  const out = u.slice();
  for (let i = 0; i < out.length; i++) out[i] *= v[i];
  return out;
}
export const concatenate = (u, v) => {
  const both = new Float64Array(u.length + v.length);
  both.set(u);
  both.set(v, u.length);
  return both;
};
// u v^T, and two matrices of as many rows beside each other
export const outer = (u, v) => {
  const out = { rows: u.length, cols: v.length, data: new Float64Array(u.length * v.length) };
  for (let i = 0, at = 0; i < u.length; i++) for (let j = 0; j < v.length; j++) out.data[at++] = u[i] * v[j];
  return out;
};
const beside = (A, B) => {
  const out = { rows: A.rows, cols: A.cols + B.cols, data: new Float64Array(A.data.length + B.data.length) };
  for (let i = 0; i < A.rows; i++) {
    out.data.set(A.data.subarray(i * A.cols, (i + 1) * A.cols), i * out.cols);
    out.data.set(B.data.subarray(i * B.cols, (i + 1) * B.cols), i * out.cols + A.cols);
  }
  return out;
};
// the place of the largest value, and all places with the largest value first
export const argmax = (v) => v.reduce((best, value, i) => (value > v[best] ? i : best), 0);
export const largest_first = (v) => Array.from(v.keys()).sort((i, j) => v[j] - v[i] || 0); // two infinities are equal
export function norm(v) {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i] * v[i];
  return Math.sqrt(sum);
}

// ---------------------------------------------------------------------------------------- stored parameters

function unpack(stored) {
  const [rows, cols] = stored.shape;
  if (stored.values) return matrix(rows, cols, stored.values);
  const bytes = atob(stored.int8);
  const data = new Float64Array(rows * cols);
  for (let i = 0; i < data.length; i++) {
    const byte = bytes.charCodeAt(i);
    data[i] = stored.scale[Math.floor(i / cols)] * (byte > 127 ? byte - 256 : byte);
  }
  return matrix(rows, cols, data);
}

export function unpack_params(stored) {
  return Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, unpack(value)]));
}

// the parameters whose names start with a prefix, without it
export function part(params, prefix) {
  const own = Object.entries(params).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

// W v + b
const affine = (W, v, b) => add(product(W, v), b.data);

// ---------------------------------------------------------------------------------------- activations

// sigma(z) = (1 + tanh(z / 2)) / 2
export const sigmoid = (z) => z.map((value) => 0.5 * Math.tanh(0.5 * value) + 0.5);
export const tanh = (z) => z.map(Math.tanh);

export function softmax(z) {
  const largest = Math.max(...z);
  const exponentials = Float64Array.from(z, (value) => Math.exp(value - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

export function log_softmax(z) {
  const largest = Math.max(...z);
  const logarithm = Math.log(z.reduce((total, value) => total + Math.exp(value - largest), 0));
  return Float64Array.from(z, (value) => value - largest - logarithm);
}

// ---------------------------------------------------------------------------------------- cells

// a<t> = tanh(W_aa a<t-1> + W_ax x<t> + b_a)
export function rnn_cell_forward(x_t, a_prev, params) {
  return { a_next: tanh(add(product(params.Waa, a_prev), product(params.Wax, x_t), params.ba.data)) };
}

export function rnn_cell_backward(da_next, a_next, params) {
  // dz<t> = (1 - a<t>^2) da<t>
  const dz = da_next.map((value, i) => (1 - a_next[i] * a_next[i]) * value);
  return { dz, dx_t: product_transposed(params.Wax, dz), da_prev: product_transposed(params.Waa, dz) };
}

// reset: "before" (the course), "after" (torch.nn, cuDNN), null (simplified)
export function gru_cell_forward(x_t, c_prev, params, reset = "before") {
  const concat = concatenate(c_prev, x_t);
  // Gamma_u = sigma(W_u [c<t-1>; x<t>] + b_u)
  const gamma_u = sigmoid(affine(params.Wu, concat, params.bu));
  let gamma_r = null;
  let c_tilde;
  if (reset === null) {
    // c_tilde = tanh(W_c [c<t-1>; x<t>] + b_c)
    c_tilde = tanh(affine(params.Wc, concat, params.bc));
  } else {
    // Gamma_r = sigma(W_r [c<t-1>; x<t>] + b_r)
    gamma_r = sigmoid(affine(params.Wr, concat, params.br));
    if (reset === "before") {
      // c_tilde = tanh(W_c [Gamma_r * c<t-1>; x<t>] + b_c)
      c_tilde = tanh(affine(params.Wc, concatenate(times(gamma_r, c_prev), x_t), params.bc));
    } else {
      // c_tilde = tanh(Gamma_r * (W_cc c<t-1> + b_rc) + W_cx x<t> + b_c)
      const of_c = product(params.Wc, concatenate(c_prev, new Float64Array(x_t.length)));
      const of_x = product(params.Wc, concatenate(new Float64Array(c_prev.length), x_t));
      const inner = params.brc ? add(of_c, params.brc.data) : of_c;
      c_tilde = tanh(add(times(gamma_r, inner), of_x, params.bc.data));
    }
  }
  // c<t> = Gamma_u * c_tilde + (1 - Gamma_u) * c<t-1>
  const c_next = c_prev.map((value, i) => gamma_u[i] * c_tilde[i] + (1 - gamma_u[i]) * value);
  return { a_next: c_next, gamma_u, gamma_r, c_tilde };
}

export function lstm_cell_forward(x_t, a_prev, c_prev, params) {
  const concat = concatenate(a_prev, x_t);
  const gate = (name, peephole, c) => {
    const z = affine(params["W" + name], concat, params["b" + name]);
    return sigmoid(params[peephole] ? add(z, times(params[peephole].data, c)) : z);
  };
  // Gamma_f = sigma(W_f [a<t-1>; x<t>] + b_f), Gamma_u likewise
  const gamma_f = gate("f", "pf", c_prev);
  const gamma_u = gate("u", "pu", c_prev);
  // c_tilde = tanh(W_c [a<t-1>; x<t>] + b_c)
  const c_tilde = tanh(affine(params.Wc, concat, params.bc));
  // c<t> = Gamma_u * c_tilde + Gamma_f * c<t-1>
  const c_next = c_prev.map((value, i) => gamma_u[i] * c_tilde[i] + gamma_f[i] * value);
  const gamma_o = gate("o", "po", c_next);
  // a<t> = Gamma_o * tanh(c<t>)
  return { a_next: times(gamma_o, tanh(c_next)), c_next, gamma_f, gamma_u, gamma_o, c_tilde };
}

// dz<t> is what arrives before a gate's activation; the weights' gradients are outer products with what the gates saw
export function gru_cell_backward(dc_next, step, c_prev, x_t, params, reset = "before") {
  const { gamma_u, gamma_r, c_tilde } = step;
  const n_a = c_prev.length;
  const concat = concatenate(c_prev, x_t);
  // c<t> = Gamma_u * c_tilde + (1 - Gamma_u) * c<t-1>
  const dz_u = dc_next.map((d, i) => d * (c_tilde[i] - c_prev[i]) * gamma_u[i] * (1 - gamma_u[i]));
  const dz_c = dc_next.map((d, i) => d * gamma_u[i] * (1 - c_tilde[i] * c_tilde[i]));
  let dc_prev = dc_next.map((d, i) => d * (1 - gamma_u[i]));
  let dconcat = product_transposed(params.Wu, dz_u);
  const into = product_transposed(params.Wc, dz_c);
  const gradients = { dWu: outer(dz_u, concat), dbu: dz_u, dbc: dz_c };
  let [seen, dinner, dgamma_r] = [c_prev, dz_c, null];
  if (reset === null) {
    dc_prev = add(dc_prev, into.slice(0, n_a));
  } else if (reset === "before") {
    // c_tilde = tanh(W_c [Gamma_r * c<t-1>; x<t>] + b_c)
    seen = times(gamma_r, c_prev);
    dgamma_r = times(into.slice(0, n_a), c_prev);
    dc_prev = add(dc_prev, times(into.slice(0, n_a), gamma_r));
  } else {
    // c_tilde = tanh(Gamma_r * (W_cc c<t-1> + b_rc) + W_cx x<t> + b_c)
    dinner = times(dz_c, gamma_r);
    const of_c = product(params.Wc, concatenate(c_prev, new Float64Array(x_t.length)));
    dgamma_r = times(dz_c, params.brc ? add(of_c, params.brc.data) : of_c);
    dc_prev = add(dc_prev, product_transposed(params.Wc, dinner).slice(0, n_a));
    if (params.brc) gradients.dbrc = dinner;
  }
  if (dgamma_r) {
    const dz_r = dgamma_r.map((d, i) => d * gamma_r[i] * (1 - gamma_r[i]));
    Object.assign(gradients, { dWr: outer(dz_r, concat), dbr: dz_r });
    dconcat = add(dconcat, product_transposed(params.Wr, dz_r));
  }
  gradients.dWc = beside(outer(dinner, seen), outer(dz_c, x_t));
  return { dx_t: add(dconcat.slice(n_a), into.slice(n_a)), da_prev: add(dc_prev, dconcat.slice(0, n_a)), gradients };
}

export function lstm_cell_backward(da_next, dc_next, step, a_prev, c_prev, x_t, params) {
  const { c_next, gamma_f, gamma_u, gamma_o, c_tilde } = step;
  const concat = concatenate(a_prev, x_t);
  const peephole = (name, dz) => (params[name] ? times(params[name].data, dz) : new Float64Array(dz.length));
  // a<t> = Gamma_o * tanh(c<t>)
  const tanh_c = tanh(c_next);
  const dz_o = da_next.map((d, i) => d * tanh_c[i] * gamma_o[i] * (1 - gamma_o[i]));
  const dc = add(dc_next, da_next.map((d, i) => d * gamma_o[i] * (1 - tanh_c[i] * tanh_c[i])), peephole("po", dz_o));
  // c<t> = Gamma_u * c_tilde + Gamma_f * c<t-1>
  const dz_c = dc.map((d, i) => d * gamma_u[i] * (1 - c_tilde[i] * c_tilde[i]));
  const dz_u = dc.map((d, i) => d * c_tilde[i] * gamma_u[i] * (1 - gamma_u[i]));
  const dz_f = dc.map((d, i) => d * c_prev[i] * gamma_f[i] * (1 - gamma_f[i]));
  const dc_prev = add(times(dc, gamma_f), peephole("pu", dz_u), peephole("pf", dz_f));
  const gradients = {};
  let dconcat = new Float64Array(concat.length);
  for (const [gate, dz] of [["f", dz_f], ["u", dz_u], ["c", dz_c], ["o", dz_o]]) {
    gradients[`dW${gate}`] = outer(dz, concat);
    gradients[`db${gate}`] = dz;
    dconcat = add(dconcat, product_transposed(params[`W${gate}`], dz));
  }
  if (params.pf) Object.assign(gradients, { dpf: times(dz_f, c_prev), dpu: times(dz_u, c_prev), dpo: times(dz_o, c_next) });
  const n_a = a_prev.length;
  return { dx_t: dconcat.slice(n_a), da_prev: dconcat.slice(0, n_a), dc_prev, gradients };
}

const RESETS = { gru: "before", gru_after: "after", gru_simplified: null };

// one step of any cell; state: { a, c }, where c is the memory cell of an LSTM
export function cell_forward(cell, x_t, state, params) {
  if (cell === "rnn") return rnn_cell_forward(x_t, state.a, params);
  if (cell === "lstm") return lstm_cell_forward(x_t, state.a, state.c, params);
  if (cell in RESETS) return gru_cell_forward(x_t, state.a, params, RESETS[cell]);
  throw new Error(`cell must be one of rnn, lstm, ${Object.keys(RESETS).join(", ")}; got ${cell}`);
}

// ---------------------------------------------------------------------------------------- sequences

export const units = (cell, params) => (cell === "rnn" ? params.Waa : params.Wu).rows;

// mask: one number a step, 0 at padding, where the state is carried over. Returns a[t], the last state and what each step computed.
export function sequence_forward(cell, x, params, { a0 = null, c0 = null, mask = null } = {}) {
  const n_a = units(cell, params);
  let state = { a: a0 || new Float64Array(n_a), c: c0 || new Float64Array(n_a) };
  const steps = x.map((x_t, t) => {
    if (mask && !mask[t]) return { a_next: state.a, c_next: state.c };
    const step = cell_forward(cell, x_t, state, params);
    state = { a: step.a_next, c: step.c_next || state.c };
    return step;
  });
  return { a: steps.map((step) => step.a_next), state, steps };
}

// da[t]: what each step's own output sends to a<t>. Returns dx, da0 and the whole gradient da of each state.
export function rnn_backward(da, a, params, { mask = null, steps = null } = {}) {
  const T_x = a.length;
  const [whole, dx] = [new Array(T_x), new Array(T_x)];
  let da_next = new Float64Array(params.Waa.rows);
  for (let t = T_x - 1; t >= 0; t--) {
    if (steps !== null && (t + 1) % steps === 0) da_next = new Float64Array(params.Waa.rows);
    whole[t] = add(da_next, da[t]);
    if (mask && !mask[t]) {
      dx[t] = new Float64Array(params.Wax.cols);
      da_next = whole[t];
    } else {
      const { dx_t, da_prev } = rnn_cell_backward(whole[t], a[t], params);
      dx[t] = dx_t;
      da_next = da_prev;
    }
  }
  return { dx, da0: da_next, da: whole };
}

// Any cell. done: what sequence_forward gave; da[t]: what each step's own output sends to a<t>. Returns dx, the gradient of each whole
// state { da, dc } (dc for an LSTM alone), da0 and dc0, and the gradient "d" + name of every weight, a matrix or the numbers of a column.
export function sequence_backward(cell, da, done, x, params, { a0 = null, c0 = null, mask = null } = {}) {
  const zero = () => new Float64Array(units(cell, params));
  const before = (t, name, first) => (t ? done.steps[t - 1][name] : first || zero());
  const gradients = {};
  const [whole, dx] = [new Array(x.length), new Array(x.length)];
  let [da_next, dc_next] = [zero(), cell === "lstm" ? zero() : null];
  for (let t = x.length - 1; t >= 0; t--) {
    da_next = add(da_next, da[t]);
    whole[t] = { da: da_next, dc: dc_next };
    if (mask && !mask[t]) {
      dx[t] = new Float64Array(x[t].length);
      continue;
    }
    const [step, a_prev] = [done.steps[t], before(t, "a_next", a0)];
    let back;
    if (cell === "lstm") back = lstm_cell_backward(da_next, dc_next, step, a_prev, before(t, "c_next", c0), x[t], params);
    else if (cell === "rnn") {
      back = rnn_cell_backward(da_next, step.a_next, params);
      back.gradients = { dWaa: outer(back.dz, a_prev), dWax: outer(back.dz, x[t]), dba: back.dz };
    } else back = gru_cell_backward(da_next, step, a_prev, x[t], params, RESETS[cell]);
    dx[t] = back.dx_t;
    [da_next, dc_next] = [back.da_prev, cell === "lstm" ? back.dc_prev : null];
    for (const [name, value] of Object.entries(back.gradients)) {
      const [sum, numbers] = [gradients[name], value.data || value];
      if (sum) for (let i = 0; i < sum.length; i++) sum[i] += numbers[i];
      else gradients[name] = numbers.slice();
    }
  }
  return { dx, states: whole, da0: da_next, dc0: dc_next, gradients };
}

// y_hat<t> = softmax(W_ya a<t> + b_y)
export function output_forward(a_t, params, { logits = false } = {}) {
  const z = affine(params.Wya || params.Wy, a_t, params.by);
  return logits ? z : softmax(z);
}

export function bidirectional_forward(cell, x, params, { mask = null } = {}) {
  const turned = (list) => [...list].reverse();
  const forward = sequence_forward(cell, x, part(params, "forward/"), { mask });
  const back = sequence_forward(cell, turned(x), part(params, "backward/"), { mask: mask && turned(mask) });
  const backward = turned(back.a);
  return { a: forward.a.map((a_t, t) => concatenate(a_t, backward[t])) };
}

// layers "1/", "2/" and so on, in one direction or both; states: for each layer its first state { a, c }
export function deep_forward(cell, x, params, { states = null, mask = null } = {}) {
  const layers = [];
  let below = x;
  for (let layer = 1; Object.keys(params).some((name) => name.startsWith(`${layer}/`)); layer++) {
    const own = part(params, `${layer}/`);
    const start = states ? { a0: states[layer - 1].a, c0: states[layer - 1].c } : {};
    const both = Object.keys(own).some((name) => name.startsWith("forward/"));
    const done = both ? bidirectional_forward(cell, below, own, { mask }) : sequence_forward(cell, below, own, { mask, ...start });
    layers.push(done);
    below = done.a;
  }
  if (!layers.length) throw new Error(`params must name each layer by its number; got ${Object.keys(params).join(", ")}`);
  return { a: below, states: layers.map((done) => done.state), layers };
}

// ---------------------------------------------------------------------------------------- language models

// the column of E at a word's index
export function embedding(E, index) {
  const x = new Float64Array(E.rows);
  for (let i = 0; i < E.rows; i++) x[i] = E.data[i * E.cols + index];
  return x;
}

// step(state, token): log P(next | all before) and the next state; the first state and token are null
export function next_word(params, cell) {
  return (state, token) => {
    const x = token === null ? new Float64Array(params.E.rows) : embedding(params.E, token);
    const { a, states } = deep_forward(cell, [x], params, { states: state });
    return [log_softmax(output_forward(a[0], params, { logits: true })), states];
  };
}

// ---------------------------------------------------------------------------------------- drawing and searching

// the probabilities that are drawn from: without rejected indices, at a temperature, cut off
export function filter_probabilities(probabilities, { temperature = 1, top_k = null, nucleus = null, reject = [] } = {}) {
  if (!(temperature > 0)) throw new Error(`temperature must be positive, got ${temperature}`);
  let p = Float64Array.from(probabilities);
  for (const index of reject) p[index] = 0;
  const largest = Math.max(...p);
  if (!(largest > 0)) throw new Error("reject leaves no index that has a probability above 0");
  const scaled = (q) => {
    const sum = q.reduce((total, value) => total + value, 0);
    return q.map((value) => value / sum);
  };
  p = scaled(p.map((value) => (value / largest) ** (1 / temperature)));
  const order = largest_first(p);
  if (top_k !== null) {
    for (const index of order.slice(top_k)) p[index] = 0;
    p = scaled(p);
  }
  if (nucleus !== null) {
    let sum = 0;
    const out = order.filter((index) => {
      const before = sum;
      sum += p[index];
      return before >= nucleus;
    });
    for (const index of out) p[index] = 0;
  }
  return scaled(p);
}

// numbers from 0 to 1, the same ones for the same seed (mulberry32)
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function sample(probabilities, random, options = {}) {
  const p = filter_probabilities(probabilities, options);
  let left = random();
  let last = 0;
  for (let i = 0; i < p.length; i++) {
    if (p[i] === 0) continue;
    last = i;
    left -= p[i];
    if (left < 0) return i;
  }
  return last; // rounding: the sum may be a little below 1
}

const without = (log_p, reject) => log_p.map((value, i) => (reject.includes(i) ? -Infinity : value));

export function greedy_search(step, state, end, { max_length = 50, reject = [] } = {}) {
  const tokens = [];
  let token = null;
  while (tokens.length < max_length) {
    let log_p;
    [log_p, state] = step(state, token);
    token = argmax(without(log_p, reject));
    if (token === end) break;
    tokens.push(token);
  }
  return tokens;
}

// at most `width` sequences { tokens, log_probability, score }, best first; watch(length, beam, grown) sees every round
export function beam_search(step, state, end, { width = 4, max_length = 50, alpha = 0.7, reject = [], watch = null } = {}) {
  if (width < 1 || alpha < 0) throw new Error(`width must be at least 1 and alpha at least 0, got ${width} and ${alpha}`);
  let beam = [{ tokens: [], log_probability: 0, state }];
  let done = [];
  for (let length = 1; length <= max_length; length++) {
    const grown = [];
    for (const { tokens, log_probability, state: before } of beam) {
      const [raw, after] = step(before, tokens.length ? tokens[tokens.length - 1] : null);
      const log_p = without(raw, reject);
      // one more than the width: `end` may be among them
      const order = largest_first(log_p).slice(0, width + 1);
      for (const token of order) grown.push({ tokens, token, log_probability: log_probability + log_p[token], state: after });
    }
    grown.sort((one, other) => other.log_probability - one.log_probability || 0);
    beam = [];
    for (const { tokens, token, log_probability, state: after } of grown) {
      if (log_probability === -Infinity || beam.length === width) break;
      const score = log_probability / length ** alpha;
      if (token === end) done.push({ tokens, log_probability, score });
      else if (length === max_length) done.push({ tokens: [...tokens, token], log_probability, score });
      else beam.push({ tokens: [...tokens, token], log_probability, state: after });
    }
    if (watch) watch(length, beam, grown);
    done = done.sort((one, other) => other.score - one.score).slice(0, width);
    // log P only falls: no beginning can end better than log P / max_length^alpha
    if (!beam.length || (done.length === width && done[width - 1].score >= beam[0].log_probability / max_length ** alpha)) break;
  }
  return done;
}
