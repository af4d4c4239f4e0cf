// Lesson 10, a gate held open: what the units of a small LSTM do over the words of a text, and what breaks without a part.
import { embedding, lstm_cell_forward, matrix, output_forward, part, times, unpack_params } from "./cells.js";
import { button, decimal, draw, labelled, make, percent, pickable, text_field, tint } from "./figure.js";

const OPEN = 40; // sigmoid(40) is 1
const MOST = 40; // words that are shown
const GATE_OF = { "forget gate 1": "f", "update gate 1": "u", "output gate 1": "o" };
const SWITCHES = [...Object.keys(GATE_OF), "no tanh"];
const BLOCKS = [["c", "memory c"], ["gamma_f", "forget"], ["gamma_u", "update"], ["gamma_o", "output"], ["c_tilde", "candidate"]];

export const split_words = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*|\./gu) || [];

// the parameters of the one layer, with some gates held at 1
export function switched(params, off) {
  const changed = { ...params };
  for (const gate of off.map((name) => GATE_OF[name]).filter(Boolean)) {
    const { rows, cols } = params[`W${gate}`];
    changed[`W${gate}`] = matrix(rows, cols);
    changed[`b${gate}`] = matrix(rows, 1, new Float64Array(rows).fill(OPEN));
  }
  return changed;
}

// what every unit does at each word, and P(were) after it
export function reading(params, tokens, off = []) {
  const own = switched(params, off);
  let [a, c] = [new Float64Array(own.Wf.rows), new Float64Array(own.Wf.rows)];
  return tokens.map((token) => {
    const step = lstm_cell_forward(embedding(own.E, token), a, c, own);
    c = step.c_next;
    a = off.includes("no tanh") ? times(step.gamma_o, c) : step.a_next;
    return { ...step, c, p: output_forward(a, own)[1] };
  });
}

export const layer_of = (params) => ({ ...part(params, "1/"), E: params.E, Wy: params.Wy, by: params.by });

// where a verb comes next: the word before it and the verb, or the last word where the text ends before a verb
export function asked(words) {
  const places = [];
  let open = true;
  words.forEach((word, t) => {
    if (word === ".") open = true;
    else if (open && t && (word === "was" || word === "were")) {
      places.push({ t: t - 1, verb: word });
      open = false;
    }
  });
  if (open && words.length && words[words.length - 1] !== ".") places.push({ t: words.length - 1, verb: null });
  return places;
}

export default function switches(figure, stored) {
  const params = layer_of(unpack_params(stored.params));
  const index = new Map(stored.vocabulary.map((word, i) => [word, i]));
  const n_a = params.Wf.rows;
  let [words, steps, width, off] = [[], [], 700, []];
  const field = text_field("Type a text", { value: stored.text, change: () => read() });
  const picture = draw("svg", { class: "live-chart live-flow" });
  const note = make("p", { class: "live-note live-switch-note" });
  const score = make("p", { class: "live-hint" });
  const toggles = SWITCHES.map((name) => button(name, () => {
    off = off.includes(name) ? off.filter((one) => one !== name) : [...off, name];
    toggles.forEach((one, i) => one.setAttribute("aria-pressed", String(off.includes(SWITCHES[i]))));
    read();
  }, { pressed: false }));
  const pick = pickable(picture, {
    label: "Word and unit", count: () => words.length * n_a, below: (place, down) => place + n_a * down, at: place_of, say: said_of, pick: () => paint(), leave: () => paint(),
  });

  function layout() {
    const narrow = width < 520;
    const [left, right, between, row] = [narrow ? 82 : 110, narrow ? 46 : 120, narrow ? 5 : 12, 24];
    return { narrow, left, right, between, row, top: 28, block: (width - left - right - 5 * between) / 5 };
  }
  function place_of(event) {
    const box = picture.getBoundingClientRect();
    const { left, between, row, top, block } = layout();
    const t = Math.floor((event.clientY - box.top - top) / row);
    const across = event.clientX - box.left - left;
    if (t < 0 || t >= words.length) return null;
    const within = Math.max(0, Math.min(block - 1e-9, across - Math.floor(Math.max(0, across) / (block + between)) * (block + between)));
    return t * n_a + Math.floor((within / block) * n_a);
  }
  function said_of(place) {
    const [t, unit] = [Math.floor(place / n_a), place % n_a];
    const values = BLOCKS.map(([name, label]) => `${label} ${decimal(steps[t][name][unit])}`);
    return `${words[t]}, unit ${unit + 1}: ${values.join(", ")}; were ${percent(steps[t].p)}`;
  }

  function read() {
    words = split_words(field.input.value).slice(0, MOST);
    steps = reading(params, words.map((word) => (index.has(word) ? index.get(word) : index.get("<UNK>"))), off);
    pick.set(pick.current !== null && pick.current < words.length * n_a ? pick.current : null);
    paint();
    const verdicts = asked(words).map(({ t, verb }) => {
      const best = steps[t].p > 0.5 ? "were" : "was";
      const sure = percent(Math.max(steps[t].p, 1 - steps[t].p));
      return `After ${words[t]}: ${best}, ${sure}${verb && verb !== best ? `, but the text has ${verb}` : ""}.`;
    });
    const shares = stored.scores[off.length ? off[0] : "as trained"].map((value) => percent(value));
    score.textContent = off.length > 1 ? "Several parts are missing."
      : `Of the verbs in 500 new texts right: in the first sentence ${shares[0]}, in the second ${shares[1]}, in the third ${shares[2]}.`;
    figure.say(`${verdicts.join(" ") || "Type a text with a subject."} ${score.textContent}`);
  }

  function paint() {
    const { narrow, left, right, between, row, top, block } = layout();
    const due = new Map(asked(words).map((one) => [one.t, one.verb]));
    const chosen = pick.current === null ? null : [Math.floor(pick.current / n_a), pick.current % n_a];
    const side = block / n_a;
    const start = (k) => left + k * (block + between);
    const heads = BLOCKS.map(([, label], k) => draw("text", { x: start(k) + block / 2, y: 16, "text-anchor": "middle", class: narrow ? "live-small" : null }, narrow ? label.replace("memory ", "").replace("idate", ".") : label));
    const last = draw("text", { x: width, y: 16, "text-anchor": "end", class: narrow ? "live-small" : null }, narrow ? "were" : "P(were)");
    const rows = words.map((word, t) => {
      const y = top + t * row;
      const cells = BLOCKS.flatMap(([name], k) => [...steps[t][name]].map((value, unit) => draw("rect", {
        x: (start(k) + unit * side + 0.5).toFixed(1), y: y + 2, width: (side - 1).toFixed(1), height: row - 4,
        class: chosen && chosen[0] === t && chosen[1] === unit ? "live-cell live-chosen" : "live-cell", style: `fill: ${tint(name === "c" ? value / 2 : value)}`,
      })));
      const p = steps[t].p;
      const verb = due.get(t);
      const wrong = verb && (p > 0.5) !== (verb === "were");
      const label = `${wrong ? "✗ " : ""}${percent(p).replace("below ", "<").replace("over ", ">")}`;
      const bar = narrow ? [] : [
        draw("rect", { x: width - right + 12, y: y + 9, width: right - 78, height: 7, rx: 3, class: "live-trough" }),
        draw("rect", { x: width - right + 12, y: y + 9, width: (p * (right - 78)).toFixed(1), height: 7, rx: 3, class: "live-effect" }),
      ];
      return draw("g", { class: chosen && chosen[0] === t ? "live-here" : null },
        draw("text", { x: 0, y: y + 17, class: index.has(word) ? null : "live-strange" }, word.length > 12 ? `${word.slice(0, 11)}…` : word),
        ...cells, ...bar,
        draw("text", { x: width, y: y + 17, "text-anchor": "end", class: due.has(t) ? (wrong ? "live-bad" : "live-good") : "live-quiet" }, label),
      );
    });
    picture.setAttribute("viewBox", `0 0 ${width} ${top + words.length * row + 4}`);
    picture.replaceChildren(...heads, last, ...rows);
    note.textContent = pick.current === null
      ? "Point at a cell, or use the arrow keys, to read its values. Bold: a verb comes next. Underlined: a word that the network does not know."
      : `${said_of(pick.current)}.`;
  }

  figure.show(
    field.element,
    labelled("Hold open, or leave out", make("div", { class: "live-choices", role: "group", "aria-label": "Hold open, or leave out" }, ...toggles)),
    picture, note, score,
  );
  figure.read_only();
  figure.on_resize((wide) => { width = wide; if (steps.length) paint(); });
  read();
}
