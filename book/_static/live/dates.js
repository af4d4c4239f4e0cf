// The gallery, translation: a date in words goes in, in one of six languages, and the year, month and day come out, character by character.
import { deep_forward, embedding, largest_first, next_word, part, unpack_params } from "./cells.js";
import { LANGUAGES, barred, button, decimal, make, once_a_frame, percent, quoted, text_field } from "./figure.js";

// words and punctuation in lower case, numbers digit by digit
export function date_tokens(text) {
  const words = text.replaceAll(",", " , ").replaceAll(".", " . ").toLowerCase().split(/\s+/u).filter(Boolean);
  return words.flatMap((word) => (/^\p{Nd}+$/u.test(word) ? [...word] : [word]));
}

export class Translator {
  constructor(stored) {
    const params = unpack_params(stored.params);
    this.encoder = part(params, "encoder/");
    this.step = next_word(part(params, "decoder/"), stored.cell);
    [this.cell, this.target, this.longest] = [stored.cell, stored.target, stored.longest];
    this.index = new Map(stored.source.map((word, i) => [word, i]));
  }

  knows(token) {
    return this.index.has(token);
  }

  // greedy: the likeliest character at each step, with its probability and the runners-up, until <EOS>
  translate(tokens) {
    const x = tokens.map((token) => embedding(this.encoder.E, this.index.get(token) ?? this.index.get("<UNK>")));
    let { states } = deep_forward(this.cell, x, this.encoder);
    const written = [];
    for (let token = null; written.length < this.longest;) {
      let log_p;
      [log_p, states] = this.step(states, token);
      const order = largest_first(log_p);
      token = order[0];
      written.push({ token: this.target[token], p: Math.exp(log_p[token]), next: order.slice(1, 3).map((i) => [this.target[i], Math.exp(log_p[i])]) });
      if (this.target[token] === "<EOS>") break;
    }
    return written;
  }
}

const value_of = (digit) => { // of a decimal digit in any script: the digits of a script stand in a row
  let zero = digit.codePointAt(0);
  while (/^\p{Nd}$/u.test(String.fromCodePoint(zero - 1)) && digit.codePointAt(0) - zero < 9) zero -= 1;
  return digit.codePointAt(0) - zero;
};
// the date by rule, as seqlib.book.exhibits.date_by_rule: the month's name, four digits in a row for the year and one other number for
// the day; null where that is not there
export function by_rule(tokens, months) {
  const month = tokens.map((token) => Object.hasOwn(months, token) && months[token]).find(Boolean);
  const numbers = [];
  let row = null;
  for (const token of tokens) {
    if (!/^\p{Nd}$/u.test(token)) row = null;
    else if (row === null) numbers.push(row = [value_of(token)]);
    else row.push(value_of(token));
  }
  const year = numbers.find((one) => one.length === 4);
  const day = numbers.find((one) => one.length !== 4);
  if (!month || !year || !day || numbers.length !== 2) return null;
  const number = Number(day.join(""));
  const last = new Date(Date.UTC(Number(year.join("")), month, 0)).getUTCDate();
  if (number < 1 || number > last || Number(year.join("")) === 0) return null;
  return `${year.join("")}-${String(month).padStart(2, "0")}-${String(number).padStart(2, "0")}`;
}

const shown = (token) => (token === "<EOS>" ? "end" : token);

export default function dates(figure, stored) {
  const translator = new Translator(stored);
  const soon = once_a_frame(() => translate());
  let [written, place] = [[], null];

  const field = text_field("A date in words", { value: stored.examples[0].text, change: soon });
  const examples = stored.examples.map(({ locale, text }) => button(text, () => { field.input.value = text; translate(); }, { name: `${text}, ${LANGUAGES[locale]}` }));
  examples.forEach((one, i) => one.setAttribute("lang", stored.examples[i].locale));
  const source = make("div", { class: "live-words live-tokens", role: "list", "aria-label": "What the encoder reads, token by token" });
  const target = make("div", { class: "live-words", role: "group", "aria-label": "What the decoder writes, character by character" });
  const note = make("p", { class: "live-hint live-two-lines" });

  function translate() {
    const tokens = date_tokens(field.input.value);
    written = tokens.length ? translator.translate(tokens) : [];
    place = null;
    source.replaceChildren(...tokens.map((token) => make("span", { role: "listitem" }, make("span", { class: "live-token" },
      make("span", { class: translator.knows(token) ? null : "live-unknown", title: translator.knows(token) ? null : "not in the vocabulary" }, token)))));
    target.replaceChildren(...written.map((one, t) => make("button", {
      type: "button", class: "live-word", "aria-pressed": "false", "aria-label": `${shown(one.token)}, ${percent(one.p)}`, onclick: () => look(t),
    }, ...barred(shown(one.token), one.p, decimal(one.p), one.token === "<EOS>" ? "live-end" : null))));
    describe(tokens);
  }
  function look(t) {
    place = place === t ? null : t;
    [...target.children].forEach((one, i) => one.setAttribute("aria-pressed", String(i === place)));
    describe(date_tokens(field.input.value));
  }
  function describe(tokens) {
    const unknown = tokens.filter((token) => !translator.knows(token));
    const dotted = unknown.length ? ` Not in the vocabulary, and read as an unknown word: ${quoted(unknown)}.` : "";
    note.textContent = place === null
      ? `Greedy: at each step the likeliest character is written. Choose one to see the runners-up.${dotted}`
      : `After “${written.slice(0, place).map((one) => one.token).join("")}”: ${shown(written[place].token)} ${percent(written[place].p)}, then ${written[place].next.map(([token, p]) => `${shown(token)} ${percent(p)}`).join(", ")}.`;
    if (!tokens.length) { figure.say("No date."); return; }
    const text = written.filter((one) => one.token !== "<EOS>").map((one) => one.token).join("");
    const right = by_rule(tokens, stored.months);
    const verdict = right === null ? "The rule finds no date in these tokens." : right === text ? "Read by rule, it is the same." : `Read by rule, it is ${right}.`;
    figure.say(`${text}. ${verdict}`);
  }

  figure.show(
    make("div", { class: "live-controls" }, field.element),
    make("div", { class: "live-choices" }, ...examples),
    make("p", { class: "live-note" }, "the encoder reads"), source,
    make("p", { class: "live-note" }, "the decoder writes"), target, note,
  );
  translate();
}
