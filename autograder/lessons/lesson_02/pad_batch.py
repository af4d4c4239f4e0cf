"""`pad_batch`: from sequences of different lengths to one array and its mask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part


def draw(rng: Generator) -> list[Inputs]:
    def some(lengths: Iterable[int], low: int = 1) -> list[list[int]]:
        return [[int(index) for index in rng.integers(low, 20, size=length)] for length in lengths]

    def lengths(count: int, least: int = 1) -> list[int]:
        """Different ones, the longest neither first nor last."""
        drawn = sorted(least + int(i) for i in rng.permutation(6)[:count])
        return [drawn[0], drawn[-1], *drawn[1:-1]] if rng.random() < 0.5 else [*drawn[1:-1], drawn[-1], drawn[0]]

    with_zero = some(lengths(3, least=2))
    for sequence in with_zero:
        sequence[int(rng.integers(1, len(sequence)))] = 0
    other = some(lengths(4))
    longest = max(other, key=len)
    longest[int(rng.integers(len(longest)))] = 0
    value, equal, alone = int(rng.integers(21, 30)), int(rng.integers(2, 7)), int(rng.integers(2, 7))
    with_seven = some(rng.permutation([1, 2, *([int(rng.integers(3, 7))] * 2)]))
    with_seven[0][0] = with_seven[2][-1] = 7
    large = [[int(index) for index in rng.integers(66_000, 99_000, size=length)] for length in (1, 3)]
    return [
        Inputs("3 sentences", (some(lengths(3, least=2)),), aspect="padding with 0"),
        Inputs("a 0 inside a sentence", (with_zero,), aspect="padding with 0"),
        Inputs("sentences of one length", (some([equal] * 3),), aspect="padding with 0"),
        Inputs("one sentence", (some([alone]),), aspect="padding with 0"),
        Inputs(f"pad_index = {value}", (other, value), aspect="pad_index"),
        Inputs("pad_index = 7, which occurs as a word", (with_seven,), {"pad_index": 7}, aspect="pad_index"),
        Inputs("indices above 66,000 and pad_index = -1", (large, -1), aspect="pad_index", unusual=True),
    ]


def pad_batch(sequences: list[list[int]], pad_index: int = 0) -> Any:
    T_x = max(len(sequence) for sequence in sequences)
    indices = np.full((len(sequences), T_x), pad_index)
    mask = np.zeros(indices.shape)
    for i, sequence in enumerate(sequences):
        indices[i, : len(sequence)] = sequence
        mask[i, : len(sequence)] = 1
    return indices, mask


LONGEST, ROW, ONES = (
    "max(len(sequence) for sequence in sequences)",
    "indices[i, : len(sequence)]",
    "mask[i, : len(sequence)]",
)

# fmt: off
MISTAKES = {
    "largest_list": Mistake("max(sequences) is the largest list, that with the largest first element: the longest one is max(sequences, key=len).",
        (LONGEST, "len(max(sequences))")),  # raises where another one is longer
    "not_padded": Mistake("rows of different lengths make no array: pad the shorter ones before np.array(...).",
        ("return indices, mask", "return np.array(sequences), np.ones(np.array(sequences).shape)")),
    "first_is_longest": Mistake("T_x is taken to be the length of the first sentence: it is that of the longest, max(len(...)).",
        (LONGEST, "len(sequences[0])")),
    "at_the_start": Mistake("the padding stands at the start of the rows: it comes after the last word.",
        (ROW, "indices[i, T_x - len(sequence) :]"), (ONES, "mask[i, T_x - len(sequence) :]")),
    "indices_at_the_start": Mistake("the words stand at the end of their rows, while the mask has its ones at the start: pad after the last word.",
        (ROW, "indices[i, T_x - len(sequence) :]")),
    "steps_first": Mistake("time is the first axis, (T_x, m): each sentence is a row, (m, T_x).", ("return indices, mask", "return indices.T, mask.T")),
    "mask_steps_first": Mistake("the mask is (T_x, m): it has the shape of the indices, (m, T_x).", ("return indices, mask", "return indices, mask.T")),
    "pad_index_ignored": Mistake("`pad_index` is ignored: the padding is 0.", ("T_x), pad_index", "T_x), 0")),
    "padded_with_minus_one": Mistake("the padding is -1: it is pad_index.", ("T_x), pad_index", "T_x), -1")),
    "padded_with_last": Mistake("the padding repeats the last word: it is pad_index.",
        (f"{ROW} = sequence", "indices[i] = sequence + sequence[-1:] * (T_x - len(sequence))")),
    "padded_with_itself": Mistake("the padding starts the sentence again (as np.resize does): it is pad_index.",
        (f"{ROW} = sequence", "indices[i] = np.resize(sequence, T_x)")),
    "mask_of_pad_index": Mistake("the mask is made by comparing with pad_index, which may be the index of a word: make it from the lengths.",
        ("return indices, mask", "return indices, (indices != pad_index).astype(float)")),
    "mask_of_zero": Mistake("the mask is made by comparing with 0, whatever the padding is: make it from the lengths.",
        ("return indices, mask", "return indices, (indices != 0).astype(float)")),
    "mask_stripped": Mistake("the mask ends at the last element that is not pad_index, but a sentence may end with it: make the mask from the lengths.",
        (ONES, "mask[i, : max((t + 1 for t in range(T_x) if indices[i, t] != pad_index), default=0)]")),
    "mask_inverted": Mistake("the mask is 1 at the padding: it is 1 at words.", ("return indices, mask", "return indices, 1 - mask")),
    "mask_of_ones": Mistake("the mask is 1 everywhere: it is 0 at the padding.", (ONES, "mask[i]")),
    "mask_of_zeros": Mistake("the mask is 0 everywhere: it is 1 at words.", (f"        {ONES} = 1\n", "")),
    "mask_one_short": Mistake("the mask is 0 at each sentence's last word: a slice [:length] holds the places 0 to length - 1.",
        (ONES, "mask[i, : len(sequence) - 1]")),
    "mask_one_long": Mistake("the mask is 1 at the first place of the padding: a sentence of length 3 fills the places 0, 1 and 2.",
        (ONES, "mask[i, : len(sequence) + 1]")),
    "lengths": Mistake("the lengths are returned in place of the mask, which is (m, T_x): 1 at words, 0 at padding.",
        ("return indices, mask", "return indices, mask.sum(axis=1)")),
    "order_of_results": Mistake("the results are in another order: return indices, mask.", ("return indices, mask", "return mask, indices")),
    "floats": Mistake("the indices are floating-point numbers: make the array with dtype=int (np.zeros and np.full(..., 0.0) give floats).",
        ("pad_index)\n", "float(pad_index))\n")),
    "cut": Mistake("the sentences are cut to the length of the shortest: T_x is the length of the longest.",
        ("max(len", "min(len"), (f"{ROW} = sequence", "indices[i] = sequence[:T_x]")),
    "one_step_more": Mistake("the rows are one place too long: T_x is the length of the longest sentence.", (LONGEST, f"1 + {LONGEST}")),
    "sorted": Mistake("the sentences are sorted by length: row i is sentence i.", ("enumerate(sequences)", "enumerate(sorted(sequences, key=len))")),
    "longest_first": Mistake("the sentences are sorted by length, longest first: row i is sentence i.",
        ("enumerate(sequences)", "enumerate(sorted(sequences, key=len, reverse=True))")),
}
# fmt: on

EXERCISE = Exercise(
    right=pad_batch,
    draw=draw,
    again=True,
    visible=2,
    hidden=3,
    mistakes=MISTAKES,
    parts=(Part("indices", 0, 1, ("m", "T_x")), Part("mask", 1, 1, ("m", "T_x"))),
)
