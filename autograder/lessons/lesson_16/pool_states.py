"""`pool_states`, to be mended: the mean is taken over the padded columns, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of, shuffled


def draw(rng: Generator) -> Iterator[Inputs]:
    def given(n_a: int, T_x: int, lengths: list[int]) -> tuple[np.ndarray, np.ndarray]:
        return rng.normal(size=(n_a, len(lengths), T_x)).round(3), mask_of(lengths, T_x)

    a, mask = given(2, 6, [6, *shuffled([2, 4], rng)])
    a[int(rng.integers(2)), :, 1] = 0  # a state like any other
    for pool in ("mean", "last"):
        yield Inputs(f'"{pool}", n_a = 2, m = 3, T_x = 6', (a, mask, pool), aspect="one batch")
    a, mask = given(3, 5, shuffled([3, 4, 1], rng))
    a[:2] = -np.abs(a[:2]) - 0.1  # at padding, 0 is larger than any of these states
    a[0] *= 1500
    a[2] = np.abs(a[2]) + 4 * (1 - mask)  # at padding, larger than any of these
    for pool in ("mean", "max"):
        yield Inputs(f'"{pool}", most states negative, every sequence is padded', (a, mask, pool), aspect="one batch")
    yield Inputs("one unit, one sequence of one step", (*given(1, 1, [1]), "mean"), aspect="one batch", unusual=True)


def pool_states(a: np.ndarray, mask: np.ndarray, pool: str) -> Any:
    lengths = mask.sum(axis=1)
    if pool == "last":
        last = lengths.astype(int) - 1
        return a[:, np.arange(len(last)), last]
    if pool == "mean":
        return (a * mask).sum(axis=2) / lengths
    return np.where(mask > 0, a, -np.inf).max(axis=2)


MEAN, MASKED = "(a * mask).sum(axis=2) / lengths", "np.where(mask > 0, a, -np.inf)"
LAST, STEP = "lengths.astype(int) - 1", 'if pool == "last"'

# fmt: off
MISTAKES = {
    "not_mended": Mistake("the bug is still there: (a * mask).mean(axis=2) divides by all T_x columns, padding included; divide the sum by the steps that the sequence has, mask.sum(axis=1).", (MEAN, "(a * mask).mean(axis=2)")),
    "no_mask": Mistake("now the states at padding are in the mean: multiply them by the mask, which is 0 there, before they are added.", (MEAN, "a.mean(axis=2)")),
    "mask_in_divisor_only": Mistake("the sum takes in the states at padding: multiply them by the mask before they are added; the number of steps is right.", (MEAN, "a.sum(axis=2) / lengths")),
    "all_tokens": Mistake("every sequence is divided by the real steps of the whole batch: each has its own number, mask.sum(axis=1).", (MEAN, "(a * mask).sum(axis=2) / mask.sum()")),
    "longest": Mistake("every sequence is divided by the length of the longest one: each has its own, mask.sum(axis=1).", (MEAN, "(a * mask).sum(axis=2) / lengths.max()")),
    "mean_length": Mistake("every sequence is divided by the mean length: each has its own, mask.sum(axis=1).", (MEAN, "(a * mask).sum(axis=2) / lengths.mean()")),
    "units": Mistake("the sum is divided by the number of units, n_a: divide it by the number of real steps.", (MEAN, "(a * mask).sum(axis=2) / len(a)")),
    "sum": Mistake("the states are added and never divided: a mean divides by the number of real steps.", (MEAN, "(a * mask).sum(axis=2)")),
    "lengths_as_column": Mistake("the lengths are a column, (m, 1), beside sums of (n_a, m): only where n_a = m or m = 1 do they fit at all, and then along the units. Without keepdims they are (m,), one for each column.", (MEAN, "(a * mask).sum(axis=2) / mask.sum(axis=1, keepdims=True)")),
    "examples_counted": Mistake("mask.sum(axis=0) counts the examples of each step: the steps of each sequence are mask.sum(axis=1).", (MEAN, "(a * mask).sum(axis=2) / mask.sum(axis=0)")),
    "nonzero": Mistake("the sum is divided by the number of states that are not 0: a real state may be 0 and counts as well; divide by the steps that the sequence has, mask.sum(axis=1).",
        (MEAN, "(a * mask).sum(axis=2) / np.maximum((a * mask != 0).sum(axis=2), 1)")),
    "rescaled": Mistake("the mean over all columns is divided by the real steps once more: divide the sum, not the mean.", (MEAN, "(a * mask).mean(axis=2) / lengths")),
    "max_of_zeros": Mistake('"max" takes the zeros at padding for states, which shows where all states are negative; put -np.inf there, as the program did.', (MASKED, "(a * mask)")),
    "max_of_minus_one": Mistake('"max" puts -1 at padding, or some other number that states may be below: put -np.inf there, as the program did.', (MASKED, "np.where(mask > 0, a, -1.0)")),
    "max_unmasked": Mistake('"max" looks at the states at padding: put -np.inf there, as the program did.', (MASKED, "a")),
    "last_column": Mistake('"last" takes the last column of the batch: a shorter sequence ends before it, at index mask.sum(axis=1) - 1.', (LAST, "np.full(len(mask), -1)")),
    "last_one_late": Mistake('"last" is one step too late: the last of n real steps has the index n - 1, as the program had it.', (LAST, "np.minimum(lengths.astype(int), mask.shape[1] - 1)")),
    "mean_for_all": Mistake('the three ways of pooling are one now: "last" and "max" were right and stay as they are.', (STEP, 'if pool != "mean":\n        pool = "mean"\n    if pool == "last"')),
    "kept_axis": Mistake("an axis of length 1 is left: keepdims=True keeps the axis that is summed; the result is (n_a, m).", (MEAN, "(a * mask).sum(axis=2, keepdims=True) / lengths[:, None]")),
    "pooled_examples": Mistake("the mean runs over the examples: it runs over the steps, the last axis.", (MEAN, "(a * mask).mean(axis=1)")),
}
# fmt: on

EXERCISE = Exercise(
    right=pool_states,
    draw=draw,
    visible=1,
    hidden=2,
    mistakes=MISTAKES,
    parts=(Part("the result", axes=("n_a", "m")),),
)
