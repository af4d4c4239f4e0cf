// Lesson 13, a map of word vectors: three words, the parallelogram that they span, and the words nearest to its fourth corner.
import { add, embedding, norm, unpack_params } from "./cells.js";
import { button, choices, decimal, draw, labelled, make, once_a_frame } from "./figure.js";

export const MEASURES = ["cosine", "euclidean", "manhattan"];
const NAMES = { cosine: "Cosine, largest first", euclidean: "Euclid, smallest first", manhattan: "Manhattan, smallest first" };
const HEIGHT = 0.62; // of the map, over its width
const NEAREST = 5;
const TRY = {
  book: [["man", "woman", "king"], ["king", "queen", "prince"], ["apple", "apples", "plum"], ["work", "worked", "pray"], ["man", "men", "king"]],
  table: [["man", "woman", "king"], ["king", "queen", "man"], ["apple", "orange", "man"]],
};

// the vectors of a stored set, one per word, and the axes of its map
export function vectors_of(stored) {
  const { E, mean, axes } = unpack_params({ E: stored.E, mean: stored.mean, axes: stored.axes });
  const row = (i) => axes.data.subarray(i * axes.cols, (i + 1) * axes.cols);
  return { vectors: stored.words.map((_, j) => embedding(E, j)), map: { origin: mean.data, axes: [row(0), row(1)] } };
}

const minus = (u, v) => u.map((value, i) => value - v[i]);
const dot = (u, v) => u.reduce((sum, value, i) => sum + value * v[i], 0);

// e_b - e_a + e_c
export const target_of = (vectors, [a, b, c]) => add(minus(vectors[b], vectors[a]), vectors[c]);

export function nearness(measure, v, target) {
  if (measure === "cosine") return dot(v, target) / (norm(v) * norm(target));
  const apart = minus(v, target);
  return measure === "euclidean" ? norm(apart) : apart.reduce((sum, value) => sum + Math.abs(value), 0);
}

// [word, value] of every word but those left out, the nearest first
export function ranking(vectors, target, without, measure) {
  const sign = measure === "cosine" ? -1 : 1;
  return vectors
    .map((v, i) => [i, nearness(measure, v, target)])
    .filter(([i, value]) => !without.includes(i) && !Number.isNaN(value))
    .sort((one, other) => sign * (one[1] - other[1]));
}

// the plane through a that holds b and c, with b - a to the right; along an axis of the map where they are one line
export function plane_of(vectors, [a, b, c], map) {
  const axes = [];
  for (const direction of [minus(vectors[b], vectors[a]), minus(vectors[c], vectors[a]), ...map.axes]) {
    const rest = axes.reduce((left, axis) => minus(left, axis.map((value) => value * dot(direction, axis))), direction);
    if (axes.length < 2 && norm(rest) > 1e-6 * (1e-9 + norm(direction))) axes.push(rest.map((value) => value / norm(rest)));
  }
  return { origin: vectors[a], axes };
}

export const project = (v, { origin, axes }) => axes.map((axis) => dot(minus(v, origin), axis));

function word_list(label, stored, change) {
  const select = make("select", { class: "live-select", "aria-label": label, onchange: () => change(Number(select.value)) });
  for (const [name, places] of Object.entries(stored.groups)) {
    select.append(make("optgroup", { label: name }, ...places.map((i) => make("option", { value: i }, stored.words[i]))));
  }
  return select;
}

export default function analogy(figure, stored) {
  const sets = { book: stored.book, table: stored.table };
  const known = Object.fromEntries(Object.entries(sets).map(([name, set]) => [name, vectors_of(set)]));
  let [which, flat, left_out] = ["book", true, true];
  let [dragged, dropped] = [null, null]; // which of the three, and the word that it is over
  const chosen = Object.fromEntries(Object.entries(sets).map(([name, set]) => [name, TRY[name][0].map((word) => set.words.indexOf(word))]));
  const soon = once_a_frame(() => look());

  const places = make("div", { class: "live-three" });
  const tries = make("div", { class: "live-choices", role: "group", "aria-label": "Three words to try" });
  const chart = draw("svg", { class: "live-chart live-map", role: "img" });
  const hint = make("p", { class: "live-hint" });
  const lists = make("div", { class: "live-ranks" });
  let [lists_of, view, size] = [[], null, [600, 372]];

  function fill() {
    const set = sets[which];
    const names = ["a", "b", "c"];
    lists_of = names.map((name, k) => word_list(`Word ${name}`, set, (i) => { chosen[which][k] = i; look(); }));
    const between = [" is to ", " as ", " is to …"];
    places.replaceChildren(...lists_of.flatMap((select, k) => [make("label", { class: "live-asked" }, make("span", { class: "live-note" }, names[k]), select), make("span", {}, between[k])]));
    tries.replaceChildren(...TRY[which].map((words) => button(`${words[0]} : ${words[1]} :: ${words[2]}`, () => {
      chosen[which] = words.map((word) => set.words.indexOf(word));
      look();
    })));
    look();
  }

  function look() {
    const [set, { vectors, map }] = [sets[which], known[which]];
    const three = chosen[which];
    const target = target_of(vectors, three);
    const ranks = MEASURES.map((measure) => ranking(vectors, target, left_out ? three : [], measure));
    lists_of.forEach((select, k) => { select.value = three[k]; });
    view = flat ? plane_of(vectors, three, map) : map;
    paint(set, vectors, target, ranks);
    lists.replaceChildren(...MEASURES.map((measure, m) => make("div", {}, make("p", { class: "live-note" }, NAMES[measure]),
      make("ol", {}, ...ranks[m].slice(0, NEAREST).map(([i, value]) => make("li", { class: three.includes(i) ? "live-own" : null }, `${set.words[i]} `, make("span", { class: "live-note" }, decimal(value))))))));
    const [a, b, c] = three.map((i) => set.words[i]);
    const alone = ranking(vectors, vectors[three[2]], three, "cosine")[0];
    hint.textContent = `Drag the three marked words, or choose them above. Nearest to ${c} alone, by cosine and without the three: ${set.words[alone[0]]} (${decimal(alone[1])}).`;
    const answers = ranks.map((rank, m) => `${MEASURES[m]} ${rank.length ? `${set.words[rank[0][0]]} ${decimal(rank[0][1])}` : "nothing"}`).join(", ");
    const kept = three.filter((i) => ranks[0].length && ranks[0][0][0] === i).length ? " One of the three words themselves is the nearest." : "";
    figure.say(`${a} is to ${b} as ${c} is to: ${answers}.${kept}`);
    chart.setAttribute("aria-label", `A map of ${set.words.length} words, ${flat ? "in the plane of the three words" : "in the two directions in which all differ most"}. ${a}, ${b}, ${c} and the fourth corner form a parallelogram; nearest to the corner by cosine: ${ranks[0].length ? set.words[ranks[0][0][0]] : "nothing"}.`);
  }

  // from the plane of the map to the picture, all points inside a margin
  function scaled(points) {
    const [width, height] = size;
    const spans = [0, 1].map((k) => [Math.min(...points.map((p) => p[k])), Math.max(...points.map((p) => p[k]))]);
    const scale = Math.min((width - 110) / (spans[0][1] - spans[0][0] || 1), (height - 50) / (spans[1][1] - spans[1][0] || 1));
    const middle = spans.map(([low, high]) => (low + high) / 2);
    return points.map(([x, y]) => [width / 2 + scale * (x - middle[0]), height / 2 - scale * (y - middle[1])]);
  }

  function paint(set, vectors, target, ranks) {
    const all = [...vectors, target].map((v) => project(v, view));
    const at = scaled(all);
    const [a, b, c] = chosen[which];
    const [corner, best] = [at[at.length - 1], ranks[0].length ? ranks[0][0][0] : null];
    const near = ranks[0].slice(0, size[0] < 480 ? 1 : 3).map(([i]) => i); // on a telephone the names would overlap
    const label = (i, kind) => draw("text", { x: at[i][0], y: at[i][1] - (i === best ? 14 : 9), "text-anchor": at[i][0] < 40 ? "start" : at[i][0] > size[0] - 40 ? "end" : "middle", class: kind }, set.words[i]);
    const few = set.words.length < 12;
    const dots = at.slice(0, -1).map(([x, y], i) => draw("circle", { cx: x, cy: y, r: 3, class: "live-spot", "data-word": set.words[i] }));
    const line = (from, to, kind) => draw("line", { x1: from[0], y1: from[1], x2: to[0], y2: to[1], class: kind });
    const handles = [a, b, c].map((i, k) => draw("g", { class: "live-handle", "data-place": k },
      draw("circle", { cx: at[i][0], cy: at[i][1], r: 20, class: "live-grip" }), draw("circle", { cx: at[i][0], cy: at[i][1], r: 7, class: "live-given-dot" })));
    const named = new Set([a, b, c]);
    const others = (few ? set.words.map((_, i) => i) : near).filter((i) => !named.has(i));
    chart.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
    chart.replaceChildren(
      ...dots, line(at[a], at[b], "live-edge-ab"), line(at[a], at[c], "live-side"), line(at[b], corner, "live-side"), line(at[c], corner, "live-edge-ab live-carried"),
      draw("rect", { x: corner[0] - 6, y: corner[1] - 6, width: 12, height: 12, class: "live-corner" }),
      ...(best === null ? [] : [draw("circle", { cx: at[best][0], cy: at[best][1], r: 9, class: "live-best" })]),
      ...handles, ...others.map((i) => label(i, i === best ? "live-good" : "live-quiet")), ...[a, b, c].map((i) => label(i, "live-named")),
    );
  }

  // the word that a dragged one would become
  const over = draw("g", { class: "live-over" });
  function aim(i) {
    dropped = i;
    const [x, y] = ["cx", "cy"].map((name) => Number(chart.querySelectorAll(".live-spot")[i].getAttribute(name)));
    over.replaceChildren(draw("circle", { cx: x, cy: y, r: 9, class: "live-corner" }), draw("text", { x, y: y - 14, "text-anchor": "middle", class: "live-named" }, sets[which].words[i]));
    chart.append(over);
  }

  // where a pointer is, in the picture's own units
  function point(event) {
    const box = chart.getBoundingClientRect();
    return [(event.clientX - box.left) * size[0] / box.width, (event.clientY - box.top) * size[1] / box.height];
  }
  chart.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest(".live-handle");
    if (!handle) return;
    dragged = Number(handle.dataset.place);
    chart.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  chart.addEventListener("pointermove", (event) => {
    if (dragged === null) return;
    const [x, y] = point(event);
    const dots = [...chart.querySelectorAll(".live-spot")].map((dot, i) => [i, Math.hypot(dot.getAttribute("cx") - x, dot.getAttribute("cy") - y)]);
    const [nearest] = dots.sort((one, other) => one[1] - other[1])[0];
    // in the plane of the three words every change moves the map: there a word is taken when it is let go
    if (flat) aim(nearest);
    else if (nearest !== chosen[which][dragged]) {
      chosen[which][dragged] = nearest;
      soon();
    }
  });
  const release = () => {
    if (dragged !== null && dropped !== null) { chosen[which][dragged] = dropped; look(); }
    [dragged, dropped] = [null, null];
    over.remove();
  };
  chart.addEventListener("pointerup", release);
  chart.addEventListener("pointercancel", () => { dropped = null; release(); });

  const whose = choices("Vectors", ["the book’s model", "the table by hand"], 0, (i) => { which = ["book", "table"][i]; fill(); });
  const maps = choices("Map", ["plane of the three", "all words"], 0, (i) => { flat = i === 0; look(); });
  const out = choices("The three words", ["left out", "left in"], 0, (i) => { left_out = i === 0; look(); });
  figure.show(
    make("div", { class: "live-controls" }, labelled("Vectors", whose.element), labelled("Map", maps.element), labelled("The three words", out.element)),
    places, tries, chart, hint, lists,
  );
  fill();
  figure.on_resize((width) => {
    size = [Math.max(280, width), Math.max(300, Math.round(HEIGHT * width))];
    look();
  });
}
