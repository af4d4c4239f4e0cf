"""Lesson 1, how a model is judged: the baseline, accuracy of tokens, and the distance of two sequences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.lessons.exercise import Exercise, Inputs, telling
from autograder.lessons.mistakes import lesson_01, lesson_01_distance
from seqlib import edit_distance, majority_baseline, token_accuracy
from seqlib.exercises.verdict import Part

# ---------------------------------------------------------------------------------------------------------------
# majority_baseline

TAGS = ("adj", "adv", "art", "conj", "name", "noun", "num", "prep", "pron", "verb")


def _listed(labels: Sequence[Any], counts: Sequence[int], rng: np.random.Generator, first: Any = None) -> list[Any]:
    """Each label as often as its count, in random order; `first` at the start."""
    listed = [label for label, count in zip(labels, counts, strict=True) for _ in range(count)]
    mixed = [listed[int(i)] for i in rng.permutation(len(listed))]
    if first is not None:
        mixed.remove(first)
        mixed.insert(0, first)
    return mixed


def _draw_labels(rng: np.random.Generator) -> Iterator[Inputs]:
    def some(count: int) -> list[str]:
        return sorted(str(label) for label in rng.choice(TAGS, count, replace=False))

    def lists() -> list[Inputs]:
        # most frequent in train: the second label; first seen: the third; most frequent in test: the first
        tags, stars, tied = some(5), sorted(int(i) for i in rng.choice(range(10, 99), 5, replace=False)), some(4)
        few = [int(i) for i in rng.permutation([1, 2, 3])]
        clear = _listed(tags, [2, 5, 3, 1, 4], rng, tags[2]), _listed(tags, [5, int(rng.integers(2, 5)), *few], rng)
        many = _listed(stars, [2, 3, 6, 5, 1], rng, stars[3]), _listed(stars, [4, few[0], 3, 9, 6], rng)
        equal = _listed(tied, [3, 3, 3, 3], rng, tied[1]), _listed(tied, rng.permutation([2, 3, 5, 7]).tolist(), rng)
        zeros = _listed([0, 1], [5, 5], rng, 1), _listed([0, 1], [3, int(rng.integers(4, 9))], rng)
        new = some(4)
        unseen = _listed(new[:2], [2, 4], rng), _listed(new[1:3][::-1][:1] + new[3:], [2, 3], rng)
        return [
            Inputs("texts as labels", clear, aspect="most frequent"),
            Inputs("numbers as labels", many, aspect="most frequent"),
            Inputs("a label that the test data do not have", unseen, aspect="most frequent"),
            Inputs("four labels, equally frequent in the training data", equal, aspect="ties"),
            Inputs("0 and 1, equally frequent in the training data", zeros, aspect="ties"),
        ]

    yield from telling(lists, majority_baseline, lesson_01.BASELINE)


BASELINE = Exercise(
    name="majority_baseline",
    reference=majority_baseline,
    draw=_draw_labels,
    visible=1,
    hidden=2,
    mistakes=lesson_01.BASELINE,
    parts=(Part("the share"),),
)


# ---------------------------------------------------------------------------------------------------------------
# token_accuracy


def _draw_batches(rng: np.random.Generator) -> Iterator[Inputs]:
    def labelled(lengths: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Labels 0 to 2, a third of them predicted wrongly; padding is 0 in the labels and anything in the prediction."""
        mask = (np.arange(max(lengths)) < np.array(lengths)[:, None]).astype(float)  # (m, T_x)
        target = rng.integers(0, 3, size=mask.shape) * (mask > 0)
        wrong = rng.random(mask.shape) < np.where(mask > 0, 0.35, 0.6)
        predicted = np.where(wrong, (target + rng.integers(1, 3, size=mask.shape)) % 3, target)
        return predicted, target, mask

    def batches() -> list[Inputs]:
        lengths = [int(length) for length in rng.permutation([2, 3, 5, 7])]
        one, other = labelled([7] * 3)[:2]
        whole = Inputs("3 sentences of 7 words, no mask", (one, other), aspect="without a mask")
        row, same = labelled([5])[:2]
        short = Inputs("one sentence of 5 words, no mask", (row, same), aspect="without a mask")
        return [
            whole,
            short,
            Inputs("4 sentences of 2 to 7 words", labelled(lengths), aspect="with a mask"),
            Inputs("m = T_x = 4", labelled([int(n) for n in rng.permutation([1, 3, 4, 4])]), aspect="with a mask"),
        ]

    yield from telling(batches, token_accuracy, lesson_01.ACCURACY)


ACCURACY = Exercise(
    name="token_accuracy",
    reference=token_accuracy,
    draw=_draw_batches,
    visible=2,
    hidden=3,
    mistakes=lesson_01.ACCURACY,
    parts=(Part("the accuracy"),),
)


# ---------------------------------------------------------------------------------------------------------------
# edit_distance

WORDS = ("a", "brown", "dog", "fox", "jumped", "lazy", "over", "quick", "the", "train", "was", "late")


def _draw_pairs(rng: np.random.Generator) -> Iterator[Inputs]:
    def place(sequence: Sequence[Any]) -> int:
        return int(rng.integers(1, len(sequence) - 1))

    def longer(tokens: list[Any], alphabet: Sequence[Any]) -> list[Any]:
        """Two tokens more at the start, neighbours exchanged, one token another, and the last one gone."""
        made = [*tokens]
        i = place(made)
        made[i : i + 2] = made[i : i + 2][::-1]
        made[place(made)] = alphabet[int(rng.integers(len(alphabet)))]
        return [*(alphabet[int(i)] for i in rng.integers(len(alphabet), size=2)), *made[:-1]]

    def some(alphabet: Sequence[Any], count: int) -> list[Any]:
        return [alphabet[int(i)] for i in rng.integers(len(alphabet), size=count)]

    def pairs() -> list[Inputs]:
        text, words = some("abcd ", 8), some(WORDS, 6)
        one, other = "".join(text), "".join(longer(text, "abcd "))
        name = some("fgh", 4)
        begin, end = rng.choice(list("bcdfghjk"), 2, replace=False), "".join(some("aou", 1) + some("xyz", 1))
        return [
            Inputs("two texts with another first letter", (begin[0] + end, begin[1] + end), aspect="texts"),
            Inputs("a text and a longer one", (one, other), aspect="texts"),
            Inputs("a text and a shorter one", (other[::-1], one[::-1][:-3]), aspect="texts"),
            Inputs("neighbours exchanged, and capital letters", (one + "efkl", one + "feKL"), aspect="texts"),
            Inputs("a text and itself", (one, one), aspect="texts"),
            Inputs("an empty text", ("", "".join(name)), aspect="texts"),
            Inputs("two lists of words", (words, longer(words, WORDS)), aspect="lists of words"),
            Inputs("lists of one and of four words", (words[2:3], words[:4]), aspect="lists of words"),
            Inputs("an empty list", (some(WORDS, 3), []), aspect="lists of words"),
        ]

    yield from telling(pairs, edit_distance, lesson_01_distance.DISTANCE)


DISTANCE = Exercise(
    name="edit_distance",
    reference=edit_distance,
    draw=_draw_pairs,
    visible=2,
    hidden=4,
    mistakes=lesson_01_distance.DISTANCE,
    parts=(Part("the distance"),),
)

EXERCISES = (BASELINE, ACCURACY, DISTANCE)
