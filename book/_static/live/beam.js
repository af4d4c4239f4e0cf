// Lesson 15, beam search: the tree of beginnings that a translator of dates grows, and where greedy search loses.
import { beam_search, deep_forward, embedding, greedy_search, next_word, part, unpack_params } from "./cells.js";
import { LANGUAGES, button, choices, decimal, draw, labelled, make, once_a_frame, percent, pickable, quoted, reveal, slider, text_field } from "./figure.js";

const MAX_LENGTH = 30;
// what becomes of a beginning: its class, and how it is said
const FATES = {
  kept: ["", "kept"], ended: ["live-ended", "ended"], dropped: ["live-dropped", "dropped"],
  greedy: ["live-greedy", "what greedy search takes; not in the beam"],
};
const DROPPED = 2; // beginnings per step that are shown although they were dropped, the most probable ones
const [COLUMN, ROW, TOP, WORD] = [96, 30, 24, 78];

export class Translator {
  constructor(stored) {
    this.source = new Map(stored.source.map((word, i) => [word, i]));
    this.words = stored.target;
    this.end = this.words.indexOf("<EOS>");
    this.cell = stored.cell;
    const params = unpack_params(stored.params);
    this.encoder = part(params, "encoder/");
    const step = next_word(part(params, "decoder/"), stored.cell);
    const known = new Map(); // what the decoder said in a state, by token: a wider beam asks again
    this.step = (state, token) => {
      if (!known.has(state)) known.set(state, new Map());
      const of_state = known.get(state);
      if (!of_state.has(token)) of_state.set(token, step(state, token));
      return of_state.get(token);
    };
    this.forget = () => known.clear();
  }
  // a sentence in tokens, the language that is asked for first; known: all are in the vocabulary
  tokens_of(language, text) {
    const words = text.toLowerCase().replace(/[,.।]/g, " $& ").trim().split(/\s+/).filter(Boolean);
    const unknown = words.filter((word) => !this.source.has(word));
    const token = (word) => this.source.get(word) ?? this.source.get("<UNK>");
    return { words, unknown, tokens: [`<${language}>`, ...words].map(token) };
  }
  // the first state of the decoder
  read(tokens) {
    return deep_forward(this.cell, tokens.map((token) => embedding(this.encoder.E, token)), this.encoder).states;
  }
  greedy(state) {
    const tokens = greedy_search(this.step, state, this.end, { max_length: MAX_LENGTH });
    let [log_p, now] = [0, state];
    [...tokens, this.end].forEach((token, t, all) => {
      const [next, after] = this.step(now, t ? all[t - 1] : null);
      [log_p, now] = [log_p + next[token], after];
    });
    return { tokens, log_probability: log_p };
  }
  beam(state, width, alpha, watch = null) {
    return beam_search(this.step, state, this.end, { width, alpha, max_length: MAX_LENGTH, watch });
  }
  text(tokens) {
    return tokens.map((token) => this.words[token]).join(" ").replace(/ ([,.])/g, "$1");
  }
}

const key_of = (tokens) => tokens.join(" ");
const same = (one, other) => key_of(one) === key_of(other);

// The tree: a node for each beginning that was kept, that ended, or was among the best of those dropped, step by step.
export function tree(model, state, width, alpha, greedy) {
  const steps = [];
  const found = model.beam(state, width, alpha, (length, beam, grown) => {
    const kept = new Set(beam.map((one) => key_of(one.tokens)));
    let [room, dropped] = [width, 0];
    const nodes = [];
    for (const { tokens, token, log_probability } of grown) {
      const all = [...tokens, token];
      const ended = token === model.end && room > 0;
      const stays = kept.has(key_of(all));
      if (stays) room -= 1;
      const fate = ended ? "ended" : stays ? "kept" : "dropped";
      if (fate === "dropped" && dropped++ >= DROPPED) continue;
      nodes.push({ tokens: all, parent: key_of(tokens), log_probability, fate, length });
    }
    steps.push(nodes);
  });
  const longest = Math.max(0, ...found.map((one) => one.tokens.length + 1), greedy.tokens.length + 1);
  return { found, steps: steps.slice(0, longest) };
}

// the first place at which two sequences differ, with their ends
export function parting(one, other) {
  let t = 0;
  while (t < one.length && t < other.length && one[t] === other[t]) t += 1;
  return t;
}

export default function beam(figure, stored) {
  const model = new Translator(stored);
  let [language, ...first] = stored.samples[0];
  language = language.slice(1, 3);
  let [sample, width, alpha, shown] = [0, 3, 0, null];
  let [sentence, state, greedy, grown, nodes, chosen] = [null, null, null, null, [], null];
  let growing = null;
  const soon = once_a_frame(() => search());

  const field = text_field("One or two dates", { value: first.join(" "), change: () => { stop(); read(); soon(); } });
  const into = choices("Into", Object.values(LANGUAGES), Object.keys(LANGUAGES).indexOf(language), (i) => { language = Object.keys(LANGUAGES)[i]; stop(); read(); soon(); });
  const wide = slider("Width of the beam", { min: 1, max: 10, step: 1, value: width, change: (to) => { width = to; shown = null; stop(); soon(); } });
  const power = slider("Exponent α", { min: 0, max: 2, step: 0.05, value: alpha, say: (value) => value.toFixed(2), change: (to) => { alpha = to; stop(); soon(); } });
  const grow = button("Grow the tree", () => (growing ? halt() : play()));
  const other = button("Another sentence", () => { sample = (sample + 1) % stored.samples.length; take(stored.samples[sample]); });
  const picture = draw("svg", { class: "live-chart live-tree", "aria-hidden": "true" });
  const pick = make("div", { class: "live-beam-pick" }, picture);
  const scroll = make("div", { class: "live-scroll" }, pick);
  const hint = make("p", { class: "live-hint live-beam-hint" });
  const table = make("div", { class: "live-scroll", tabindex: 0, role: "region", "aria-label": "The translations that were found" });

  function take([tag, ...words]) {
    language = tag.slice(1, 3);
    into.set(Object.keys(LANGUAGES).indexOf(language));
    field.input.value = words.join(" ");
    stop();
    read();
    search();
  }
  function read() {
    model.forget();
    sentence = model.tokens_of(language, field.input.value);
    state = model.read(sentence.tokens);
    greedy = model.greedy(state);
    shown = null;
  }
  function search() {
    grown = tree(model, state, width, alpha, greedy);
    forget_choice();
    paint();
  }

  // the tree grows by one step every so often
  function play() {
    shown = 0;
    grow.textContent = "Stop";
    forget_choice();
    growing = figure.every(700, () => {
      shown += 1;
      if (shown >= grown.steps.length) { halt(); return false; }
      paint();
      return true;
    });
    paint();
  }
  // the whole tree, with what came of it
  function halt() {
    stop();
    paint();
  }
  function forget_choice() {
    chosen = null;
    picker.set(null);
  }
  function stop() {
    if (growing) { growing(); growing = null; }
    grow.textContent = "Grow the tree";
    shown = null;
  }

  const ends = (tokens) => [...tokens, model.end];
  const lost = () => grown.found.length > 0 && Math.max(...grown.found.map((one) => one.log_probability)) > greedy.log_probability + 1e-9;
  const winner = () => [...grown.found].sort((one, two) => two.log_probability - one.log_probability)[0];

  function paint() {
    const steps = grown.steps.slice(0, shown ?? grown.steps.length);
    const places = new Map([["", { x: 12, y: TOP + ROW }]]);
    const path = ends(greedy.tokens);
    const best = grown.found.length ? ends(grown.found[0].tokens) : [];
    nodes = [];
    const [lines, words] = [[], []];
    steps.forEach((some, t) => {
      const extra = path.length > t && !some.some((node) => same(node.tokens, path.slice(0, t + 1))) && places.has(key_of(path.slice(0, t)));
      const all = extra ? [...some, { tokens: path.slice(0, t + 1), parent: key_of(path.slice(0, t)), log_probability: null, fate: "greedy", length: t + 1 }] : some;
      all.forEach((node, row) => {
        const from = places.get(node.parent);
        if (!from) return;
        const at = { x: 12 + COLUMN * (t + 1) - WORD / 2, y: TOP + ROW * row + ROW / 2 };
        places.set(key_of(node.tokens), { x: at.x + WORD / 2 - 4, y: at.y });
        nodes.push({ ...node, at });
        const on_greedy = same(node.tokens, path.slice(0, t + 1));
        const on_best = same(node.tokens, best.slice(0, t + 1));
        const left = at.x - WORD / 2 + 2;
        const share = node.log_probability === null ? 0 : Math.exp(node.log_probability);
        const names = [FATES[node.fate][0], on_best && shown === null ? "live-winning" : ""].join(" ");
        lines.push(draw("path", { class: `live-branch ${names}`, d: `M${from.x} ${from.y}C${from.x + 12} ${from.y} ${left - 12} ${at.y} ${left} ${at.y}`, "stroke-width": (1 + 7 * share).toFixed(2) }));
        if (on_greedy) lines.push(draw("path", { class: "live-greedy-line", d: `M${from.x} ${from.y + 4}C${from.x + 12} ${from.y + 4} ${left - 12} ${at.y + 4} ${left} ${at.y + 4}` }));
        const word = node.tokens[t] === model.end ? "∎" : model.words[node.tokens[t]];
        words.push(draw("g", { class: `live-beginning ${names}` },
          draw("rect", { x: left, y: at.y - 12, width: WORD - 6, height: 24, rx: 6 }),
          draw("text", { x: at.x - 1, y: at.y + 5, "text-anchor": "middle" }, word)));
      });
    });
    if (shown === null && lost()) {
      const t = parting(path, ends(winner().tokens));
      const at = places.get(key_of(path.slice(0, t)));
      if (at) lines.push(draw("circle", { class: "live-parting", cx: at.x, cy: at.y, r: 8 }));
    }
    const rows = Math.max(2, ...grown.steps.map((some) => some.length + 1));
    const [across, down] = [12 + COLUMN * grown.steps.length + 12, TOP + ROW * rows];
    picture.setAttribute("viewBox", `0 0 ${across} ${down}`);
    [picture.style.width, picture.style.height] = [`${across}px`, `${down}px`];
    const numbers = steps.map((_, t) => draw("text", { class: "live-quiet", x: 12 + COLUMN * (t + 1) - WORD / 2, y: 15, "text-anchor": "middle" }, String(t + 1)));
    picture.replaceChildren(...numbers, ...lines, ...words);
    fill_table();
    describe();
  }

  // a translation as it is shown, in its own language
  const translated = (tokens) => make("span", { lang: language }, model.text(tokens));
  function fill_table() {
    const rows = grown.found.slice(0, 5).map((one, i) => ({ ...one, name: String(i + 1) }));
    if (!rows.some((one) => same(one.tokens, greedy.tokens))) rows.push({ ...greedy, score: greedy.log_probability / (greedy.tokens.length + 1) ** alpha, name: "greedy" });
    const cells = (row, tag) => row.map((content, i) => make(i && tag === "td" ? "td" : "th", { scope: tag === "th" ? "col" : i ? null : "row" }, ...[content].flat()));
    const body = rows.map((one) => make("tr", { class: same(one.tokens, greedy.tokens) ? "live-is-greedy" : null }, ...cells([
      one.name, [translated(one.tokens), same(one.tokens, greedy.tokens) && one.name !== "greedy" ? " (greedy)" : ""],
      decimal(one.log_probability, 3), String(one.tokens.length + 1), decimal(one.score, 3),
    ], "td")));
    const head = make("thead", {}, make("tr", {}, ...cells(["no.", "translation", "log P", "length", "score"], "th")));
    table.replaceChildren(make("table", { class: "live-scores live-found" }, head, make("tbody", {}, ...body)));
  }

  // pieces of a sentence, of which a translation is an element
  const of_node = (node) => {
    const ended = node.tokens[node.length - 1] === model.end;
    const probability = node.log_probability === null ? "" : `, log P ${decimal(node.log_probability)}, ${percent(Math.exp(node.log_probability))}`;
    return [`step ${node.length}: `, translated(ended ? node.tokens.slice(0, -1) : node.tokens), `${ended ? ", the end" : ""}${probability}; ${FATES[node.fate][1]}`];
  };
  const of_greedy = () => {
    const taken = translated(greedy.tokens);
    if (!lost()) return ["Greedy search finds “", taken, "”, and this beam nothing more probable."];
    return [
      "Greedy search lost: it takes “", taken, `”, log P ${decimal(greedy.log_probability)}, and the beam found “`, translated(winner().tokens),
      `”, ${decimal(winner().log_probability)}. The circle is where they part.`,
    ];
  };
  const spoken_of = (pieces) => pieces.map((piece) => piece.textContent ?? piece).join("");
  function describe() {
    const unknown = sentence.unknown.length ? ` Not known: ${quoted(sentence.unknown)}.` : "";
    const best = grown.found[0];
    const node = chosen === null ? null : nodes[chosen];
    hint.replaceChildren(...(node ? [...of_node(node), "."] : [...of_greedy(), unknown]));
    const first = `Best of a beam of ${width} with exponent ${alpha.toFixed(2)}: “${best ? model.text(best.tokens) : ""}”, score ${best ? decimal(best.score) : "none"}.`;
    figure.say(`${first} ${spoken_of(of_greedy())}${unknown}${node ? ` ${spoken_of(of_node(node))}.` : ""}`);
  }

  const picker = pickable(pick, {
    label: "Beginning to look at", count: () => nodes.length, below: (i, down) => i + 5 * down,
    at: (event) => {
      const box = picture.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const i = nodes.findIndex((node) => Math.abs(node.at.x - x) <= WORD / 2 && Math.abs(node.at.y - y) <= ROW / 2);
      return i < 0 ? null : i;
    },
    say: (i) => (nodes[i] ? spoken_of(of_node(nodes[i])) : "nothing chosen"),
    pick: (i) => {
      chosen = i;
      picture.querySelectorAll(".live-beginning").forEach((node, k) => node.classList.toggle("live-here", k === i));
      reveal(scroll, nodes[i].at.x - WORD / 2, nodes[i].at.x + WORD / 2);
      describe();
    },
    leave: () => { chosen = null; picture.querySelectorAll(".live-here").forEach((node) => node.classList.remove("live-here")); if (grown) describe(); },
  });

  figure.show(
    make("div", { class: "live-controls" }, field.element, other),
    make("div", { class: "live-controls" }, labelled("Into", into.element)),
    make("div", { class: "live-controls" }, wide.element, power.element, grow),
    scroll, hint, table,
  );
  figure.read_only();
  read();
  search();
}
