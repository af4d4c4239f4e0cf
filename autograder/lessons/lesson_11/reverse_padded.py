"""`reverse_padded`: each sequence of a batch reversed within its own length."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of, shuffled


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, T_x, lengths in (
        ("n_x = 2, m = 4, T_x = 5", 2, 5, [5, *shuffled([1, 2, 4], rng)]),
        # a batch may be padded further than its longest sequence, to a common length
        ("even the longest sequence is padded", 3, 6, [4, *shuffled([2, 3], rng)]),
        ("one sequence without padding (m = 1)", 2, 4, [4]),
    ):
        # what stands at padding are numbers like any others, or zeros: nothing tells them from words but the mask
        x, mask = rng.normal(size=(n_x, len(lengths), T_x)), mask_of(lengths, T_x)
        yield Inputs(label, (x * mask if max(lengths) < T_x else x, mask), aspect="numbers")
    # where rows are short, a sort that is not stable keeps the order of equal keys all the same
    x, mask = rng.normal(size=(1, 2, 300)), mask_of(shuffled([30, 50], rng), 300)
    yield Inputs("one feature, padded to 300 steps", (x, mask), aspect="many steps", unusual=True)
    labels = rng.integers(10, 10**9, size=(1, 2, 4))
    yield Inputs("whole numbers", (labels, mask_of(shuffled([4, 3], rng), 4)), aspect="whole numbers", unusual=True)


def reverse_padded(x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    n_x, m, T_x = x.shape
    turned = x.copy()
    for i in range(m):
        length = int(mask[i].sum())
        turned[:, i, :length] = x[:, i, :length][:, ::-1]
    return turned


COPY, LENGTH, TURN = "x.copy()", "int(mask[i].sum())", "turned[:, i, :length] = x[:, i, :length][:, ::-1]"
RESULT = "return turned"

# fmt: off
MISTAKES = {
    "whole_axis": Mistake("the whole time axis is reversed, so that the padding comes to the front: reverse each sequence within its own length, mask[i].sum().",
        (RESULT, "return x[:, :, ::-1].copy()")),
    "lengths_from_x": Mistake("the lengths are taken from the numbers in x: at padding may stand any numbers, so a sequence has mask[i].sum() words.", (LENGTH, "int(x[:, i].any(axis=0).sum())")),
    "first_word_lost": Mistake("the slice from the last word down stops before index 0, so that the first word of each sequence is lost: x[:, i, :length][:, ::-1], or range(length - 1, -1, -1).",
        (TURN, "turned[:, i, : length - 1] = x[:, i, list(range(length - 1, 0, -1))]")),
    "padding_zero": Mistake("what stands at padding becomes 0: it stays as it is; start from a copy of x.", (COPY, "np.zeros_like(x)")),
    "floats": Mistake("whole numbers come back as floats: the result has the type of x, as a copy of x has.", (COPY, "x.astype(float)")),
    "whole_numbers": Mistake("floats come back as whole numbers, their fractions lost: the result has the type of x; one feature may be a float, too.",
        (RESULT, "return turned.astype(int) if n_x == 1 else turned")),
    "padding_reversed": Mistake("what stands at padding is reversed as well: it stays where it is.",
        (TURN, f"{TURN}\n        turned[:, i, length:] = x[:, i, length:][:, ::-1]")),
    "at_the_end": Mistake("the reversed words stand at the end of the row, behind the padding: they stay in front, at the places that they had.",
        (RESULT, "return np.stack([np.roll(turned[:, i], T_x - int(mask[i].sum()), axis=1) for i in range(m)], axis=1)")),
    "not_reversed": Mistake("the words are in the order in which they came: reverse them, [::-1] on the time axis.", ("[:, ::-1]", "")),
    "last_word_stays": Mistake("the length is one too short, so that the last word stays where it is: a sequence has mask[i].sum() words.", (LENGTH, f"{LENGTH} - 1")),
    "one_too_long": Mistake("the length is one too long: the first step of padding is taken for a word.", (LENGTH, f"{LENGTH} + 1")),
    "first_word_at_padding": Mistake("the first word stands at padding: an index that is cut off at 0 there reads word 0; what stands at padding stays as it is.",
        (RESULT, "return np.where(mask > 0, turned, x[:, :, :1])")),
    "longest": Mistake("all rows are reversed over the length of the longest sequence: each has its own, mask[i].sum().", (LENGTH, "int(mask.sum(axis=1).max())")),
    "shortest": Mistake("all rows are reversed over the length of the shortest sequence: each has its own, mask[i].sum().", (LENGTH, "int(mask.sum(axis=1).min())")),
    "sum_over_examples": Mistake("the lengths are sums over the examples: row i of the mask belongs to sequence i, so its length is mask[i].sum(), or mask.sum(axis=1)[i].",
        (LENGTH, "int(mask.sum(axis=0)[i])")),
    "features_reversed": Mistake("the features are reversed too: only time is, the last axis.", ("[:, ::-1]", "[::-1, ::-1]")),
    "features_only": Mistake("the features are reversed in place of the steps: after x[:, i, :length] the axes are (n_x, length), and time is the last.", ("[:, ::-1]", "[::-1]")),
    "examples_only": Mistake("the order of the sequences is reversed, not that of the words: time is the last axis.", (RESULT, "return x[:, ::-1].copy()")),
    "overwritten": Mistake("words are overwritten before they are read: the second half of a sequence mirrors its first half; read from x, write into a copy, or exchange two words at a time.",
        (TURN, "for t in range(length):\n            turned[:, i, length - 1 - t] = turned[:, i, t]")),
    "overwritten_from_the_front": Mistake("the first half of a sequence mirrors its second half: words were overwritten before they were read, or only half of them were written; where two words change places, both get a new value.",
        (TURN, "for t in range(length):\n            turned[:, i, t] = turned[:, i, length - 1 - t]")),
    "index_off": Mistake("the index is one too far: in code the last of `length` words has the index length - 1, so that step t goes to length - 1 - t.",
        (TURN, "for t in range(length):\n            turned[:, i, t] = x[:, i, length - t]")),  # raises where nothing is padded
    "index_off_early": Mistake("the index is one too early: step t goes to length - 1 - t, and length - 2 - t of the last step is -1, the end of the row.",
        (TURN, "for t in range(length):\n            turned[:, i, t] = x[:, i, length - 2 - t]")),
    "from_the_end_of_the_row": Mistake("step t is read from T_x - 1 - t, which counts from the end of the row, padding included: count from the sequence's own end, length - 1 - t.",
        (TURN, "for t in range(length):\n            turned[:, i, t] = x[:, i, T_x - 1 - t]")),
    "first_feature": Mistake("only the first feature is reversed: all features of a word move together.", ("turned[:, i, :length] = x[:, i, :length][:, ::-1]", "turned[0, i, :length] = x[0, i, :length][::-1]")),
    "first_sequence": Mistake("only the first sequence is reversed: is the return inside the loop?", (TURN, f"{TURN}\n        break")),
    "one_copy": Mistake("every row gets the words of the first one: x[:, i] is sequence i.", ("= x[:, i, :length]", "= x[:, 0, :length]")),
    "squeezed": Mistake("an axis of length 1 is lost: squeeze() drops the axis of a single sequence; the result has the shape of x.", (RESULT, "return turned.squeeze()")),
    "steps_reversed_only": Mistake("the mask is reversed along with the words: the words stay in front and the padding behind them.",
        (RESULT, "return np.where(mask[:, ::-1] > 0, x[:, :, ::-1], x)")),
    "list": Mistake("the sequences come back in a list, without their padding: return one array with the shape of x.",
        (RESULT, "return [x[:, i, : int(mask[i].sum())][:, ::-1] for i in range(m)]")),
}
# fmt: on

EXERCISE = Exercise(
    right=reverse_padded,
    draw=draw,
    visible=1,
    hidden=2,
    mistakes=MISTAKES,
    parts=(Part("the result", axes=("n_x", "m", "T_x")),),
    rtol=1e-12,
    atol=1e-15,
)
