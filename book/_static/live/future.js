// Lesson 11, what the future knows: two sentences below each other, a curtain over the words that have not been heard, and for each word
// whether it belongs to a name, by a network that reads from left to right, one that reads from right to left and one that does both.
import { choices, decimal, make, once_a_frame, percent, slider } from "./figure.js";
import { Tagger } from "./names.js";

const READERS = {
  forward: ["→", "left to right", "live-reader-forward"], backward: ["←", "right to left", "live-reader-backward"], both: ["⇄", "both ways", "live-reader-both"],
};
const PAIRS = [
  ["He said , Teddy Roosevelt was a great president .", "He said , Teddy bears are on sale ."],
  ["He said , Rose laughed at the joke .", "He said , Rose petals fell on the path ."],
  ["She wrote that Olive was late again .", "She wrote that Olive oil is expensive ."],
].map((pair) => pair.map((text) => text.split(" ")));
const ASKED = 3; // the place of the word that may be a name
const ORDER = ["first", "second"];

export class Readers {
  constructor({ cell, words, networks }) {
    this.taggers = Object.fromEntries(Object.entries(networks).map(([reader, { params }]) => [reader, new Tagger({ cell, words, params })]));
  }

  knows(word) {
    return this.taggers.both.knows(word);
  }

  // for each word that was heard the probability that it belongs to a name
  probabilities(reader, heard) {
    const tagger = this.taggers[reader];
    return reader === "backward" ? tagger.probabilities([...heard].reverse()).reverse() : tagger.probabilities(heard);
  }
}

export default function future(figure, stored) {
  const soon = once_a_frame(() => paint());
  const readers = new Readers(stored);
  const steps = Math.max(...PAIRS.flat().map((words) => words.length));
  const rows = ORDER.map((name) => ({ name, cards: Array.from({ length: steps }, (_, t) => card(name, t)) }));
  const curtain = slider("Words heard", { min: 1, max: steps, step: 1, value: ASKED + 1, change: soon });
  const pairs = choices("Sentences", PAIRS.map(([first, second]) => `${first[ASKED]} ${first[ASKED + 1]} / ${second[ASKED]} ${second[ASKED + 1]}`), 0, (i) => { fill(i); paint(); });

  function card(name, t) {
    const id = `live-heard-${name}-${t + 1}`;
    const label = make("label", { class: "live-hidden", for: id }, `Word ${t + 1} of the ${name} sentence`);
    const input = make("input", {
      type: "text", id, autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 16, oninput: soon,
    });
    const numbers = Object.fromEntries(Object.entries(READERS).map(([reader, [, , look]]) => [reader, make("small", { role: "img", class: `live-reader ${look}` })]));
    return { input, numbers, element: make("li", { class: "live-heard" }, label, input, ...Object.values(numbers)) };
  }

  function fill(i) {
    rows.forEach(({ cards }, k) => cards.forEach(({ input }, t) => { input.value = PAIRS[i][k][t] || ""; }));
  }

  // a place without a word is no step of the sentence
  function read(cards) {
    const places = cards.map((_, t) => t).filter((t) => t < curtain.value && cards[t].input.value.trim());
    const heard = places.map((t) => cards[t].input.value.trim());
    return Object.fromEntries(Object.keys(READERS).map((reader) => {
      const p = readers.probabilities(reader, heard);
      return [reader, new Map(places.map((t, i) => [t, p[i]]))];
    }));
  }

  function paint() {
    const said = rows.map(({ name, cards }) => {
      const p = read(cards);
      cards.forEach(({ input, numbers, element }, t) => {
        const word = input.value.trim();
        element.dataset.hidden = String(t >= curtain.value);
        element.dataset.empty = String(!word);
        input.classList.toggle("live-unknown", Boolean(word) && !readers.knows(word));
        for (const [reader, [sign, way]] of Object.entries(READERS)) {
          const value = p[reader].get(t);
          numbers[reader].textContent = `${sign} ${value === undefined ? "–" : decimal(value)}`;
          numbers[reader].style.setProperty("--share", value || 0);
          numbers[reader].setAttribute("aria-label", `${word || "no word"}, ${way}: ${value === undefined ? "not heard" : percent(value)}`);
        }
      });
      const asked = cards[ASKED].input.value.trim();
      if (!p.both.has(ASKED)) return `The fourth word of the ${name} sentence has not been heard.`;
      return `${asked} in the ${name} sentence: ${Object.entries(READERS).map(([reader, [, way]]) => `${way} ${percent(p[reader].get(ASKED))}`).join(", ")}.`;
    });
    figure.say(`${curtain.value} ${curtain.value === 1 ? "word" : "words"} heard. ${said.join(" ")}`);
  }

  figure.show(
    make("div", { class: "live-controls" }, curtain.element, pairs.element),
    make("div", { class: "live-future", "--steps": steps }, ...rows.map(({ name, cards }) =>
      make("ol", { "aria-label": `The ${name} sentence` }, ...cards.map(({ element }) => element)))),
    make("p", { class: "live-hint" }, "→ from left to right, ← from right to left, ⇄ both. Words can be changed. Dotted: a word that the networks do not know, as most surnames are."),
  );
  fill(0);
  paint();
}
