// The gallery, sentiment: the reader types a review, and a network gives it 1 to 5 stars after every word.
import { argmax, deep_forward, embedding, output_forward, unpack_params } from "./cells.js";
import { bar_rows, barred, button, decimal, make, once_a_frame, percent, text_field } from "./figure.js";
import { split_words } from "./names.js";

const REVIEWS = [
  "There is nothing to like in this movie.",
  "Nobody said that the plot was bad.",
  "Although the cast was superb, the ending was dull.",
  "I doubt that this is a wonderful film.",
];
const STARS = [1, 2, 3, 4, 5];

export class Reviewer {
  constructor(stored) {
    this.params = unpack_params(stored.params);
    this.cell = stored.cell;
    this.index = new Map(stored.vocabulary.map((word, i) => [word, i]));
  }

  knows(word) {
    return this.index.has(word.toLowerCase());
  }

  // the probabilities of 1 to 5 stars after each word, from the words up to it
  read(words) {
    if (!words.length) return [];
    const unknown = this.index.get("<UNK>");
    const x = words.map((word) => embedding(this.params.E, this.index.get(word.toLowerCase()) ?? unknown));
    return deep_forward(this.cell, x, this.params).a.map((a_t) => output_forward(a_t, this.params));
  }
}

const mean_of = (p) => p.reduce((sum, value, i) => sum + value * STARS[i], 0);
const stars = (count) => `${count} ${count === 1 ? "star" : "stars"}`;

export default function review(figure, stored) {
  const reviewer = new Reviewer(stored);
  const soon = once_a_frame(() => read());
  let [words, p, place] = [[], [], null];

  const field = text_field("A review of a film", { value: REVIEWS[0], change: soon });
  const examples = REVIEWS.map((text) => button(text, () => { field.input.value = text; read(); }));
  const line = make("div", { class: "live-words", role: "group", "aria-label": "The words, each with the stars after it" });
  const bars = bar_rows(STARS.map((count) => make("span", { role: "img", "aria-label": stars(count) }, "★".repeat(count))), "live-stars");
  const note = make("p", { class: "live-note" });

  function word_of(word, t) {
    const known = reviewer.knows(word);
    const mean = mean_of(p[t]);
    return make("button", {
      type: "button", class: "live-word", "aria-pressed": String(t === place),
      "aria-label": `${word}: after it ${decimal(mean, 1)} stars on average${known ? "" : "; the network does not know this word"}`,
      onclick: () => look(t),
    }, ...barred(word, (mean - 1) / 4, decimal(mean, 1), known ? null : "live-unknown"));
  }
  function read() {
    words = split_words(field.input.value);
    p = reviewer.read(words);
    place = words.length ? words.length - 1 : null;
    line.replaceChildren(...words.map(word_of));
    show();
  }
  function look(t) {
    place = t;
    [...line.children].forEach((one, i) => one.setAttribute("aria-pressed", String(i === t)));
    show();
  }
  function show() {
    const now = place === null ? null : p[place];
    bars.show(now);
    if (now === null) { note.textContent = ""; figure.say("No words."); return; }
    const whole = place === words.length - 1;
    note.textContent = whole ? "after the last word" : `after “${words.slice(0, place + 1).slice(-4).join(" ")}”`;
    figure.say(`${whole ? "The review gets" : `Up to “${words[place]}” it is`} ${stars(argmax(now) + 1)}, ${percent(Math.max(...now))}.`);
  }

  figure.show(
    make("div", { class: "live-controls" }, field.element), line,
    make("p", { class: "live-hint" }, "Below each word: the stars on average if the review ended there. Choose a word to see all five. Dotted: a word that did not occur in training. Try:"),
    make("div", { class: "live-choices" }, ...examples),
    make("div", { class: "live-rows" }, note, ...bars.rows),
  );
  read();
}
