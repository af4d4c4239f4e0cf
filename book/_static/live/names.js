// Lesson 1: the reader types a sentence, and the words that belong to a person's name are marked.
import { deep_forward, output_forward, unpack_params } from "./cells.js";
import { barred, button, decimal, make, percent, text_field } from "./figure.js";

const SENTENCES = [
  "Yesterday, Harry Potter met Hermione Granger.",
  "She met Ashby, Norton and Welby.",
  "She visited Ashby, Norton and Welby.",
  "In May, Paris Norton sold the house in Paris.",
];

export const split_words = (text) => text.match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*|[^\p{L}\p{N}_\s]/gu) || [];
const is_capital = (word) => word[0] !== word[0].toLowerCase() && word[0] === word[0].toUpperCase();

export class Tagger {
  constructor(stored) {
    this.params = unpack_params(stored.params);
    this.cell = stored.cell;
    this.index = new Map(stored.words.map((word, i) => [word, i]));
    this.n_x = stored.words.length + 1;
  }

  knows(word) {
    return this.index.has(word.toLowerCase());
  }

  // one-hot, with one more element that is 1 where the word has a capital
  encode(word) {
    const x = new Float64Array(this.n_x);
    x[this.index.get(word.toLowerCase()) || 0] = 1;
    x[this.n_x - 1] = is_capital(word) ? 1 : 0;
    return x;
  }

  // for each word the probability that it belongs to a name
  probabilities(words) {
    if (!words.length) return [];
    const { a } = deep_forward(this.cell, words.map((word) => this.encode(word)), this.params);
    return a.map((a_t) => output_forward(a_t, this.params)[1]);
  }
}

export default function names(figure, stored) {
  const tagger = new Tagger(stored);
  const field = text_field("Type a sentence", { value: SENTENCES[0], change: () => mark() });
  const line = make("div", { class: "live-words", role: "list", "aria-label": "The words, each with the probability that it belongs to a name" });
  const examples = SENTENCES.map((text) => button(text, () => { field.input.value = text; mark(); }));

  function word_of(word, p, t) {
    const state = p > 0.5 ? "a name" : "no name";
    const capital = is_capital(word);
    const other = capital ? word[0].toLowerCase() + word.slice(1) : word[0].toUpperCase() + word.slice(1);
    const letter = /\p{L}/u.test(word);
    const name = `${word}: ${state}, ${percent(p)}${tagger.knows(word) ? "" : "; the network does not know this word"}${letter ? `. Change to ${other}` : ""}`;
    const content = barred(word, p, decimal(p), tagger.knows(word) ? null : "live-unknown");
    const options = { class: "live-word", "aria-label": name, "data-name": String(p > 0.5) };
    const box = letter
      ? make("button", { type: "button", ...options, onclick: () => swap(t, other) }, ...content)
      : make("span", { ...options, role: "img" }, ...content);
    return make("span", { role: "listitem" }, box);
  }
  // a click takes a word's capital away, or gives it one; t: the word's place, since not every browser gives a clicked button the focus
  function swap(t, other) {
    const text = field.input.value;
    const words = split_words(text);
    const after = words.slice(0, t).reduce((end, word) => text.indexOf(word, end) + word.length, 0);
    const at = text.indexOf(words[t], after);
    field.input.value = text.slice(0, at) + other + text.slice(at + words[t].length);
    mark();
    line.children[t].querySelector("button").focus();
  }
  function mark() {
    const words = split_words(field.input.value);
    const p = tagger.probabilities(words);
    line.replaceChildren(...words.map((word, t) => word_of(word, p[t], t)));
    const found = [];
    words.forEach((word, t) => {
      if (!(p[t] > 0.5)) return;
      if (p[t - 1] > 0.5) found[found.length - 1] += ` ${word}`;
      else found.push(word);
    });
    figure.say(found.length ? `Names: ${found.join(", ")}.` : "No names.");
  }

  figure.show(
    field.element, line,
    make("p", { class: "live-hint" }, "Click a word to change its capital. Dotted: a word that the network does not know, as most names are. Try:"),
    make("div", { class: "live-choices" }, ...examples),
  );
  mark();
}
