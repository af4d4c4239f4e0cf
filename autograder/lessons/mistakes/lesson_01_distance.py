"""Known mistakes of lesson 1: `edit_distance`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.lessons.exercise import Mistake
from seqlib import edit_distance


def _table(
    *,
    left_out: float = 1,
    put_in: float = 1,
    replaced: float = 1,
    kept: float = 0,
    row: Callable[[int], Any] = np.arange,
    column: Callable[[int], Any] = np.arange,
    exchanged: bool = False,
    result: Callable[[np.ndarray], Any] = lambda D: int(D[-1, -1]),
) -> Callable[..., Any]:
    """A wrong `edit_distance`: the right table with one of its ingredients replaced."""

    def distance(a: Sequence[Any], b: Sequence[Any]) -> Any:
        D = np.zeros((len(a) + 1, len(b) + 1))
        D[:, 0] = column(len(a) + 1)
        D[0, :] = row(len(b) + 1)
        for i in range(1, len(a) + 1):
            for j in range(1, len(b) + 1):
                corner = D[i - 1, j - 1] + (kept if a[i - 1] == b[j - 1] else replaced)
                D[i, j] = min(D[i - 1, j] + left_out, D[i, j - 1] + put_in, corner)
                if exchanged and i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                    D[i, j] = min(D[i, j], D[i - 2, j - 2] + 1)
        return result(D)

    return distance


def _beyond_the_end(a: Sequence[Any], b: Sequence[Any]) -> int:
    D = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    D[:, 0], D[0, :] = np.arange(len(a) + 1), np.arange(len(b) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            D[i, j] = min(D[i - 1, j] + 1, D[i, j - 1] + 1, D[i - 1, j - 1] + int(a[i] != b[j]))
    return int(D[-1, -1])


def _without_empty_row(a: Sequence[Any], b: Sequence[Any]) -> int:
    D = np.zeros((len(a), len(b)), dtype=int)
    D[:, 0], D[0, :] = np.arange(len(a)), np.arange(len(b))  # raises where one is empty
    for i in range(1, len(a)):
        for j in range(1, len(b)):
            D[i, j] = min(D[i - 1, j] + 1, D[i, j - 1] + 1, D[i - 1, j - 1] + int(a[i] != b[j]))
    return int(D[-1, -1])


def _shared_rows(a: Sequence[Any], b: Sequence[Any]) -> int:
    D = [[0] * (len(b) + 1)] * (len(a) + 1)
    for i in range(len(a) + 1):
        D[i][0] = i
    for j in range(len(b) + 1):
        D[0][j] = j
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            D[i][j] = min(D[i - 1][j] + 1, D[i][j - 1] + 1, D[i - 1][j - 1] + int(a[i - 1] != b[j - 1]))
    return D[-1][-1]


def _endless(a: Sequence[Any], b: Sequence[Any]) -> int:
    if a[0] == b[0]:
        return _endless(a[1:], b[1:])
    return 1 + min(_endless(a[1:], b), _endless(a, b[1:]), _endless(a[1:], b[1:]))


def _places(a: Sequence[Any], b: Sequence[Any]) -> int:
    return sum(one != other for one, other in zip(a, b, strict=False))


def _different_tokens(a: Sequence[Any], b: Sequence[Any]) -> int:
    more, fewer = Counter(a) - Counter(b), Counter(b) - Counter(a)
    return max(more.total(), fewer.total())


def _lowered(sequence: Sequence[str]) -> Sequence[str]:
    return sequence.lower() if isinstance(sequence, str) else [token.lower() for token in sequence]


def _words_of(sequence: Sequence[str]) -> Sequence[str]:
    return sequence.split() if isinstance(sequence, str) else sequence


DISTANCE = {
    "places": Mistake(
        "the sequences are compared place by place, and what is beyond the shorter one is not counted; fill the table D.",
        _places,
    ),
    "places_and_lengths": Mistake(
        "the sequences are compared place by place: one token too many at the start makes all others wrong; fill the table D.",
        lambda a, b: _places(a, b) + abs(len(a) - len(b)),
    ),
    "lengths": Mistake(
        "this is the difference of the lengths: a replacement costs nothing here; add 1 where the two tokens differ.",
        lambda a, b: abs(len(a) - len(b)),
    ),
    "different_tokens": Mistake(
        "tokens are counted without regard to their order; fill the table D.", _different_tokens
    ),
    "no_replacement": Mistake("a replacement costs 2 (one token out, one in): it is one edit.", _table(replaced=2)),
    "kept_costs": Mistake(
        "the corner costs 1 even where the two tokens are equal: keeping one costs 0.", _table(kept=1)
    ),
    "inverted": Mistake(
        "the condition is the wrong way round: the corner costs 1 where the two tokens differ.",
        _table(kept=1, replaced=0),
    ),
    "no_leaving_out": Mistake(
        "the cell above is not among the three: a token of the first sequence may be left out.", _table(left_out=np.inf)
    ),
    "no_putting_in": Mistake(
        "the cell on the left is not among the three: a token of the second sequence may be put in.",
        _table(put_in=np.inf),
    ),
    "leaving_out_is_free": Mistake("leaving out a token costs nothing: add 1 to the cell above.", _table(left_out=0)),
    "putting_in_is_free": Mistake("putting in a token costs nothing: add 1 to the cell on the left.", _table(put_in=0)),
    "corner_only": Mistake(
        "only the corner is looked at: the least of three counts, so the cell above and the cell on the left belong to it.",
        _table(left_out=np.inf, put_in=np.inf),
    ),
    "borders_of_zeros": Mistake(
        "the first row and column of the table are 0: D[i, 0] = i and D[0, j] = j.",
        _table(row=np.zeros, column=np.zeros),
    ),
    "row_of_zeros": Mistake("the first row of the table is 0: D[0, j] = j.", _table(row=np.zeros)),
    "column_of_zeros": Mistake("the first column of the table is 0: D[i, 0] = i.", _table(column=np.zeros)),
    "exchange": Mistake(
        "exchanging two neighbours counts as one edit: only leaving out, putting in and replacing are edits, so it takes 2.",
        _table(exchanged=True),
    ),
    "table_too_small": Mistake(
        "the last token of each sequence is not used: the table has one row and one column more than there are tokens.",
        lambda a, b: edit_distance(a[:-1], b[:-1]),
    ),
    "without_empty_row": Mistake(
        "the first token of each sequence is not used, and an empty sequence has no place: the table has one row and one column more than there are tokens.",
        _without_empty_row,
    ),
    "without_empty_row_but_for_empty": Mistake(
        "the first token of each sequence is never compared: the table has one row and one column more than there are tokens, also where neither sequence is empty.",
        lambda a, b: _without_empty_row(a, b) if len(a) and len(b) else len(a) + len(b),
    ),
    "shared_rows": Mistake(
        "[[0] * n] * m is one list m times: a change in one row changes all; make a new list for each row, or use np.zeros((m, n)).",
        _shared_rows,
    ),
    "border_too_short": Mistake(
        "the border has one number too few for the table of len(a) + 1 rows and len(b) + 1 columns: it goes from 0 to len(a), as np.arange(len(a) + 1) does.",
        _table(column=lambda rows: np.arange(rows - 1)),  # raises, but where a has one token
    ),
    "last_cells_empty": Mistake(
        "the last row and column of the table are never filled: the loops run to len(a) and len(b) inclusive.",
        lambda a, b: 0 if len(a) and len(b) else max(len(a), len(b)),
    ),
    "no_end": Mistake(
        "the recursion has no end: of an empty sequence and another one the distance is the other's length.", _endless
    ),
    "beyond_the_end": Mistake(
        "row i of the table belongs to token a[i - 1], since row 0 stands for no token at all.", _beyond_the_end
    ),
    "divided_by_first": Mistake(
        "the distance is divided by the length of the first sequence: that is an error rate; here the distance is asked for.",
        lambda a, b: edit_distance(a, b) / max(len(a), 1),
    ),
    "divided_by_second": Mistake(
        "the distance is divided by the length of the second sequence: that is an error rate; here the distance is asked for.",
        lambda a, b: edit_distance(a, b) / max(len(b), 1),
    ),
    "divided_by_longer": Mistake(
        "the distance is divided by the length of the longer sequence: the number of edits is asked for.",
        lambda a, b: edit_distance(a, b) / max(len(a), len(b), 1),
    ),
    "case": Mistake(
        "capital and small letters count as equal: they are different tokens.",
        lambda a, b: edit_distance(_lowered(a), _lowered(b)),
    ),
    "letters_of_words": Mistake(
        "the words of a list are taken apart: there a word is one token.",
        lambda a, b: edit_distance("".join(a), "".join(b)),
    ),
    "words_of_texts": Mistake(
        "texts are split into words: the tokens of a text are its characters, as a text is indexed.",
        lambda a, b: edit_distance(_words_of(a), _words_of(b)),
    ),
    "whole_table": Mistake(
        "the whole table is returned: the distance stands in its last corner.",
        _table(result=lambda D: D),
    ),
    "last_row_least": Mistake(
        "the least number of the last row is returned: the distance stands in its last cell.",
        _table(result=lambda D: int(D[-1].min())),
    ),
}
