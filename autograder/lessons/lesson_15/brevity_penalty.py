"""`brevity_penalty`: what a corpus loses whose sentences are shorter than the references."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Any

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, shuffled
from autograder.lessons.lesson_15.clipped_matches import WORDS, some


def of_lengths(rng: Generator, lengths: Sequence[int]) -> list[list[str]]:
    """A sentence of each length: which words they are is no matter."""
    return [some(rng, WORDS, length) for length in lengths]


def draw(rng: Generator) -> list[Inputs]:
    def corpus(*rows: tuple[int, Sequence[int]]) -> tuple[Any, Any]:
        """Sentences of these lengths, each with references of these lengths, in random order."""
        chosen = [rows[int(i)] for i in rng.permutation(len(rows))]
        references = [of_lengths(rng, shuffled(list(lengths), rng)) for _, lengths in chosen]
        return of_lengths(rng, [length for length, _ in chosen]), references

    # a number for each case: with one for all, a few tables would hold every answer
    k = rng.integers(20, size=10).tolist()
    one = of_lengths(rng, [6 + k[0]]), [of_lengths(rng, [9 + k[0]])]
    return [
        Inputs("one short sentence", one, aspect="one reference"),
        Inputs("three sentences", corpus((5, [9 + k[1]]), (8, [6]), (4, [5])), aspect="one reference"),
        Inputs("longer than the references", corpus((9 + k[2], [7]), (6, [4]), (3, [5])), aspect="one reference"),
        Inputs("as long as the references", corpus((5 + k[3], [7 + k[3]]), (6, [4])), aspect="one reference"),
        Inputs("two references each", corpus((6, [9, 4]), (8, [10 + k[4], 11 + k[4]]), (5, [6, 12])), aspect="references"),
        Inputs(
            "three references each",
            corpus((7, [4, 9, 15]), (9 + k[5], [12 + k[5], 5, 8 + k[5]]), (5, [14 + k[5]])),
            aspect="references",
        ),
        Inputs("references of another number", corpus((6, [8]), (7, [5, 12, 8]), (4, [9, 5])), aspect="references"),
        Inputs("closest on both sides", corpus((6, [4, 8]), (9 + k[9], [16 + k[9] + k[6]]), (7, [10, 4])), aspect="a tie"),
        Inputs(
            "nothing but empty sentences", ([[], []], [of_lengths(rng, [4]), of_lengths(rng, [3, 5])]), aspect="empty"
        ),
        Inputs("one sentence is empty", ([[], *one[0]], [of_lengths(rng, [3, 2 + k[7]]), one[1][0]]), aspect="empty"),
        Inputs("one reference is empty", corpus((1, [0, 4]), (6, [9 + k[8]])), aspect="empty"),
        Inputs(
            "empty, and so is a reference",
            ([[]], [[*of_lengths(rng, [6 + k[0]]), []]]),
            aspect="nothing at all",
            unusual=True,
            dependent=True,
        ),
        Inputs("one word beside 720", (of_lengths(rng, [1]), [of_lengths(rng, [720])]), aspect="far too short", unusual=True, dependent=True),
    ]  # fmt: skip


def brevity_penalty(hypotheses: Any, references: Any) -> Any:
    c, r = 0, 0
    for hypothesis, candidates in zip(hypotheses, references, strict=True):
        c += len(hypothesis)
        lengths = [len(candidate) for candidate in candidates]
        r += min(lengths, key=lambda length: (abs(length - len(hypothesis)), length))
    if c >= r:
        return 1.0
    if c == 0:
        return 0.0
    return exp(1 - r / c)


CLOSEST = "min(lengths, key=lambda length: (abs(length - len(hypothesis)), length))"
LONG, EMPTY, EXP, LOOP = (
    "if c >= r:\n        return 1.0\n    ",
    "if c == 0:\n        return 0.0\n    ",
    "return exp(1 - r / c)",
    "for hypothesis, candidates in zip(hypotheses, references, strict=True)",
)
SUMS = "c += len(hypothesis)"


def _each(function: Any, *, weighted: bool = False) -> Any:
    """The mean of the penalties of single sentences."""

    def brevity_penalty(hypotheses: Any, references: Any) -> Any:
        rows = [(function([h], [r]), len(h) if weighted else 1) for h, r in zip(hypotheses, references, strict=True)]
        return sum(value * weight for value, weight in rows) / (sum(weight for _, weight in rows) or 1)

    return brevity_penalty


def _product(hypotheses: Any, references: Any) -> Any:
    value = 1.0
    for hypothesis, candidates in zip(hypotheses, references, strict=True):
        value *= brevity_penalty([hypothesis], [candidates])
    return value


# fmt: off
MISTAKES = {
    "shortest": Mistake("r adds up the shortest references: from each sentence's references it takes the length closest to the sentence's own.", (CLOSEST, "min(lengths)")),
    "longest": Mistake("r adds up the longest references: from each sentence's references it takes the length closest to the sentence's own.", (CLOSEST, "max(lengths)")),
    "first_reference": Mistake("r adds up the first reference of each sentence: it takes the length closest to the sentence's own.", (CLOSEST, "lengths[0]")),
    "mean_length": Mistake("r adds up mean lengths of references: it takes the length closest to the sentence's own.", (CLOSEST, "sum(lengths) / len(lengths)")),
    "all_lengths": Mistake("r adds up the lengths of all references: one for each sentence, the closest.", (CLOSEST, "sum(lengths)")),
    "longer_on_a_tie": Mistake("where two lengths are equally close, the longer one was taken: it is the shorter one.", ("len(hypothesis)), length)", "len(hypothesis)), -length)")),
    "first_on_a_tie": Mistake("where two lengths are equally close, the one that comes first was taken: it is the shorter one, whatever the order.", ("(abs(length - len(hypothesis)), length)", "abs(length - len(hypothesis))")),
    "last_on_a_tie": Mistake("where two lengths are equally close, the one that comes last was taken: it is the shorter one, whatever the order.", ("min(lengths, key=lambda length: (abs(length - len(hypothesis)), length))", "min(lengths[::-1], key=lambda length: abs(length - len(hypothesis)))")),
    "furthest": Mistake("the length that is furthest from the sentence's own was taken: it is the closest one.", ("min(lengths, key", "max(lengths, key")),
    "not_above": Mistake("only references that are no longer than the sentence were considered: the closest length may be on either side.",
        (CLOSEST, "max([length for length in lengths if length <= len(hypothesis)], default=min(lengths))")),
    "not_below": Mistake("only references that are at least as long as the sentence were considered: the closest length may be on either side.",
        (CLOSEST, "min([length for length in lengths if length >= len(hypothesis)], default=max(lengths))")),
    "mean_of_sentences": Mistake("this is the mean of the sentences' penalties: add up the lengths over the corpus first, so that a long sentence can make up for a short one.", _each(brevity_penalty)),
    "weighted_mean": Mistake("this is the mean of the sentences' penalties, weighted by their lengths: there is one penalty, from the lengths added up over the corpus.", _each(brevity_penalty, weighted=True)),
    "product": Mistake("the sentences' penalties are multiplied: there is one penalty, from the lengths added up over the corpus.", _product),
    "each_capped": Mistake("a sentence that is too long cannot make up for one that is too short here: c and r are sums over the corpus, and compared once.", (SUMS, "c += len(hypothesis)\n        longest = len(hypothesis)"),
        (CLOSEST, "max(longest, min([len(one) for one in candidates], key=lambda length: (abs(length - longest), length)))")),
    "closest_to_the_corpus": Mistake("the closest length is chosen once for the corpus: each sentence chooses among its own references.",
        (LOOP, "for hypothesis, candidates in [([0] * sum(map(len, hypotheses)), [[0] * sum(len(one[min(k, len(one) - 1)]) for one in references) for k in range(max(map(len, references)))])]")),
    "no_cap": Mistake("a corpus longer than its references gets more than 1: BP is 1 there.", (LONG, "")),
    "long_punished": Mistake("a corpus longer than its references is punished: BP is 1 there. Superfluous words cost precision already.", ("        return 1.0\n", "        return exp(1 - c / r) if r else 1.0\n")),
    "short_rewarded": Mistake("the cases are the wrong way round: BP is 1 where c >= r, and exp(1 - r / c) where c < r.", ("if c >= r", "if c <= r"), (EMPTY, "")),
    "inverted": Mistake("the quotient is upside down: exp(1 - r / c), where c counts the hypotheses' tokens.", (EXP, "return exp(1 - c / r)")),
    "positive_exponent": Mistake("the exponent has the wrong sign: it is 1 - r / c, which is below 0 for a short corpus, so that BP is below 1.", (EXP, "return exp(r / c - 1)")),
    "no_exponential": Mistake("this is c / r: the penalty is exp(1 - r / c).", (EXP, "return c / r")),
    "without_one": Mistake("the 1 is missing in the exponent: exp(1 - r / c).", (EXP, "return exp(-r / c)")),
    "logarithm": Mistake("the exponent 1 - r / c is returned: BP is its exponential.", (EXP, "return 1 - r / c")),
    "difference": Mistake("the exponent is the difference c - r: it is 1 - r / c.", (EXP, "return exp(c - r)")),
    "sentences": Mistake("c counts sentences: it counts the tokens of all hypotheses.", (SUMS, "c += 1")),
    "characters": Mistake("characters are counted: lengths are in tokens.", (SUMS, "c += len(''.join(hypothesis))"), ("[len(candidate) for candidate", "[len(''.join(candidate)) for candidate")),
    "distinct": Mistake("different tokens are counted: every token counts, repeated ones as well.", (SUMS, "c += len(set(hypothesis))")),
    "first_sentence": Mistake("only the first sentence is looked at: is the return inside the loop?", (LOOP, "for hypothesis, candidates in [(hypotheses[0], references[0])]")),
    "last_sentence": Mistake("only the last sentence is looked at: c and r are sums (+=).", (SUMS, "c = len(hypothesis)"), ("r += min", "r = min")),
    "divides_by_zero": Mistake("where all hypotheses are empty, c is 0 and cannot be divided by: BP is 0 there.", (EMPTY, "")),
    "empty_left_out": Mistake("a sentence whose hypothesis is empty is left out, with its references: r takes one of these lengths as well.",
        (LOOP, "for hypothesis, candidates in [pair for pair in zip(hypotheses, references, strict=True) if pair[0] or not any(hypotheses)]")),
    "empty_reference_left_out": Mistake("an empty reference is left out: its length, 0, may be the closest one.", ("for candidate in candidates]", "for candidate in candidates if candidate] or [0]")),
    "quotient": Mistake("exp(r / c) overflows where the references are some hundred times as long as the sentences: exp(1 - r / c) does not.", (EXP, "return exp(1) / exp(r / c)")),
    "empty_is_one": Mistake("where all hypotheses are empty, BP is 0, not 1: nothing was translated.", (EMPTY, "if c == 0:\n        return 1.0\n    ")),
    "empty_first": Mistake("where the references are empty as well, c >= r, and BP is 1: ask for that first.", (LONG, ""), (EMPTY, "if c == 0:\n        return 0.0\n    if c >= r:\n        return 1.0\n    ")),
    "always_one": Mistake("BP is 1 whatever the lengths: it is exp(1 - r / c) where c < r.", (EXP, "return 1.0"), (EMPTY, "")),
}
# fmt: on

EXERCISE = Exercise(
    right=brevity_penalty,
    draw=draw,
    again=True,
    visible=2,
    hidden=2,
    mistakes=MISTAKES,
    parts=(Part("BP"),),
)
