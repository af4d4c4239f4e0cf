"""`final_states`: the state of each sequence's last real step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of, shuffled, unsorted


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_a, T_x, lengths in (
        ("n_a = 2, m = 4, T_x = 5", 2, 5, unsorted([1, 2, 4, 5], rng)),
        # a batch may be padded further than its longest sequence, to a common length
        ("even the longest sequence is padded", 3, 6, [3, *shuffled([2, 4], rng)]),
        ("one unit, one sequence, one step (n_a = m = T_x = 1)", 1, 1, [1]),
    ):
        # states at padding are numbers like any others: nothing tells them from real ones but the mask
        yield Inputs(label, (np.tanh(rng.normal(size=(n_a, len(lengths), T_x))), mask_of(lengths, T_x)))
    lengths = [*shuffled([2, 3], rng), 1]
    a = np.tanh(rng.normal(size=(2, 3, 4)))
    a[0, 0, lengths[0] - 1] = a[:, 1, lengths[1] - 1] = 0.0
    yield Inputs("a unit, and a whole state, that are 0 at the last real step", (a, mask_of(lengths, 4)), unusual=True)


def final_states(a: np.ndarray, mask: np.ndarray) -> np.ndarray:
    n_a, m, T_x = a.shape
    lengths = mask.sum(axis=1).astype(int)
    last = np.zeros((n_a, m))
    for i in range(m):
        last[:, i] = a[:, i, lengths[i] - 1]
    return last


LENGTHS, PLACE, RESULT = "mask.sum(axis=1).astype(int)", "lengths[i] - 1", "return last"

# fmt: off
MISTAKES = {
    "last_column": Mistake("the last column a[:, :, -1] is read: for a sequence shorter than the batch that is a step of padding.", (PLACE, "-1")),
    "off_by_one": Mistake("the place is one too far: a sequence of 3 steps has its last one at index 2, since code counts from 0.", (PLACE, "lengths[i]")),
    "off_by_one_kept_inside": Mistake("the place is one too far, except at the end of the batch: the last of `length` steps has the index length - 1.",
        (PLACE, "min(lengths[i], T_x - 1)")),
    "one_early": Mistake("the place is one too early: this is the last real step but one.", (PLACE, "lengths[i] - 2")),
    "one_early_kept_inside": Mistake("the place is one too early, except for sequences of one step: this is the last real step but one.",
        (PLACE, "max(lengths[i] - 2, 0)")),
    "longest": Mistake("every sequence is read where the longest one ends: each has a length of its own.", (PLACE, "lengths.max() - 1")),
    "shortest": Mistake("every sequence is read where the shortest one ends: each has a length of its own.", (PLACE, "lengths.min() - 1")),
    "first_length": Mistake("every sequence is read where the first one ends: each has a length of its own.", (PLACE, "lengths[0] - 1")),
    "first_step": Mistake("the first step is read: before it nothing but x<1> has been seen. (mask.argmax(axis=1) is the place of the first 1.)", (PLACE, "0")),
    "first_padding": Mistake("the first step of padding is read (and step 1 where nothing is padded): mask.argmin(axis=1) is the place after the last real step.",
        (PLACE, "mask[i].argmin()")),
    "no_drop": Mistake("a sequence without padding is read at its first step: its mask never falls from 1 to 0, and argmax is 0 where it finds nothing.",
        (PLACE, "np.argmax(mask[i] > np.append(mask[i, 1:], mask[i, -1]))")),
    "last_number": Mistake("the last number that is not 0 is read: a unit of a real state may be 0 like any number, and the mask alone tells which steps are real.",
        ("a[:, i, lengths[i] - 1]", "[next((number for number in unit[: lengths[i]][::-1] if number), 0) for unit in a[:, i]]")),
    "last_state": Mistake("the last state that is not all 0 is read: a real state may be 0, and the mask alone tells which steps are real.",
        (PLACE, "max(np.flatnonzero(a[:, i, : lengths[i]].any(axis=0)), default=0)")),
    "sorted_by_length": Mistake("the sequences were sorted by their lengths and are not in their own order again: column i of the result belongs to sequence i.",
        (RESULT, 'return last[:, np.argsort(-lengths, kind="stable")]')),
    "lengths_over_examples": Mistake("the mask is summed over the examples (axis 0): the length of a sequence is the sum of its row, axis=1.", ("axis=1", "axis=0")),
    "padding_counted": Mistake("padding is counted in place of real steps: the mask is 1 at real steps.", ("mask.sum", "(1 - mask).sum")),
    "mean": Mistake("this is the mean over the real steps: asked for is the state of one step, the last real one.",
        ("a[:, i, lengths[i] - 1]", "a[:, i, : lengths[i]].mean(axis=1)")),
    "mean_of_all": Mistake("this is the mean over all steps, padding among them: asked for is the state of one step, the last real one.",
        ("a[:, i, lengths[i] - 1]", "a[:, i].mean(axis=1)")),
    "sum": Mistake("this is the sum over the real steps: asked for is the state of one step, the last real one.",
        ("a[:, i, lengths[i] - 1]", "a[:, i, : lengths[i]].sum(axis=1)")),
    "maximum": Mistake("this is the maximum over the real steps: asked for is the state of one step, the last real one.",
        ("a[:, i, lengths[i] - 1]", "a[:, i, : lengths[i]].max(axis=1)")),
    "masked_then_last": Mistake("padding is multiplied by 0 and then the last column is read: a short sequence gets zeros. The last real state stands further left.",
        ("a[:, i, lengths[i] - 1]", "a[:, i, -1] * mask[i, -1]")),
    "every_length": Mistake("a[:, :, lengths - 1] takes every length from every sequence, (n_a, m, m): index the examples along with the steps, a[:, np.arange(m), lengths - 1].",
        (RESULT, "return a[:, :, lengths - 1]")),
    "examples_first": Mistake("the result has the examples first, (m, n_a): here a state is a column, (n_a, m).", (RESULT, "return last.T")),
    "axis_kept": Mistake("the axis of time is still there, (n_a, m, 1): the result is (n_a, m).", (RESULT, "return last[:, :, None]")),
    "squeezed": Mistake("with one sequence the axis of the examples is lost: squeeze() drops every axis of length 1; name the one that is meant, squeeze(axis=2).",
        (RESULT, "return last.squeeze()")),
    "all_states": Mistake("the states of all steps are returned: asked for is one for each sequence, (n_a, m).", (RESULT, "return a * mask")),
    "states_unmasked": Mistake("a itself is returned: asked for is one state for each sequence, (n_a, m).", (RESULT, "return a")),
    "float_place": Mistake("a place is a whole number: the mask holds floats, so the sum of a row is one too; .astype(int) makes it a place.",
        (LENGTHS, "mask.sum(axis=1)")),
    "float_places": Mistake("places are whole numbers: the mask holds floats, so its sums are floats; .astype(int) makes them places.",
        (RESULT, "return a[:, np.arange(m), mask.sum(axis=1) - 1]")),
}
# fmt: on

EXERCISE = Exercise(
    right=final_states,
    draw=draw,
    visible=1,
    hidden=2,
    mistakes=MISTAKES,
    parts=(Part("the final states", axes=("n_a", "m")),),
)
