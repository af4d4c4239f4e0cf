"""`one_hot`: from indices to columns of zeros and a one."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part


def draw(rng: Generator) -> list[Inputs]:
    def some(n: int, *shape: int) -> np.ndarray:
        """Indices below n, with a 0 among them and not the largest, in random order."""
        indices = rng.integers(0, n - 1, size=shape)
        indices.flat[0] = int(rng.integers(1, n - 1))
        indices.flat[1] = 0
        return indices

    return [
        Inputs("5 indices of a vocabulary of 7", (some(7, 5), 7), aspect="one sentence"),
        Inputs("a list of 4 indices, n = 4", (some(4, 4).tolist(), 4), aspect="one sentence"),
        Inputs("2 sentences of 3 words, n = 5", (some(5, 2, 3), 5), aspect="a batch"),
        Inputs("m = T_x = n = 3", (some(3, 3, 3), 3), aspect="a batch"),
        Inputs(
            "a list of one sentence, the last word of the vocabulary in it",
            ([[*some(4, 3).tolist(), 3]], 4),
            aspect="a batch",
        ),
    ]


def one_hot(indices: Any, n: int) -> Any:
    indices = np.asarray(indices)
    columns = np.zeros((n, *indices.shape))
    for place in np.ndindex(indices.shape):
        columns[(indices[place], *place)] = 1
    return columns


FOR_ONE_SENTENCE = (
    "this is written for one sentence, (T_x): the indices of a batch, (m, T_x), make an array (n, m, T_x)."
)
ONE_SENTENCE = ("(n, *indices.shape)", "(n, len(indices))")
LOOP = "    for place in np.ndindex(indices.shape):\n        columns[(indices[place], *place)] = 1\n"
BATCH = "if indices.ndim == 2 else columns"

# fmt: off
MISTAKES = {
    "one_sentence": Mistake(FOR_ONE_SENTENCE, ONE_SENTENCE, (LOOP, "    for t in range(len(indices)):\n        columns[indices[t], t] = 1\n")),
    "one_sentence_at_once": Mistake(FOR_ONE_SENTENCE, ONE_SENTENCE, (LOOP, "    columns[indices, np.arange(len(indices))] = 1\n")),
    "one_sentence_compared": Mistake(FOR_ONE_SENTENCE, ("return columns", "return (np.arange(n)[:, None] == indices).astype(float)")),
    "list_without_shape": Mistake("`indices` may be a list, which has no shape: make an array of it first, np.array(indices).",
        ("np.asarray(indices)", "indices")),
    "whole_rows": Mistake("the whole row of an index is set to 1: word t has its 1 in column t only.", ("(indices[place], *place)", "indices[place]")),
    "rows": Mistake("the vectors are rows, (T_x, n) or (m, T_x, n): each word is a column, and n is the first axis.",
        ("return columns", "return np.moveaxis(columns, 0, -1)")),
    "reshaped": Mistake("the vectors are rows that were given another shape: reshape fills in the numbers anew, row by row; to move an axis use np.moveaxis or a transpose.",
        ("return columns", "return np.moveaxis(columns, 0, -1).reshape(columns.shape)")),
    "reversed": Mistake("the axes of a batch are reversed, (n, T_x, m): .T turns all of them around; np.moveaxis moves one.",
        ("return columns", "return np.moveaxis(columns, 0, -1).T")),
    "n_in_the_middle": Mistake("for a batch n is the second axis, (m, n, T_x): it is the first, (n, m, T_x).",
        ("return columns", f"return np.swapaxes(columns, 0, 1) {BATCH}")),
    "flat": Mistake("the columns of a batch stand in one row, (n, m * T_x): keep the shape of the indices, (n, m, T_x).",
        ("return columns", "return columns.reshape(n, -1)")),
    "first_sentence": Mistake("only the first sentence of a batch is used.", ("return columns", f"return columns[:, 0] {BATCH}")),
    "added": Mistake("the columns are added to one vector, in which the order of the words is lost.",
        ("return columns", "return columns.reshape(n, -1).sum(axis=1)")),
    "from_one": Mistake("the 1 stands one place too early: index 0 is the first row.", ("indices[place]", "indices[place] - 1")),
    "one_too_late": Mistake("the 1 stands one place too late: index 0 is the first row.", ("indices[place]", "(indices[place] + 1) % n")),
    "largest_index": Mistake("`n` is ignored: there are n rows, also when the last words of the vocabulary do not occur.",
        ("zeros((n,", "zeros((indices.max() + 1,")),
    "one_row_more": Mistake("there is one row too many: n rows, for the indices 0 to n - 1.", ("zeros((n,", "zeros((n + 1,")),
    "index_for_one": Mistake("the index stands where 1 should stand: an index is a name, not a quantity.", ("= 1", "= indices[place]")),
    "inverted": Mistake("0 and 1 are exchanged: 1 at the index, 0 elsewhere.", ("return columns", "return 1 - columns")),
    "minus_one": Mistake("-1 stands where 0 should stand.", ("return columns", "return 2 * columns - 1")),
    "no_column_for_zero": Mistake("index 0 has no 1 in its column: 0 is an index like any other; the mask says what is padding.",
        ("= 1", "= indices[place] != 0")),
    "last_only": Mistake("only the last column has a 1: is the array made anew inside the loop?", ("= 1", "= place[-1] == indices.shape[-1] - 1")),
    "counted_down": Mistake("the rows are counted from the end: index 0 is the first row.", ("indices[place]", "n - 1 - indices[place]")),
    "words_backwards": Mistake("the columns are in reverse order: column t belongs to word t.", ("return columns", "return columns[..., ::-1]")),
    "up_to_the_index": Mistake("all rows up to the index are 1: only the row of the index is.", ("indices[place]", "slice(indices[place] + 1)")),
}
# fmt: on

EXERCISE = Exercise(
    right=one_hot,
    draw=draw,
    again=True,
    visible=1,
    hidden=2,
    mistakes=MISTAKES,
    parts=(Part("the columns", axes=("n", "...")),),
)
