"""Known mistakes of lesson 2: `one_hot` and `pad_batch`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.lessons.exercise import Mistake
from seqlib import one_hot, pad_batch

# ---------------------------------------------------------------------------------------------------------------
# one_hot


def _columns(
    change: Callable[[np.ndarray, np.ndarray], Any] = lambda columns, indices: columns,
    index: Callable[[np.ndarray, int], np.ndarray] = lambda indices, n: indices,
    size: Callable[[np.ndarray, int], int] = lambda indices, n: n,
) -> Callable[..., Any]:
    """A wrong `one_hot`: other indices, another number of rows, or the right columns changed."""

    def wrong(indices: Any, n: int) -> Any:
        given = np.asarray(indices)
        return change(one_hot(index(given, n), size(given, n)), given)

    return wrong


def _last_only(columns: np.ndarray, indices: np.ndarray) -> np.ndarray:
    only = np.zeros_like(columns)
    only[..., -1] = columns[..., -1]
    return only


def _one_sentence(indices: Any, n: int) -> np.ndarray:
    columns = np.zeros((n, len(indices)))
    for t in range(len(indices)):
        columns[indices[t], t] = 1
    return columns


def _one_sentence_at_once(indices: Any, n: int) -> np.ndarray:
    columns = np.zeros((n, len(indices)))
    columns[indices, np.arange(len(indices))] = 1
    return columns


def _one_sentence_compared(indices: Any, n: int) -> np.ndarray:
    return np.asarray(np.arange(n)[:, None] == np.array(indices)).astype(float)


def _list_without_shape(indices: Any, n: int) -> np.ndarray:
    columns = np.zeros((n, *indices.shape))  # raises: a list has no shape
    columns[:] = one_hot(indices, n)
    return columns


def _whole_rows(columns: np.ndarray, indices: np.ndarray) -> np.ndarray:
    columns[indices] = 1
    return columns


FOR_ONE_SENTENCE = (
    "this is written for one sentence, (T_x): the indices of a batch, (m, T_x), make an array (n, m, T_x)."
)

ONE_HOT = {
    "one_sentence": Mistake(FOR_ONE_SENTENCE, _one_sentence),
    "one_sentence_at_once": Mistake(FOR_ONE_SENTENCE, _one_sentence_at_once),
    "one_sentence_compared": Mistake(FOR_ONE_SENTENCE, _one_sentence_compared),
    "list_without_shape": Mistake(
        "`indices` may be a list, which has no shape: make an array of it first, np.array(indices).",
        _list_without_shape,
    ),
    "whole_rows": Mistake(
        "the whole row of an index is set to 1: word t has its 1 in column t only.", _columns(_whole_rows)
    ),
    "rows": Mistake(
        "the vectors are rows, (T_x, n) or (m, T_x, n): each word is a column, and n is the first axis.",
        _columns(lambda columns, indices: np.moveaxis(columns, 0, -1)),
    ),
    "reversed": Mistake(
        "the axes of a batch are reversed, (n, T_x, m): .T turns all of them around; np.moveaxis moves one.",
        _columns(lambda columns, indices: np.moveaxis(columns, 0, -1).T),
    ),
    "n_in_the_middle": Mistake(
        "for a batch n is the second axis, (m, n, T_x): it is the first, (n, m, T_x).",
        _columns(lambda columns, indices: np.swapaxes(columns, 0, 1) if indices.ndim == 2 else columns),
    ),
    "flat": Mistake(
        "the columns of a batch stand in one row, (n, m * T_x): keep the shape of the indices, (n, m, T_x).",
        _columns(lambda columns, indices: columns.reshape(len(columns), -1)),
    ),
    "first_sentence": Mistake(
        "only the first sentence of a batch is used.",
        _columns(lambda columns, indices: columns[:, 0] if indices.ndim == 2 else columns),
    ),
    "added": Mistake(
        "the columns are added to one vector, in which the order of the words is lost.",
        _columns(lambda columns, indices: columns.sum(axis=tuple(range(1, columns.ndim)))),
    ),
    "from_one": Mistake(
        "the 1 stands one place too early: index 0 is the first row.", _columns(index=lambda i, n: (i - 1) % n)
    ),
    "one_too_late": Mistake(
        "the 1 stands one place too late: index 0 is the first row.", _columns(index=lambda i, n: (i + 1) % n)
    ),
    "largest_index": Mistake(
        "`n` is ignored: there are n rows, also when the last words of the vocabulary do not occur.",
        _columns(size=lambda i, n: int(i.max()) + 1),
    ),
    "one_row_more": Mistake(
        "there is one row too many: n rows, for the indices 0 to n - 1.", _columns(size=lambda i, n: n + 1)
    ),
    "index_for_one": Mistake(
        "the index stands where 1 should stand: an index is a name, not a quantity.",
        _columns(lambda columns, indices: columns * indices),
    ),
    "inverted": Mistake(
        "0 and 1 are exchanged: 1 at the index, 0 elsewhere.", _columns(lambda columns, indices: 1 - columns)
    ),
    "minus_one": Mistake("-1 stands where 0 should stand.", _columns(lambda columns, indices: 2 * columns - 1)),
    "no_column_for_zero": Mistake(
        "index 0 has no 1 in its column: 0 is an index like any other; the mask says what is filling.",
        _columns(lambda columns, indices: columns * (indices != 0)),
    ),
    "last_only": Mistake("only the last column has a 1: is the array made anew inside the loop?", _columns(_last_only)),
    "counted_down": Mistake(
        "the rows are counted from the end: index 0 is the first row.", _columns(index=lambda i, n: n - 1 - i)
    ),
    "words_backwards": Mistake(
        "the columns are in reverse order: column t belongs to word t.",
        _columns(lambda columns, indices: columns[..., ::-1]),
    ),
    "up_to_the_index": Mistake(
        "all rows up to the index are 1: only the row of the index is.",
        _columns(lambda columns, indices: columns[::-1].cumsum(axis=0)[::-1]),
    ),
}


# ---------------------------------------------------------------------------------------------------------------
# pad_batch


Pair = tuple[np.ndarray, np.ndarray]


def _padded(
    change: Callable[[np.ndarray, np.ndarray, int], tuple[Any, Any]],
    prepare: Callable[[list[list[int]]], list[list[int]]] = lambda sequences: sequences,
) -> Callable[..., Any]:
    """A wrong `pad_batch`: the sequences prepared wrongly, or (indices, mask, pad_index) changed afterwards."""

    def wrong(sequences: list[list[int]], pad_index: int = 0) -> tuple[Any, Any]:
        return change(*pad_batch(prepare(sequences), pad_index), pad_index)

    return wrong


def _same(indices: np.ndarray, mask: np.ndarray, pad_index: int) -> Pair:
    return indices, mask


def _filled(row: Callable[[list[int], int], list[int]]) -> Callable[..., Pair]:
    """A wrong `pad_batch`: row(sequence, how many to fill) makes each row."""

    def wrong(sequences: list[list[int]], pad_index: int = 0) -> Pair:
        _, mask = pad_batch(sequences, pad_index)
        return np.array([row(sequence, mask.shape[1] - len(sequence)) for sequence in sequences]), mask

    return wrong


def _at_the_start(sequences: list[list[int]], pad_index: int = 0) -> Pair:
    indices, mask = pad_batch([sequence[::-1] for sequence in sequences], pad_index)
    return indices[:, ::-1], mask[:, ::-1]


def _moved(mask: np.ndarray, steps: int) -> np.ndarray:
    lengths = mask.sum(axis=1, keepdims=True)
    return np.asarray(np.arange(mask.shape[1]) < lengths + steps).astype(float)


def _first_is_longest(sequences: list[list[int]], pad_index: int = 0) -> Pair:
    indices = np.full((len(sequences), len(sequences[0])), pad_index)
    mask = np.zeros(indices.shape)
    for i, sequence in enumerate(sequences):
        indices[i, : len(sequence)] = sequence
        mask[i, : len(sequence)] = 1
    return indices, mask


def _of_largest(sequences: list[list[int]], pad_index: int = 0) -> Pair:
    indices = np.full((len(sequences), len(max(sequences))), pad_index)
    mask = np.zeros(indices.shape)
    for i, sequence in enumerate(sequences):
        indices[i, : len(sequence)] = sequence  # raises where this one is longer
        mask[i, : len(sequence)] = 1
    return indices, mask


PAD = {
    "largest_list": Mistake(
        "max(sequences) is the largest list, that with the largest first element: the longest one is max(sequences, key=len).",
        _of_largest,
    ),
    "not_filled": Mistake(
        "rows of different lengths make no array: fill up the shorter ones before np.array(...).",
        lambda sequences, pad_index=0: (np.array(sequences), np.ones(np.array(sequences).shape)),
    ),
    "first_is_longest": Mistake(
        "T_x is taken to be the length of the first sentence: it is that of the longest, max(len(...)).",
        _first_is_longest,
    ),
    "at_the_start": Mistake(
        "the filling stands at the start of the rows: it comes after the last word.", _at_the_start
    ),
    "indices_at_the_start": Mistake(
        "the words stand at the end of their rows, while the mask has its ones at the start: fill after the last word.",
        lambda sequences, pad_index=0: (_at_the_start(sequences, pad_index)[0], pad_batch(sequences, pad_index)[1]),
    ),
    "steps_first": Mistake(
        "time is the first axis, (T_x, m): each sentence is a row, (m, T_x).",
        _padded(lambda indices, mask, pad: (indices.T, mask.T)),
    ),
    "mask_steps_first": Mistake(
        "the mask is (T_x, m): it has the shape of the indices, (m, T_x).",
        _padded(lambda indices, mask, pad: (indices, mask.T)),
    ),
    "pad_index_ignored": Mistake(
        "`pad_index` is ignored: the filling is 0.",
        _padded(lambda indices, mask, pad: (np.where(mask > 0, indices, 0), mask)),
    ),
    "filled_with_minus_one": Mistake(
        "the filling is -1: it is pad_index.",
        _padded(lambda indices, mask, pad: (np.where(mask > 0, indices, -1), mask)),
    ),
    "filled_with_last": Mistake(
        "the filling repeats the last word: it is pad_index.",
        _filled(lambda sequence, more: sequence + sequence[-1:] * more),
    ),
    "filled_with_itself": Mistake(
        "the filling starts the sentence again (as np.resize does): it is pad_index.",
        _filled(lambda sequence, more: np.resize(sequence, len(sequence) + more).tolist()),
    ),
    "mask_of_pad_index": Mistake(
        "the mask is made by comparing with pad_index, which may be the index of a word: make it from the lengths.",
        _padded(lambda indices, mask, pad: (indices, (indices != pad).astype(float))),
    ),
    "mask_of_zero": Mistake(
        "the mask is made by comparing with 0, whatever the filling is: make it from the lengths.",
        _padded(lambda indices, mask, pad: (indices, (indices != 0).astype(float))),
    ),
    "mask_inverted": Mistake(
        "the mask is 1 at the filling: it is 1 at words.", _padded(lambda indices, mask, pad: (indices, 1 - mask))
    ),
    "mask_of_ones": Mistake(
        "the mask is 1 everywhere: it is 0 at the filling.",
        _padded(lambda indices, mask, pad: (indices, np.ones_like(mask))),
    ),
    "mask_of_zeros": Mistake(
        "the mask is 0 everywhere: it is 1 at words.",
        _padded(lambda indices, mask, pad: (indices, np.zeros_like(mask))),
    ),
    "mask_one_short": Mistake(
        "the mask is 0 at each sentence's last word: a slice [:length] holds the places 0 to length - 1.",
        _padded(lambda indices, mask, pad: (indices, _moved(mask, -1))),
    ),
    "mask_one_long": Mistake(
        "the mask is 1 at the first place of the filling: a sentence of length 3 fills the places 0, 1 and 2.",
        _padded(lambda indices, mask, pad: (indices, _moved(mask, 1))),
    ),
    "lengths": Mistake(
        "the lengths are returned in place of the mask, which is (m, T_x): 1 at words, 0 at filling.",
        _padded(lambda indices, mask, pad: (indices, mask.sum(axis=1))),
    ),
    "order_of_results": Mistake(
        "the results are in another order: return indices, mask.", _padded(lambda indices, mask, pad: (mask, indices))
    ),
    "floats": Mistake(
        "the indices are floating-point numbers: make the array with dtype=int (np.zeros and np.full(..., 0.0) give floats).",
        _padded(lambda indices, mask, pad: (indices.astype(float), mask)),
    ),
    "cut": Mistake(
        "the sentences are cut to the length of the shortest: T_x is the length of the longest.",
        lambda sequences, pad_index=0: pad_batch([s[: min(map(len, sequences))] for s in sequences], pad_index),
    ),
    "one_step_more": Mistake(
        "the rows are one place too long: T_x is the length of the longest sentence.",
        _padded(
            lambda indices, mask, pad: (
                np.pad(indices, ((0, 0), (0, 1)), constant_values=pad),
                np.pad(mask, ((0, 0), (0, 1))),
            )
        ),
    ),
    "sorted": Mistake(
        "the sentences are sorted by length: row i is sentence i.",
        _padded(_same, prepare=lambda sequences: sorted(sequences, key=len)),
    ),
    "longest_first": Mistake(
        "the sentences are sorted by length, longest first: row i is sentence i.",
        _padded(_same, prepare=lambda sequences: sorted(sequences, key=len, reverse=True)),
    ),
}
