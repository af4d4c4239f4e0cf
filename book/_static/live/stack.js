// Lesson 12, layers on one another: the states of one to four layers over a sentence, and what a layer is worth and costs.
import { deep_forward, embedding, largest_first, log_softmax, output_forward, part, unpack_params } from "./cells.js";
import { choices, decimal, heat_map, labelled, make, once_a_frame, percent, pickable, quoted, reveal, rgb_of, spoken, surprise, text_field } from "./figure.js";

const SAMPLE = "Yesterday, Harry Potter met Hermione Granger.";
const LONGEST = 70;
const COLUMN = 14; // the least width of a letter, in pixels
const LANES = 230; // the height of all layers together, where there are most
const NAME = 26.5; // that of a layer's name: with fewer names the layers are higher, so that what is below stays in its place

// the letters that the network knows, as indices, and the end
export function tokens_of(stored, text) {
  const index = new Map(stored.vocabulary.map((letter, i) => [letter, i]));
  const [letters, unknown] = [[], []];
  for (const letter of [...text].slice(0, LONGEST)) (index.has(letter) ? letters : unknown).push(letter);
  return { letters, unknown, tokens: [...letters.map((letter) => index.get(letter)), index.get("<EOS>")] };
}

// The states of each layer at each step, log P of each letter and of the end, and log P of every letter there.
// without: a layer from 2 on that hands on what it reads; null: none
export function read(stored, params, tokens, without = null) {
  let below = tokens.map((_, t) => (t ? embedding(params.E, tokens[t - 1]) : new Float64Array(params.E.rows)));
  const layers = [];
  for (let layer = 1; `${layer}/Wu` in params; layer++) {
    const own = part(params, `${layer}/`);
    const alone = Object.fromEntries(Object.entries(own).map(([name, value]) => [`1/${name}`, value]));
    if (layer !== without) below = deep_forward(stored.cell, below, alone).a;
    layers.push(below);
  }
  const next = below.map((a_t) => log_softmax(output_forward(a_t, params, { logits: true })));
  return { layers, next, log_p: next.map((log_p, t) => log_p[tokens[t]]) };
}

export const bits = (log_p) => -log_p.reduce((sum, value) => sum + value, 0) / log_p.length / Math.LN2;

const numbers = (value) => value.toLocaleString("en");
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

export default function stack(figure, stored) {
  const soon = once_a_frame(() => listen());
  const networks = stored.networks.map((one) => ({ ...one, weights: unpack_params(one.params) }));
  let [chosen, without, place] = [networks[1] ? 1 : 0, null, null];
  let sentence = tokens_of(stored, SAMPLE);
  let results = []; // of each network as it is
  let shown = null; // of the chosen one, without a layer or with all

  const field = text_field("A sentence", { value: SAMPLE, change: soon, most: LONGEST });
  const depth = choices("Layers", networks.map((one) => String(one.layers)), chosen, (i) => { chosen = i; without = null; leave_out(); look(); });
  const out = make("div", {});
  const lanes = make("div", { class: "live-stack" });
  const scroll = make("div", { class: "live-scroll" }, lanes);
  const hint = make("p", { class: "live-hint" });
  const table = make("div", { class: "live-scroll live-costs", tabindex: 0, role: "region", "aria-label": "Score and cost of each network" });

  function leave_out() {
    const upper = networks[chosen].layers > 1 ? Array.from({ length: networks[chosen].layers - 1 }, (_, i) => i + 2) : [];
    const made = choices("Leave out a layer", ["none", ...upper.map((layer) => `layer ${layer}`)], 0, (i) => { without = i ? upper[i - 1] : null; look(); });
    out.replaceChildren(made.element);
  }

  function listen() {
    sentence = tokens_of(stored, field.input.value);
    results = networks.map((one) => read(stored, one.weights, sentence.tokens));
    place = null;
    look();
  }
  function look() {
    const network = networks[chosen];
    shown = without === null ? results[chosen] : read(stored, network.weights, sentence.tokens, without);
    picker.set(place);
    paint();
    fill_table();
    describe();
  }

  // one column per step, one row per unit, the fast ones on top
  function heat(states, order, size) {
    const [blue, red] = ["--live-blue", "--live-red"].map((name) => rgb_of(figure.root, name));
    return heat_map(states.length, order.length, size, (t, row) => {
      const value = states[t][order[row]];
      return [...(value >= 0 ? blue : red), Math.min(1, Math.abs(value))];
    });
  }
  function paint() {
    const network = networks[chosen];
    const T = sentence.tokens.length;
    const column = Math.max(COLUMN, Math.floor((scroll.clientWidth || 600) / T));
    const width = column * T;
    const height = Math.round((LANES + NAME * (networks.length - network.layers)) / network.layers);
    const rows = shown.layers.map((states, i) => {
      const name = without === i + 1 ? `layer ${i + 1}, left out: what it reads goes straight up` : `layer ${i + 1}, ${network.n_a} units, fast ones on top`;
      return make("div", { class: without === i + 1 ? "live-layer live-left-out" : "live-layer" },
        make("p", { class: "live-note" }, name), heat(states, network.order[i], [width, height]));
    }).reverse();
    const cells = [...sentence.letters, "∎"].map((letter, t) => {
      const cell = make("span", { class: t === place ? "live-here" : null }, letter === " " ? "␣" : letter);
      cell.style.backgroundColor = surprise(Math.exp(shown.log_p[t]));
      cell.style.width = `${column}px`;
      return cell;
    });
    lanes.style.width = `${width}px`;
    lanes.replaceChildren(...rows, make("div", { class: "live-letters", "aria-hidden": "true" }, ...cells));
  }

  function fill_table() {
    const T = sentence.tokens.length;
    const head = ["layers", "bits, this sentence", "bits, new sentences", "units", "weights", "products", "layer steps"];
    const row = (cells, tag, on) => make("tr", { class: on ? "live-here" : null }, ...cells.map((text, i) => make(i && tag === "td" ? "td" : "th", { scope: tag === "th" ? "col" : i ? null : "row" }, text)));
    const rows = networks.map((one, i) => row([
      String(one.layers), decimal(bits(results[i].log_p)), decimal(one.bits), `${one.layers} × ${one.n_a}`, numbers(one.parameters), numbers(one.products), numbers(one.layers * T),
    ], "td", i === chosen && without === null));
    if (without !== null) {
      rows.splice(chosen + 1, 0, row([`${networks[chosen].layers}, without ${without}`, decimal(bits(shown.log_p)), "", "", "", "", ""], "td", true));
    }
    table.replaceChildren(make("table", { class: "live-scores" }, make("thead", {}, row(head, "th")), make("tbody", {}, ...rows)));
  }

  const said_of = (t) => {
    const letter = t < sentence.letters.length ? spoken(sentence.letters[t]) : "the end";
    const order = largest_first(shown.next[t]).slice(0, 3);
    const likely = order.map((i) => `${spoken(stored.vocabulary[i])} ${percent(Math.exp(shown.next[t][i]))}`).join(", ");
    return `${letter} had ${percent(Math.exp(shown.log_p[t]))}; most likely were ${likely}`;
  };
  function describe() {
    const network = networks[chosen];
    const what = `${plural(network.layers, "layer")} of ${network.n_a} units${without === null ? "" : `, layer ${without} left out`}`;
    const unknown = sentence.unknown.length ? ` Not known, and left out: ${quoted(sentence.unknown)}.` : "";
    hint.textContent = place === null ? `Blue is above zero, orange below. A letter is the more orange, the less it was expected. Choose one.${unknown}` : `${said_of(place)}.${unknown}`;
    figure.say(`${what}: ${decimal(bits(shown.log_p))} bits per character on this sentence.${place === null ? "" : ` ${said_of(place)}.`}${unknown}`);
  }

  const picker = pickable(lanes, {
    label: "Letter to look at", count: () => sentence.tokens.length, leap: 10,
    at: (event) => {
      const box = lanes.getBoundingClientRect();
      const t = Math.floor((event.clientX - box.left) / box.width * sentence.tokens.length);
      return t >= 0 && t < sentence.tokens.length ? t : null;
    },
    say: (t) => (shown && t < shown.next.length ? said_of(t) : "nothing chosen"),
    pick: (t) => {
      place = t;
      const cells = lanes.querySelectorAll(".live-letters span");
      cells.forEach((cell, i) => cell.classList.toggle("live-here", i === t));
      reveal(scroll, cells[t].offsetLeft, cells[t].offsetLeft + cells[t].offsetWidth);
      describe();
    },
    leave: () => { place = null; if (shown) { paint(); describe(); } },
  });

  figure.show(
    make("div", { class: "live-controls" }, field.element),
    make("div", { class: "live-controls" }, labelled("Layers", depth.element), labelled("Leave out a layer", out)),
    scroll, hint, table,
  );
  figure.read_only();
  leave_out();
  listen();
  figure.on_resize(paint);
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
