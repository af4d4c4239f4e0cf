// Lesson 15, BLEU: the n-grams of a sentence that the reader edits, which of them count, and the score that they make.
import { choices, decimal, labelled, make, once_a_frame, split, text_field } from "./figure.js";

const OUTPUT = "The dog the dog hiding under the bed";
const REFERENCES = ["The Dog is hiding under the bed", "There is a dog under the bed"];

const JOIN = "\u0000"; // no token holds it

export function ngrams(tokens, n) {
  return Array.from({ length: Math.max(0, tokens.length - n + 1) }, (_, i) => tokens.slice(i, i + n));
}

function counted(tokens, n) {
  const counts = new Map();
  for (const one of ngrams(tokens, n)) counts.set(one.join(JOIN), (counts.get(one.join(JOIN)) || 0) + 1);
  return counts;
}

// each n-gram of the output in its place, how often a reference has it at most, and whether this one counts
export function judged(output, references, n) {
  const limits = references.map((reference) => counted(reference, n));
  const seen = new Map();
  return ngrams(output, n).map((tokens) => {
    const key = tokens.join(JOIN);
    const limit = Math.max(0, ...limits.map((counts) => counts.get(key) || 0));
    const before = seen.get(key) || 0;
    seen.set(key, before + 1);
    return { tokens, limit, counts: before < limit };
  });
}

export function clipped_matches(output, references, n) {
  const rows = judged(output, references, n);
  return [rows.filter((one) => one.counts).length, rows.length];
}

// BP = 1 where c >= r, else exp(1 - r / c)
export function brevity_penalty(output, references) {
  const c = output.length;
  const lengths = references.map((one) => one.length);
  const r = lengths.sort((one, other) => Math.abs(one - c) - Math.abs(other - c) || one - other)[0];
  return { c, r, penalty: c >= r ? 1 : c ? Math.exp(1 - r / c) : 0 };
}

export function bleu(output, references, max_n = 4) {
  let logarithms = 0;
  for (let n = 1; n <= max_n; n++) {
    const [matches, total] = clipped_matches(output, references, n);
    if (!matches) return 0;
    logarithms += Math.log(matches / total);
  }
  return brevity_penalty(output, references).penalty * Math.exp(logarithms / max_n);
}

const NAMES = ["single words", "pairs", "triples", "four in a row"];

export default function of_sentence(figure) {
  let [lower, max_n] = [true, 4];
  const soon = once_a_frame(() => paint());
  const output = text_field("Output", { value: OUTPUT, change: soon });
  const references = REFERENCES.map((text, i) => text_field(`Reference ${i + 1}`, { value: text, change: soon }));
  const letters = choices("Capital letters", ["ignored", "count"], 0, (i) => { lower = i === 0; soon(); });
  const orders = choices("Longest n-gram", ["1", "2", "3", "4"], 3, (i) => { max_n = i + 1; soon(); });
  const rows = make("div", { class: "live-grams" });
  const sum = make("p", { class: "live-bleu" });

  const tokens = (text) => split(lower ? text.toLowerCase() : text);

  function paint() {
    const out = tokens(output.input.value);
    const given = references.map((one) => tokens(one.input.value)).filter((one) => one.length);
    const refs = given.length ? given : [[]];
    const said = [];
    rows.replaceChildren(...Array.from({ length: max_n }, (_, i) => {
      const judgement = judged(out, refs, i + 1);
      const matches = judgement.filter((one) => one.counts).length;
      const chips = judgement.map((one) => {
        const most = `clipped: a reference has it ${one.limit} ${one.limit === 1 ? "time" : "times"} at most`;
        const [fate, why] = one.counts ? ["live-counts", "counts"] : one.limit ? ["live-clipped", most] : ["live-absent", "in no reference"];
        return make("li", { class: `live-gram ${fate}` }, one.tokens.join(" "), make("span", { class: "live-hidden" }, `, ${why}`));
      });
      const share = judgement.length ? `${matches}/${judgement.length}` : "0/0: no n-gram of this length";
      said.push(`p${i + 1} ${matches} of ${judgement.length}`);
      return make("div", {},
        make("p", { class: "live-note" }, `${NAMES[i]}: p`, make("sub", {}, String(i + 1)), ` = ${share}`),
        make("ul", { class: "live-gram-list", "aria-label": NAMES[i] }, ...chips));
    }));
    const { c, r, penalty } = brevity_penalty(out, refs);
    const value = bleu(out, refs, max_n);
    const text = `c = ${c}, r = ${r}, BP = ${decimal(penalty, 4)}. BLEU = ${decimal(value, 4)}`;
    sum.textContent = text;
    figure.say(`${said.join(", ")}; ${text}.${value === 0 ? " One precision is 0, so BLEU is 0." : ""}`);
  }

  figure.show(
    make("div", { class: "live-controls" }, output.element),
    make("div", { class: "live-controls" }, ...references.map((one) => one.element)),
    make("div", { class: "live-controls" }, labelled("Capital letters", letters.element), labelled("Longest n-gram", orders.element)),
    rows, sum,
    make("p", { class: "live-hint" }, "Blue counts, struck through is clipped, dashed is in no reference."),
  );
  figure.read_only();
  paint();
}
