"""`final_states_backward`: the gradient of the last real state goes to its step, and to no other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of, shuffled


def draw(rng: Generator) -> Iterator[Inputs]:
    first, last = shuffled([1, 3], rng)
    for label, n_a, T_x, lengths in (
        ("n_a = 2, m = 3, T_x = 5", 2, 5, [first, 5, last]),
        ("even the longest sequence is padded", 3, 6, [3, *shuffled([2, 4], rng)]),
        ("one unit, one sequence, one step (n_a = m = T_x = 1)", 1, 1, [1]),
    ):
        yield Inputs(label, (rng.normal(size=(n_a, len(lengths))), mask_of(lengths, T_x)))


def final_states_backward(da_last: np.ndarray, mask: np.ndarray) -> np.ndarray:
    m, T_x = mask.shape
    da = np.zeros((len(da_last), m, T_x))
    lengths = mask.sum(axis=1).astype(int)
    for i in range(m):
        da[:, i, lengths[i] - 1] = da_last[:, i]
    return da


PLACE, RESULT, PUT = "lengths[i] - 1", "return da", "da[:, i, lengths[i] - 1] = da_last[:, i]"

# fmt: off
MISTAKES = {
    "last_column": Mistake("the gradient is put into the last column: for a sequence shorter than the batch that is a step of padding.", (PLACE, "-1")),
    "off_by_one": Mistake("the place is one too far: a sequence of 3 steps has its last one at index 2, since code counts from 0.", (PLACE, "lengths[i]")),
    "off_by_one_kept_inside": Mistake("the place is one too far, except at the end of the batch: the last of `length` steps has the index length - 1.",
        (PLACE, "min(lengths[i], T_x - 1)")),
    "one_early": Mistake("the place is one too early: this is the last real step but one.", (PLACE, "lengths[i] - 2")),
    "one_early_kept_inside": Mistake("the place is one too early, except for sequences of one step: this is the last real step but one.",
        (PLACE, "max(lengths[i] - 2, 0)")),
    "longest": Mistake("every gradient is put where the longest sequence ends: each has a length of its own.", (PLACE, "lengths.max() - 1")),
    "shortest": Mistake("every gradient is put where the shortest sequence ends: each has a length of its own.", (PLACE, "lengths.min() - 1")),
    "first_length": Mistake("every gradient is put where the first sequence ends: each has a length of its own.", (PLACE, "lengths[0] - 1")),
    "first_step": Mistake("the gradient is put at the first step: the state that was read is that of the last real step.", (PLACE, "0")),
    "every_real_step": Mistake("every real step gets the gradient: only one state was read, the last real one, so the others get zeros here (rnn_backward carries it on to them).",
        (PLACE, ": lengths[i]"), ("= da_last[:, i]", "= da_last[:, i, None]")),
    "every_step": Mistake("every step gets the gradient, padding too: only one state was read, the last real one, so all others get zeros.",
        (RESULT, "return np.repeat(da_last[:, :, None], T_x, axis=2)")),
    "shared_out": Mistake("the gradient is shared out over the real steps: that is the gradient of their mean. The state of one step was read, which gets all of it.",
        (PLACE, ": lengths[i]"), ("= da_last[:, i]", "= da_last[:, i, None] / lengths[i]")),
    "mean_over_examples": Mistake("the gradient is divided by m: the 1/m of the cost is already in da_last.", (RESULT, "return da / m")),
    "over_length": Mistake("the gradient is divided by the length of its sequence: only one state was read, and it gets all of it.", ("= da_last[:, i]", "= da_last[:, i] / lengths[i]")),
    "every_length": Mistake("da[:, :, lengths - 1] = ... writes every length into every sequence: index the examples along with the steps, da[:, np.arange(m), lengths - 1].",
        (PUT, "da[:, :, lengths - 1] = da_last[:, :, None]")),
    "lengths_over_examples": Mistake("the mask is summed over the examples (axis 0): the length of a sequence is the sum of its row, axis=1.", ("axis=1", "axis=0")),
    "padding_counted": Mistake("padding is counted in place of real steps: the mask is 1 at real steps.", ("mask.sum", "(1 - mask).sum")),
    "wraps_around": Mistake("a sequence without padding gets no gradient: its mask never falls from 1 to 0 (np.roll goes round, and a difference of neighbours is one step short); it ends with its last step all the same.",
        (RESULT, "return da_last[:, :, None] * mask * (1 - np.roll(mask, -1, axis=1))")),
    "from_the_end_on": Mistake("the padding gets the gradient, too: the cumulative sum of the mask stays at the length from the last real step on.",
        (PLACE, "lengths[i] - 1 :"), ("= da_last[:, i]", "= da_last[:, i, None]")),
    "squeezed": Mistake("with one sequence the axis of the examples is lost: squeeze() drops every axis of length 1; da is (n_a, m, T_x) always.",
        (RESULT, "return da.squeeze()")),
    "ones": Mistake("the other steps hold ones: a state that was not read has no share in the loss, so its gradient is 0.", ("np.zeros", "np.ones")),
    "negative": Mistake("the gradient has the wrong sign: reading a state changes nothing in it, so its gradient comes back as it is.", (RESULT, "return -da")),
    "not_spread": Mistake("da_last itself is returned: da has a place for every step, (n_a, m, T_x), zeros where nothing was read.", (RESULT, "return da_last")),
    "time_first": Mistake("time is the first axis of da; here it is the last: (n_a, m, T_x).", (RESULT, "return np.moveaxis(da, 2, 0)")),
    "examples_first": Mistake("da has the axes of units and examples swapped: it is (n_a, m, T_x).", (RESULT, "return np.swapaxes(da, 0, 1)")),
    "examples_last": Mistake("da has the axes of steps and examples swapped: it is (n_a, m, T_x).", (RESULT, "return np.swapaxes(da, 1, 2)")),
    "only_first": Mistake("only the first sequence gets its gradient: is the return inside the loop?", (PUT, f"{PUT}\n        break")),
    "as_many_as_units": Mistake("only the first n_a sequences get their gradients: the loop runs over the m examples, da_last.shape[1].", ("range(m)", "range(min(len(da_last), m))")),
    "one_example": Mistake("every sequence gets the gradient of the first: column i of da_last belongs to sequence i.", ("da_last[:, i]", "da_last[:, 0]")),
    "float_place": Mistake("a place is a whole number: the mask holds floats, so the sum of a row is one too; .astype(int) makes it a place.",
        (".astype(int)", "")),
    "float_places": Mistake("places are whole numbers: the mask holds floats, so its sums are floats; .astype(int) makes them places.",
        (PUT, "da[:, np.arange(m), mask.sum(axis=1) - 1] = da_last")),
}
# fmt: on

EXERCISE = Exercise(
    right=final_states_backward,
    draw=draw,
    visible=1,
    hidden=2,
    mistakes=MISTAKES,
    parts=(Part("da", axes=("n_a", "m", "T_x")),),
)
