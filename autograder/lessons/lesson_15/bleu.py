"""`bleu`: the precisions of a corpus, their geometric mean, and the penalty for what is too short."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from math import exp, log
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, different
from autograder.lessons.lesson_15.brevity_penalty import brevity_penalty
from autograder.lessons.lesson_15.clipped_matches import WORDS, clipped_matches, some

NEW = ["and", "cats", "very", "old"]


def changed(rng: Generator, tokens: Sequence[str], count: int, new: Sequence[str]) -> list[str]:
    """A sentence with some of its words replaced, at the places from which most n-grams stay whole: near its ends."""
    other = list(tokens)
    for i in range(count):
        other[i // 2 if i % 2 else -1 - i // 2] = new[int(rng.integers(len(new)))]
    return other


def translated(
    rng: Generator, words: Sequence[str], lengths: Sequence[int], *, several: bool = True, longer: int = 2
) -> tuple[Any, Any]:
    """Sentences and references that begin or end as they do, some of them longer."""
    hypotheses, references = [], []
    for i, length in enumerate(lengths):
        true = some(rng, words, length + longer)
        hypotheses.append([*true[: length - 1], some(rng, words, 1)[0]])
        others = [changed(rng, true, 2, NEW), some(rng, words, length + 3)][: 1 + i % 2 if several else 0]
        references.append([*others, true])
    return hypotheses, references


def without_matches(rng: Generator, words: Sequence[str], exact: list[str]) -> list[Inputs]:
    """Some n has no n-gram that matches, or no n-gram at all. exact: a sentence of three words"""
    without = {
        "an exact sentence of three words alone": ([exact], [[exact]]),
        "no four words in a row that match": ([[*exact, *NEW[:2], *exact]], [[[*exact, *NEW[2:], *exact]]]),
        "two sentences of three words, one of them right": (
            [exact, [*exact[:2], NEW[0]]],
            [[exact], [[*exact[:2], NEW[1]]]],
        ),
        "sentences without words": ([[], []], [[some(rng, words, 4)], [exact, some(rng, words, 2)]]),
    }
    return [Inputs(label, given, aspect="nothing to find", dependent=True) for label, given in without.items()]


def draw(rng: Generator) -> list[Inputs]:
    words = different(WORDS, 7, rng)
    given = functools.partial(translated, rng, words)
    k, exact = rng.integers(4, size=7).tolist(), some(rng, words, 3)
    one, same, pair = given([9 + k[0]], several=False), given([8, 5 + k[1], 11], longer=0), given([6, 9 + k[2]])
    with_exact = ([exact, *pair[0]], [[exact], *pair[1]])
    return [
        Inputs("one sentence, one reference", one, aspect="the score"),
        Inputs("two sentences, several references, long enough", given([8, 7], longer=0), aspect="the score"),
        Inputs("three sentences, shorter than the references", given([7, 12 + k[3], 9]), aspect="the score"),
        Inputs("three sentences, as long as the references", same, aspect="the score"),
        Inputs("an exact sentence of three words and a long one", with_exact, aspect="the score"),
        Inputs("max_n = 2", given([5 + k[4], 9 + k[5]]), {"max_n": 2}, aspect="max_n"),
        Inputs("max_n = 1", given([8 + k[6], 6]), {"max_n": 1}, aspect="max_n"),
        Inputs(
            "max_n = 3, a sentence without words",
            ([[], *pair[0]], [[some(rng, words, 3)], *pair[1]]),
            {"max_n": 3},
            aspect="max_n",
        ),
        *without_matches(rng, words, exact),
        Inputs("max_n = 12", given(rng.integers(30, 70, size=2).tolist()), {"max_n": 12}, aspect="many", unusual=True),
    ]


def bleu(hypotheses: Any, references: Any, max_n: int = 4) -> Any:
    logarithms = 0.0
    for n in range(1, max_n + 1):
        matches, total = 0, 0
        for hypothesis, candidates in zip(hypotheses, references, strict=True):
            found, there = clipped_matches(hypothesis, candidates, n)
            matches += found
            total += there
        if matches == 0:
            return 0.0
        logarithms += log(matches / total)
    return brevity_penalty(hypotheses, references) * exp(logarithms / max_n)


ORDERS, ZERO, LOG = (
    "range(1, max_n + 1)",
    "if matches == 0:\n            return 0.0",
    "logarithms += log(matches / total)",
)
RESULT, PENALTY = (
    "brevity_penalty(hypotheses, references) * exp(logarithms / max_n)",
    "brevity_penalty(hypotheses, references)",
)
LOOP, START = "for hypothesis, candidates in zip(hypotheses, references, strict=True)", "logarithms = 0.0"
FOUND = "matches += found\n            total += there"


def _mean_of_sentences(hypotheses: Any, references: Any, max_n: int = 4) -> Any:
    values = [bleu([h], [r], max_n) for h, r in zip(hypotheses, references, strict=True)]
    return sum(values) / len(values)


def _penalty_of_sentences(hypotheses: Any, references: Any, max_n: int = 4) -> Any:
    penalty = sum(brevity_penalty([h], [r]) for h, r in zip(hypotheses, references, strict=True)) / len(hypotheses)
    whole = brevity_penalty(hypotheses, references)
    return bleu(hypotheses, references, max_n) / whole * penalty if whole else 0.0


def _all_n_together(hypotheses: Any, references: Any, max_n: int = 4) -> Any:
    pairs = list(zip(hypotheses, references, strict=True))
    counts = [clipped_matches(*pair, n) for n in range(1, max_n + 1) for pair in pairs]
    matches, total = (sum(column) for column in zip(*counts, strict=True))
    return brevity_penalty(hypotheses, references) * (matches / total if total else 0.0)


def _without_short(hypotheses: Any, references: Any, max_n: int = 4) -> Any:
    long_enough = [pair for pair in zip(hypotheses, references, strict=True) if len(pair[0]) >= max_n]
    return bleu([h for h, _ in long_enough], [r for _, r in long_enough], max_n)


def _in_64_bits(hypotheses: Any, references: Any, max_n: int = 4) -> Any:
    pairs = list(zip(hypotheses, references, strict=True))
    matches, totals = np.array(
        [[clipped_matches(*pair, n) for pair in pairs] for n in range(1, max_n + 1)], dtype=np.int64
    ).sum(axis=1).T  # fmt: skip
    if not matches.all():
        return 0.0
    mean = (np.prod(matches) / np.prod(totals)) ** (1 / max_n)
    return brevity_penalty(hypotheses, references) * float(mean)


# fmt: off
MISTAKES = {
    "mean_of_sentences": Mistake("this is the mean of the BLEU of single sentences: add up matches and totals over the corpus, for each n, and divide then.", _mean_of_sentences),
    "mean_of_precisions": Mistake("the precisions of the sentences are averaged: add up matches and totals over the corpus, for each n, and divide once.",
        (FOUND, "matches += found / max(1, there)\n            total += 1")),
    "mean_of_precisions_there": Mistake("the precisions of the sentences that have n tokens are averaged: add up matches and totals over the corpus, for each n, and divide once.",
        (FOUND, "matches += found / (there or 1)\n            total += there > 0")),
    "first_sentence": Mistake("only the first sentence is looked at: is a return inside the loop?", (LOOP, "for hypothesis, candidates in [(hypotheses[0], references[0])]")),
    "last_sentence": Mistake("only the last sentence is looked at: matches and totals are sums over the corpus (+=).", (FOUND, "matches = found\n            total = there")),
    "first_reference": Mistake("only the first reference of each sentence is handed on: hand on all of them.", ("clipped_matches(hypothesis, candidates, n)", "clipped_matches(hypothesis, candidates[:1], n)"), (PENALTY, "brevity_penalty(hypotheses, [one[:1] for one in references])")),
    "no_penalty": Mistake("the brevity penalty is missing.", (RESULT, "exp(logarithms / max_n)")),
    "penalty_of_sentences": Mistake("the brevity penalty is the mean of the sentences' penalties: there is one, of the whole corpus.", _penalty_of_sentences),
    "penalty_in_the_mean": Mistake("the brevity penalty is part of the geometric mean: it multiplies the mean.", (RESULT, "(brevity_penalty(hypotheses, references) * exp(logarithms)) ** (1 / max_n)")),
    "penalty_each_n": Mistake("the brevity penalty multiplies every precision, and so counts more than once: it multiplies their mean, once.", (RESULT, "brevity_penalty(hypotheses, references) ** max_n * exp(logarithms / max_n)")),
    "penalty_added": Mistake("the brevity penalty is added: it multiplies.", (" * exp(", " + exp(")),
    "divided_by_penalty": Mistake("the mean is divided by the brevity penalty: it is multiplied by it.", (RESULT, "exp(logarithms / max_n) / brevity_penalty(hypotheses, references)")),
    "arithmetic_mean": Mistake("this is the arithmetic mean of the precisions: BLEU takes the geometric one, which is 0 as soon as one of them is.",
        (LOG, "logarithms += matches / total"), ("exp(logarithms / max_n)", "logarithms / max_n")),
    "arithmetic_without_zero": Mistake("this is the arithmetic mean of the precisions: BLEU takes the geometric one, which is 0 as soon as one of them is.",
        (ZERO, "if total == 0:\n            continue"), (LOG, "logarithms += matches / total"), ("exp(logarithms / max_n)", "logarithms / max_n")),
    "harmonic_mean": Mistake("this is the harmonic mean of the precisions: BLEU takes the geometric one.", (LOG, "logarithms += total / matches"), ("exp(logarithms / max_n)", "max_n / logarithms")),
    "product": Mistake("the root is missing: the product of N precisions is taken to the power 1/N.", ("logarithms / max_n", "logarithms")),
    "mean_of_logarithms": Mistake("the mean of the logarithms is returned: the exponential is missing.", ("exp(logarithms / max_n)", "logarithms / max_n")),
    "always_four": Mistake("the root is always the fourth: it is the max_n-th.", ("logarithms / max_n", "logarithms / 4")),
    "max_n_ignored": Mistake("max_n is ignored, and n goes up to 4.", (ORDERS, "range(1, 5)"), ("logarithms / max_n", "logarithms / 4")),
    "orders_to_four": Mistake("n goes up to 4 whatever max_n is.", (ORDERS, "range(1, 5)")),
    "four_at_most": Mistake("n goes up to 4 at most: it goes up to max_n.", (ORDERS, "range(1, min(max_n, 4) + 1)")),
    "last_n_left_out": Mistake("the n-grams of max_n tokens are left out: n goes from 1 to max_n.", (ORDERS, "range(1, max_n)")),
    "last_n_and_root": Mistake("n goes to max_n - 1: it goes from 1 to max_n.", (ORDERS, "range(1, max_n or 1)"), ("logarithms / max_n", "logarithms / max(1, max_n - 1)")),
    "words_left_out": Mistake("single words are left out: n goes from 1 to max_n.", (ORDERS, "range(2, max_n + 1)")),
    "only_max_n": Mistake("only the n-grams of max_n tokens are looked at: n goes from 1 to max_n.", (ORDERS, "range(max_n, max_n + 1)"), ("logarithms / max_n", "logarithms")),
    "all_n_together": Mistake("the n-grams of all lengths are counted together: each n has a precision of its own, and the mean is over those.", _all_n_together),
    "short_orders_left_out": Mistake("a precision of 0 is left out of the mean, or the n for which there are no n-grams at all: as the formula stands here, BLEU is 0 then.",
        (START, "logarithms, used = 0.0, 0"), (ZERO, "if total == 0 or matches == 0:\n            continue\n        used += 1"), ("exp(logarithms / max_n)", "exp(logarithms / max(1, used))")),
    "no_ngrams_left_out": Mistake("an n for which the corpus has no n-gram at all is left out of the mean (the \"effective order\"): here BLEU is 0 then.",
        (START, "logarithms, used = 0.0, 0"), (ZERO, "if total == 0:\n            continue\n        if matches == 0:\n            return 0.0\n        used += 1"), ("exp(logarithms / max_n)", "exp(logarithms / max(1, used)) * (used > 0)")),
    "no_ngrams_are_right": Mistake("where the corpus has no n-gram of some length, that precision counts as 1: here BLEU is 0 then.",
        (ZERO, "if total == 0:\n            continue\n        if matches == 0:\n            return 0.0")),
    "short_gives_zero": Mistake("BLEU is 0 as soon as one sentence is shorter than n: it is 0 only where no sentence of the corpus has an n-gram of that length. A short one adds 0 to the total.",
        (FOUND, "if there == 0:\n                return 0.0\n            matches += found\n            total += there")),
    "short_left_out": Mistake("sentences of fewer than max_n tokens are left out of everything: they count in the precisions for which they are long enough, and in the brevity penalty.", _without_short),
    "zero_skipped": Mistake("a precision of 0 is skipped, as if it were 1: BLEU is 0 as soon as one precision is.", (ZERO, "if matches == 0:\n            continue")),
    "zero_smoothed": Mistake("a precision of 0 is replaced by a small number: there is no smoothing here, and BLEU is 0.", (ZERO, "if matches == 0:\n            matches, total = 1e-9 * (total or 1), total or 1")),
    "add_one": Mistake("1 is added to matches and totals: there is no smoothing here.", (LOG, "logarithms += log((matches + 1) / (total + 1))")),
    "add_one_always": Mistake("1 is added to matches and totals: there is no smoothing here, and BLEU is 0 as soon as one precision is.", (ZERO, "pass"), (LOG, "logarithms += log((matches + 1) / (total + 1))")),
    "zero_logarithm": Mistake("the logarithm of 0 is taken: return 0.0 as soon as one precision is 0.", (ZERO, "if total == 0:\n            return 0.0")),
    "zero_not_asked_for": Mistake("the logarithm of 0 is taken, or a total of 0 divided by: return 0.0 as soon as the matches are 0.", (ZERO, "pass")),
    "divides_by_zero": Mistake("where no sentence has n tokens the total is 0 and cannot be divided by: BLEU is 0 then.", (ZERO, "if matches / total == 0:\n            return 0.0")),
    "upside_down": Mistake("the precisions are upside down: matches over total.", ("matches / total)", "total / matches)")),
    "binary_logarithm": Mistake("logarithm and exponential have different bases: exp goes with the natural logarithm.", (LOG, "logarithms += log(matches / total) / log(2)")),
    "in_64_bits": Mistake("the products of all matches and of all totals are too large for 64 bits where max_n is: add up logarithms, or multiply the precisions.", _in_64_bits),
    "empty_left_out": Mistake("a sentence without words is left out with its references: their length counts in the brevity penalty.",
        (PENALTY, "brevity_penalty([one for one in hypotheses if one], [one for one, h in zip(references, hypotheses) if h])")),
    "percent": Mistake("this is BLEU in percent: here it goes from 0 to 1.", (RESULT, "100 * brevity_penalty(hypotheses, references) * exp(logarithms / max_n)")),
    "all_references_once": Mistake("every sentence is compared with the references of all sentences: each has its own.", ("clipped_matches(hypothesis, candidates, n)", "clipped_matches(hypothesis, [one for some in references for one in some], n)")),
}
# fmt: on

EXERCISE = Exercise(
    right=bleu,
    draw=draw,
    again=True,
    visible=2,
    hidden=3,
    mistakes=MISTAKES,
    parts=(Part("BLEU"),),
    follow=("clipped_matches", "brevity_penalty"),
)
