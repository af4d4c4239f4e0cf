"""`edit_distance`: the least number of insertions, deletions and replacements between two sequences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

WORDS = ("a", "brown", "dog", "fox", "jumped", "lazy", "over", "quick", "the", "train", "was", "late")


def draw(rng: Generator) -> list[Inputs]:
    def some(alphabet: Sequence[Any], count: int) -> list[Any]:
        return [alphabet[int(i)] for i in rng.integers(len(alphabet), size=count)]

    def place(sequence: Sequence[Any]) -> int:
        return int(rng.integers(1, len(sequence) - 1))

    def longer(tokens: list[Any], alphabet: Sequence[Any]) -> list[Any]:
        """Two tokens more at the start, neighbours exchanged, one token another, and the last one gone."""
        changed = [*tokens]
        i = place(changed)
        changed[i : i + 2] = changed[i : i + 2][::-1]
        changed[place(changed)] = alphabet[int(rng.integers(len(alphabet)))]
        return [*some(alphabet, 2), *changed[:-1]]

    # The formula as it stands, a plain recursion, must come to an end: its calls grow by 2.4 with each token.
    text, words = some("abcd ", 6), some(WORDS, 6)
    one, other = "".join(text), "".join(longer(text, "abcd "))
    # the distance to nothing is a length, which is to differ from draw to draw
    name, title, alone, pair = (some(of, int(rng.integers(3, 15))) for of in ("fgh", "abc", WORDS, WORDS))
    begin, end = rng.choice(list("bcdfghjk"), 2, replace=False), "".join(some("aou", 1) + some("xyz", 1))
    changed, several = longer(words, WORDS), words[: int(rng.integers(3, 7))]
    return [
        Inputs("two texts with another first letter", (begin[0] + end, begin[1] + end), aspect="texts"),
        Inputs("a text and a longer one", (one, other), aspect="texts"),
        Inputs("a text and a shorter one", (other[::-1], one[::-1][:-3]), aspect="texts"),
        Inputs("neighbours exchanged, and capital letters", (one[:3] + "efkl", one[:3] + "feKL"), aspect="texts"),
        Inputs("a text and itself", (one, one), aspect="texts"),
        Inputs("spaces, digits and signs", (f" {begin[0]},1", f"{begin[1]}.2 "), aspect="texts", unusual=True),
        Inputs("an empty text", ("", "".join(name)), aspect="texts"),
        Inputs("a text and an empty one", ("".join(title), ""), aspect="texts"),
        Inputs("two lists of words", (words, changed), aspect="lists of words"),
        Inputs("lists of one and of several words", (words[2:3], several), aspect="lists of words"),
        Inputs("an empty list", (alone, []), aspect="lists of words"),
        Inputs("an empty list and another", ([], pair), aspect="lists of words"),
        Inputs("two empty lists", ([], []), aspect="lists of words"),
    ]


def edit_distance(a: Any, b: Any) -> Any:
    rows, columns = len(a) + 1, len(b) + 1
    D = np.zeros((rows, columns))
    D[:, 0] = np.arange(rows)
    D[0, :] = np.arange(columns)
    for i in range(1, rows):
        for j in range(1, columns):
            corner = D[i - 1, j - 1] + (a[i - 1] != b[j - 1])
            D[i, j] = min(D[i - 1, j] + 1, D[i, j - 1] + 1, corner)
    return int(D[-1, -1])


def _shared_rows(a: Any, b: Any) -> int:
    D = [[0] * (len(b) + 1)] * (len(a) + 1)
    for i in range(len(a) + 1):
        D[i][0] = i
    for j in range(len(b) + 1):
        D[0][j] = j
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            D[i][j] = min(D[i - 1][j] + 1, D[i][j - 1] + 1, D[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
    return D[-1][-1]


def _endless(a: Any, b: Any) -> int:
    if a[0] == b[0]:
        return _endless(a[1:], b[1:])
    return 1 + min(_endless(a[1:], b), _endless(a, b[1:]), _endless(a[1:], b[1:]))


def _different_tokens(a: Any, b: Any) -> int:
    return max((Counter(a) - Counter(b)).total(), (Counter(b) - Counter(a)).total())


COMMON = (  # D[i, j]: how many tokens the longest common subsequence has
    ("np.arange(rows)", "0"), ("np.arange(columns)", "0"), ("!=", "=="),
    ("min(D[i - 1, j] + 1, D[i, j - 1] + 1, corner)", "max(D[i - 1, j], D[i, j - 1], corner)"),
)  # fmt: skip
START, COST, RESULT = "    rows, columns", "(a[i - 1] != b[j - 1])", "int(D[-1, -1])"
PLACES = "sum(one != other for one, other in zip(a, b))"

# fmt: off
MISTAKES = {
    "places": Mistake("the sequences are compared place by place, and what is beyond the shorter one is not counted; fill the table D.", (RESULT, PLACES)),
    "places_and_lengths": Mistake("the sequences are compared place by place: one token too many at the start makes all others wrong; fill the table D.",
        (RESULT, f"{PLACES} + abs(len(a) - len(b))")),
    "lengths": Mistake("this is the difference of the lengths: a replacement costs nothing here; add 1 where the two tokens differ.",
        (RESULT, "abs(len(a) - len(b))")),
    "different_tokens": Mistake("tokens are counted without regard to their order; fill the table D.", _different_tokens),
    "no_replacement": Mistake("a replacement costs 2 (one token out, one in): it is one edit.", (COST, f"2 * {COST}")),
    "kept_costs": Mistake("the corner costs 1 even where the two tokens are equal: keeping one costs 0.", (COST, "1")),
    "inverted": Mistake("the condition is the wrong way round: the corner costs 1 where the two tokens differ.", ("!=", "==")),
    "no_leaving_out": Mistake("the cell above is not among the three: a token of the first sequence may be left out.", ("D[i - 1, j] + 1, ", "")),
    "no_putting_in": Mistake("the cell on the left is not among the three: a token of the second sequence may be put in.", ("D[i, j - 1] + 1, ", "")),
    "leaving_out_is_free": Mistake("leaving out a token costs nothing: add 1 to the cell above.", ("D[i - 1, j] + 1", "D[i - 1, j]")),
    "putting_in_is_free": Mistake("putting in a token costs nothing: add 1 to the cell on the left.", ("D[i, j - 1] + 1", "D[i, j - 1]")),
    "corner_only": Mistake("only the corner is looked at: the least of three counts, so the cell above and the cell on the left belong to it.",
        ("min(D[i - 1, j] + 1, D[i, j - 1] + 1, corner)", "corner")),
    "borders_of_zeros": Mistake("the first row and column of the table are 0: D[i, 0] = i and D[0, j] = j.",
        ("np.arange(rows)", "0"), ("np.arange(columns)", "0")),
    "row_of_zeros": Mistake("the first row of the table is 0: D[0, j] = j.", ("np.arange(columns)", "0")),
    "column_of_zeros": Mistake("the first column of the table is 0: D[i, 0] = i.", ("np.arange(rows)", "0")),
    "exchange": Mistake("exchanging two neighbours counts as one edit: only leaving out, putting in and replacing are edits, so it takes 2.",
        ("corner)\n", "corner)\n            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:\n                D[i, j] = min(D[i, j], D[i - 2, j - 2] + 1)\n")),
    "table_too_small": Mistake("the last token of each sequence is not used: the table has one row and one column more than there are tokens.",
        (START, f"    a, b = a[:-1], b[:-1]\n{START}")),
    "without_empty_row": Mistake("the first token of each sequence is not used, and an empty sequence has no place: the table has one row and one column more than there are tokens.",
        ("len(a) + 1, len(b) + 1", "len(a), len(b)"), (COST, "(a[i] != b[j])")),
    "without_empty_row_but_for_empty": Mistake("the first token of each sequence is never compared: the table has one row and one column more than there are tokens, also where neither sequence is empty.",
        (START, f"    if len(a) and len(b):\n        a, b = a[1:], b[1:]\n{START}")),
    "shared_rows": Mistake("[[0] * n] * m is one list m times: a change in one row changes all; make a new list for each row, or use np.zeros((m, n)).",
        _shared_rows),
    "border_too_short": Mistake("the border has one number too few for the table of len(a) + 1 rows and len(b) + 1 columns: it goes from 0 to len(a), as np.arange(len(a) + 1) does.",
        ("np.arange(rows)", "np.arange(rows - 1)")),  # raises, but where a has one token
    "last_cells_empty": Mistake("the last row and column of the table are never filled: the loops run to len(a) and len(b) inclusive.",
        ("range(1, rows)", "range(1, rows - 1)"), ("range(1, columns)", "range(1, columns - 1)")),
    "no_end": Mistake("the recursion has no end: of an empty sequence and another one the distance is the other's length.", _endless),
    "beyond_the_end": Mistake("row i of the table belongs to token a[i - 1], since row 0 stands for no token at all.", (COST, "(a[i] != b[j])")),
    "divided_by_first": Mistake("the distance is divided by the length of the first sequence: that is an error rate; here the distance is asked for.",
        (RESULT, f"{RESULT} / max(len(a), 1)")),
    "divided_by_second": Mistake("the distance is divided by the length of the second sequence: that is an error rate; here the distance is asked for.",
        (RESULT, f"{RESULT} / max(len(b), 1)")),
    "divided_by_longer": Mistake("the distance is divided by the length of the longer sequence: the number of edits is asked for.",
        (RESULT, f"{RESULT} / max(len(a), len(b), 1)")),
    "case": Mistake("capital and small letters count as equal: they are different tokens.",
        (START, f"    a, b = [token.lower() for token in a], [token.lower() for token in b]\n{START}")),
    "identity": Mistake("tokens are compared by `is`, which asks whether two are one and the same object in memory: compare them by == or !=.",
        (COST, "(a[i - 1] != b[j - 1] or len(a[i - 1]) > 1)")),  # Python keeps one object for each character
    "stripped": Mistake("spaces at the ends of a text are cut off: a space is a character like any other.",
        (START, f'    a, b = (x.strip() if isinstance(x, str) else x for x in (a, b))\n{START}')),
    "letters_of_words": Mistake("the words of a list are taken apart: there a word is one token.", (START, f'    a, b = "".join(a), "".join(b)\n{START}')),
    "letters_of_joined_words": Mistake("the words of a list are joined to one text and taken apart: there a word is one token.",
        (START, f'    a, b = ("".join(x) if isinstance(x, str) else " ".join(x) for x in (a, b))\n{START}')),
    "words_of_texts": Mistake("texts are split into words: the tokens of a text are its characters, as a text is indexed.",
        (START, f"    if isinstance(a, str):\n        a, b = a.split(), b.split()\n{START}")),
    "without_common": Mistake("this is the longer length minus the longest common subsequence: a replacement may keep other tokens in their places; fill the table D.",
        *COMMON, (RESULT, f"max(len(a), len(b)) - {RESULT}")),
    "first_without_common": Mistake("this is the length of the first sequence minus the longest common subsequence: what the second one has more is not counted; fill the table D.",
        *COMMON, (RESULT, f"len(a) - {RESULT}")),
    "whole_table": Mistake("the whole table is returned: the distance stands in its last corner.", (RESULT, "D")),
    "last_row_least": Mistake("the least number of the last row is returned: the distance stands in its last cell.", (RESULT, "int(D[-1].min())")),
}
# fmt: on

EXERCISE = Exercise(
    right=edit_distance, draw=draw, again=True, visible=2, hidden=4, mistakes=MISTAKES, parts=(Part("the distance"),)
)
