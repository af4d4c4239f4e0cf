"""`nucleus_probabilities`: the fewest words whose probabilities reach a sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part
from autograder.lessons.lesson_07.top_k_probabilities import close


def draw(rng: Generator) -> list[Inputs]:
    def between(p: np.ndarray, count: int) -> float:
        """A sum that is reached with `count` words, and by no rounding with one less or more."""
        sums = np.concatenate([[0.0], np.cumsum(np.sort(p)[::-1])])
        return float(sums[count - 1] + rng.uniform(0.3, 0.7) * (sums[count] - sums[count - 1]))

    flat, steep = (
        rng.permutation(rng.uniform(0.9, 1.1, n) * np.arange(1, n + 1) ** power) for n, power in ((6, 1), (5, 3))
    )
    flat, steep = flat / flat.sum(), steep / steep.sum()
    # sums of powers of 2 are exact, in whatever order they are made
    # 1 is out of reach for the sum of all, by rounding
    whole = flat
    while np.cumsum(np.sort(whole)[::-1])[-1] >= 1:
        whole = rng.dirichlet(np.ones(4))
    exact, tied = rng.permutation([8, 4, 2, 1, 1, 0]) / 16, rng.permutation([2, 2, 2, 1, 1]) / 8
    # sums of powers of 2 are exact; a sort that is not stable mixes equals where there are many
    many = rng.permutation([3] * 64 + [2] * 96 + [1] * 128) / 512
    return [
        Inputs("6 words", (flat, between(flat, 3)), aspect="the sum"),
        Inputs("the first word reaches mass", (steep, between(steep, 1)), aspect="the sum"),
        Inputs("a sum that equals mass", (exact, 0.75), aspect="the sum"),
        Inputs("equally probable words", (tied, 0.375), aspect="the sum"),
        Inputs(
            'many equally probable words, of which those with the lower index count (a sort with kind="stable")',
            (many, 288 / 512),
            aspect="the sum",
            unusual=True,
        ),
        Inputs("two words that differ by 1e-10", close(rng), aspect="the sum", unusual=True),
        Inputs("a sum that is less than mass by 1e-10", (exact, 0.75 + 1e-10), aspect="the sum", unusual=True),
        Inputs(
            "mass = 1, and a sum of all words that is below 1 by rounding",
            (whole, 1.0),
            aspect="mass = 1",
            dependent=True,
        ),
    ]


def nucleus_probabilities(probabilities: np.ndarray, mass: float) -> Any:
    order = np.argsort(-probabilities, kind="stable")
    sums = np.cumsum(probabilities[order])
    count = 1 + np.sum(sums < mass)
    kept = order[:count]
    p = np.zeros(len(probabilities))
    p[kept] = probabilities[kept]
    return p / p.sum()


ORDER, COUNT, PUT, RESULT = (
    'np.argsort(-probabilities, kind="stable")',
    "1 + np.sum(sums < mass)",
    "p[kept] = probabilities[kept]",
    "return p / p.sum()",
)

# fmt: off
MISTAKES = {
    "crossing_dropped": Mistake("the word with which the sum reaches mass is left out: it is kept, and so there always is one.", (COUNT, "np.sum(sums < mass)")),
    "crossing_dropped_but_one": Mistake("the word with which the sum reaches mass is left out, but for the first one: it is kept.", (COUNT, "max(1, np.sum(sums < mass))")),
    "up_to_mass": Mistake("words are kept as long as the sum is at most mass: the word that goes beyond it is kept too, and there always is one.", (COUNT, "np.sum(sums <= mass)")),
    "up_to_mass_but_one": Mistake("words are kept as long as the sum is at most mass, and at least one: the word that goes beyond it is kept too.",
        (COUNT, "max(1, np.sum(sums <= mass))")),
    "beyond_mass": Mistake("one word more is kept where the sum equals mass: reached is enough, the sum need not be more.", (COUNT, "1 + np.sum(sums <= mass)")),
    "nearly_mass": Mistake("a sum that is a little below mass is taken to reach it: no more than rounding may be forgiven.", (COUNT, "1 + np.sum(sums < mass - 0.01)")),
    "tolerance": Mistake("a sum that is hardly below mass is taken to reach it: no tolerance of more than rounding, some 1e-16, is asked for.", (COUNT, "1 + np.sum(sums < mass - 1e-6)")),
    "nearly_equal": Mistake("words that are nearly as probable are taken for equal (rounded, or shifted a little by their index): only of equal ones those with the lower index count.",
        (ORDER, 'np.argsort(-probabilities.round(8), kind="stable")')),
    "one_more": Mistake("one word more than needed is kept.", (COUNT, "2 + np.sum(sums < mass)")),
    "not_sorted": Mistake("the words are taken in the order of their indices: begin with the most probable.", (ORDER, "np.arange(len(probabilities))")),
    "least": Mistake("the least probable words are taken first: argsort sorts upwards.", (ORDER, 'np.argsort(probabilities, kind="stable")')),
    "last_of_equals": Mistake("of equally probable words the one with the higher index is kept (a sorted array turned around): np.argsort(-p, kind=\"stable\") keeps the lower one.",
        (ORDER, 'np.argsort(probabilities, kind="stable")[::-1]')),
    "all_equals": Mistake("all words that are as probable as the last one are kept: the fewest that reach mass, those with the lower index.",
        ("order[:count]", "np.flatnonzero(probabilities >= probabilities[order[: int(count)][-1]])")),
    "not_scaled": Mistake("what is kept is not scaled: divide by its sum, so that it is 1 again.", (RESULT, "return p")),
    "divided_by_mass": Mistake("what is kept is divided by mass: its sum is mostly more than that; divide by the sum.", (RESULT, "return p / mass")),
    "softmax_of_all": Mistake("a softmax gives the words that were cut off e^0 = 1, so that they can be drawn: divide by the sum instead.",
        (RESULT, "return np.exp(p) / np.exp(p).sum()")),
    "alike": Mistake("the words that are kept are made equally probable: each keeps its share of their sum.", (PUT, "p[kept] = 1")),
    "probable_enough": Mistake("single words are compared with mass: it is the sum of the most probable ones that has to reach it.",
        ("order[:count]", "np.flatnonzero(probabilities >= mass)")),
    "probable_enough_or_first": Mistake("single words are compared with mass, and the most probable one is kept at least: it is the sum of the most probable ones that has to reach it.",
        ("order[:count]", "np.flatnonzero(probabilities >= min(mass, probabilities.max()))")),
    "share_of_words": Mistake("mass is taken as the share of the words that are kept: it is the sum of their probabilities.", (COUNT, "int(np.ceil(mass * len(order)))")),
    "in_sorted_order": Mistake("the result is in sorted order: each probability belongs in its word's place.", (PUT, "p[: len(kept)] = probabilities[kept]")),
    "short": Mistake("only the words that are kept are returned: the result has n_y places, 0 where a word is cut off.",
        (RESULT, "return probabilities[kept] / probabilities[kept].sum()")),
    "indices": Mistake("the indices of the words are returned: return the probabilities, (n_y,).", (RESULT, "return kept")),
    "sums": Mistake("the sums are put in place of the probabilities.", (PUT, "p[kept] = sums[: len(kept)]")),
    "found_outside": Mistake("the place where the sum reaches mass is looked up by argmax, which is 0 where it finds none: by rounding the sum may stay below mass = 1: keep all words then.",
        (COUNT, "1 + int(np.argmax(sums >= mass))")),
    "runs_out": Mistake("the loop runs out of words: by rounding the sum may stay below mass = 1; stop after the last word, too.",
        (COUNT, "1 + next(i for i in range(len(sums) + 1) if sums[i] >= mass)")),
    "not_found": Mistake("the place where the sum reaches mass is looked up and not found: by rounding the sum may stay below mass = 1; keep all words then.",
        (COUNT, "1 + np.flatnonzero(sums >= mass)[0]")),
}
# fmt: on

EXERCISE = Exercise(
    right=nucleus_probabilities,
    draw=draw,
    again=True,
    visible=2,
    hidden=3,
    mistakes=MISTAKES,
    parts=(Part("p", axes=("n_y",)),),
)
