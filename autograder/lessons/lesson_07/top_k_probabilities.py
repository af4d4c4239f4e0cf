"""`top_k_probabilities`: the k most probable words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part


def draw(rng: Generator) -> Iterator[Inputs]:
    def different(n: int) -> Any:
        """Probabilities no two of which are alike, the first and the last not the largest."""
        p = np.sort(rng.uniform(0.9, 1.1, n) * np.arange(1, n + 1) ** 1.5)
        p[1:-1] = rng.permutation(p[1:-1])
        return np.roll(p, 2) / p.sum()

    yield Inputs("6 words, k = 3", (different(6), 3), aspect="k")
    p, _ = close(rng)
    yield Inputs("two words that differ by 1e-10, k = 2", (p, 2), aspect="k", unusual=True)
    yield Inputs("5 words, k = 1", (different(5), 1), aspect="k")
    # sums of powers of 2 are exact: three equal words, of which two are kept
    tied = rng.permutation([2, 1, 1, 1, 3, 0]) / 8
    # until a sort that is not stable, turned around, keeps the last words as a stable one does
    while (np.argsort(tied) != np.argsort(tied, kind="stable")).any():
        tied = rng.permutation(tied)
    yield Inputs("three words are equal, k = 4", (tied, 4), aspect="k")
    # sums of powers of 2 are exact; a sort that is not stable mixes equals where there are many
    many = rng.permutation([3] * 64 + [2] * 96 + [1] * 128) / 512
    label = 'many equally probable words, of which those with the lower index count (a sort with kind="stable")'
    yield Inputs(label, (many, 112), aspect="k", unusual=True)
    yield Inputs("3 words, k = 3", (different(3), 3), aspect="k of n_y or more", dependent=True)
    impossible = np.insert(different(3), int(rng.integers(1, 4)), 0.0)
    yield Inputs(
        "4 words, one of them of probability 0, k = 7", (impossible, 7), aspect="k of n_y or more", dependent=True
    )


def close(rng: Generator) -> tuple[np.ndarray, float]:
    """Four probabilities, and a sum that the second largest reaches: the third, of a lower index, is less by 1e-10."""
    more = rng.uniform(0.1, 0.2)
    places = rng.permutation(4)
    places[:2] = np.sort(places[:2])
    p = np.zeros(4)
    p[places] = 0.25 - 1e-10, 0.25, 0.25 + more, 0.25 + 1e-10 - more
    return p, 0.4 + float(more)


def top_k_probabilities(probabilities: np.ndarray, k: int) -> Any:
    order = np.argsort(-probabilities, kind="stable")
    kept = order[:k]
    p = np.zeros(len(probabilities))
    p[kept] = probabilities[kept]
    return p / p.sum()


ORDER, KEPT, PUT, RESULT = (
    'np.argsort(-probabilities, kind="stable")',
    "order[:k]",
    "p[kept] = probabilities[kept]",
    "return p / p.sum()",
)

# fmt: off
MISTAKES = {
    "not_scaled": Mistake("what is kept is not scaled: divide by its sum, so that it is 1 again.", (RESULT, "return p")),
    "divided_by_k": Mistake("what is kept is divided by k: divide by its sum.", (RESULT, "return p / k")),
    "softmax": Mistake("a softmax is taken of what is kept: these are probabilities already; divide them by their sum.",
        (PUT, "p[kept] = np.exp(probabilities[kept])")),
    "softmax_of_all": Mistake("a softmax gives the words that were cut off e^0 = 1, so that they can be drawn: divide by the sum instead.",
        (RESULT, "return np.exp(p) / np.exp(p).sum()")),
    "alike": Mistake("the words that are kept are made equally probable: each keeps its share of their sum.", (PUT, "p[kept] = 1")),
    "least": Mistake("the k least probable words are kept: argsort sorts upwards.", (ORDER, 'np.argsort(probabilities, kind="stable")')),
    "first": Mistake("the first k words are kept, not the most probable.", (ORDER, "np.arange(len(probabilities))")),
    "more_for_ties": Mistake("more than k words are kept where several are equal to the k-th: k of them, those with the lower index.",
        (KEPT, "np.flatnonzero(probabilities >= probabilities[order[min(k, len(order)) - 1]])")),
    "threshold": Mistake("the k-th largest is looked up, which is outside the array where k is more than n_y; and more than k words are kept where several are equal to it.",
        (KEPT, "np.flatnonzero(probabilities >= np.sort(probabilities)[-k])")),
    "taken_again": Mistake("a word that was taken is set to 0, as one that cannot come: where only such words are left it is taken again, and its own probability is lost; mark it by -1.",
        (RESULT, "p[0] *= min(k, len(p)) <= np.count_nonzero(probabilities)\n    return p / p.sum()")),
    "nearly_equal": Mistake("words that are nearly as probable are taken for equal (rounded, or shifted a little by their index): only of equal ones those with the lower index count.",
        (ORDER, 'np.argsort(-probabilities.round(8), kind="stable")')),
    "fewer_for_ties": Mistake("fewer than k words are kept where several are equal to the next one: keep those with the lower index.",
        (KEPT, "np.flatnonzero(probabilities > (probabilities[order[k]] if k < len(order) else -1))")),
    "last_of_equals": Mistake("of equally probable words the one with the higher index is kept (a sorted array turned around): np.argsort(-p, kind=\"stable\") keeps the lower one.",
        (ORDER, 'np.argsort(probabilities, kind="stable")[::-1]')),
    "one_more": Mistake("k + 1 words are kept.", ("[:k]", "[: k + 1]")),
    "one_less": Mistake("k - 1 words are kept.", ("[:k]", "[: k - 1]")),
    "short": Mistake("only the k words that are kept are returned: the result has n_y places, 0 where a word is cut off.", (RESULT, "return probabilities[kept] / probabilities[kept].sum()")),
    "in_sorted_order": Mistake("the result is in sorted order: each probability belongs in its word's place.", (PUT, "p[: len(kept)] = probabilities[kept]")),
    "indices": Mistake("the indices of the words are returned: return the probabilities, (n_y,).", (RESULT, "return kept")),
    "mask": Mistake("which words are kept is returned: return the probabilities.", (RESULT, "return p > 0")),
    "minus_infinity": Mistake("-inf stands where words are cut off: that is for logits; a probability there is 0.",
        ("np.zeros(len(probabilities))", "np.full(len(probabilities), -np.inf)"), (RESULT, "return p / p[kept].sum()")),
    "k_too_large": Mistake("k may be n_y or more: then all words are kept.", (KEPT, "np.argpartition(-probabilities, k)[:k]")),
}
# fmt: on

EXERCISE = Exercise(
    right=top_k_probabilities, draw=draw, visible=1, hidden=2, mistakes=MISTAKES, parts=(Part("p", axes=("n_y",)),)
)
