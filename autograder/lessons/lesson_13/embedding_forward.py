"""`embedding_forward`: each word's column of E."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part


def indices_of(rng: Generator, m: int, T_x: int, n_words: int) -> np.ndarray:
    """Words of which one occurs twice in a row of the batch and again in the next, and none is 0 or the last throughout."""
    while True:
        words = rng.integers(0, n_words, (m, T_x))
        if T_x > 2:
            words[0, -1] = words[0, 0]
        if m > 1:
            words[1, 0] = words[0, 0]
        if m * T_x == 1 or len(np.unique(words)) > min(2, m * T_x - 2):
            return words


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_e, n_words, m, T_x in (
        ("n_e = 3, 7 words, m = 4, T_x = 5", 3, 7, 4, 5),
        ("all sizes equal to 4", 4, 4, 4, 4),
    ):
        words = indices_of(rng, m, T_x, n_words)
        words[-1, -1] = n_words - 1  # with as many features as words, it is refused by nobody who counts features
        yield Inputs(label, (words, rng.normal(size=(n_e, n_words))), aspect="words of all kinds")
    words = indices_of(rng, 2, 3, 9)
    words[0, 0], words[-1, -1] = 0, 8  # the first and the last word of all
    # a ValueError is not right here, but a result like another, so that the mistake behind it is named whatever its words
    label, given = "n_e = 5, 9 words, m = 2, T_x = 3", (words, rng.normal(size=(5, 9)))
    yield Inputs(label, given, aspect="words of all kinds", raises="ValueError")
    one = (indices_of(rng, 3, 1, 5), rng.normal(size=(1, 5)))
    yield Inputs(
        "one word each (T_x = 1), one feature (n_e = 1)", one, aspect="sizes of 1 and no such word", unusual=True
    )
    for label, wrong in (
        ("an index below 0", -1),
        ("an index of n_words", 6),
        ("an index far below 0", -4),
        ("an index far above n_words", 40),
    ):
        words = rng.integers(0, 6, (2, 3))
        words[int(rng.integers(2)), int(rng.integers(3))] = wrong
        given = (words, rng.normal(size=(2, 6)))
        label, aspect = f"{label} (ValueError)", "sizes of 1 and no such word"
        yield Inputs(label, given, aspect=aspect, raises="ValueError", unusual=True)


def embedding_forward(indices: np.ndarray, E: np.ndarray) -> Any:
    m, T_x = indices.shape
    if (indices < 0).any() or (indices >= E.shape[1]).any():
        raise ValueError("an index is outside the vocabulary")
    x = np.zeros((len(E), m, T_x))
    for i in range(m):
        for t in range(T_x):
            x[:, i, t] = E[:, indices[i, t]]
    return x


def _rows(indices: np.ndarray, E: np.ndarray) -> Any:
    """The checks, and a row for each word."""
    if (indices < 0).any() or (indices >= E.shape[1]).any():
        raise ValueError("an index is outside the vocabulary")
    return E[indices]


LOOK_UP, RESULT = "E[:, indices[i, t]]", "return x"
LOW, HIGH = "(indices < 0).any()", "(indices >= E.shape[1]).any()"

# fmt: off
MISTAKES = {
    "rows": Mistake("the rows of E are looked up: a word's vector is a column, E[:, word].", _rows),  # raises, unless n_e = n_words
    "rows_first": Mistake("the rows of E are looked up: a word\'s vector is a column, E[:, word].", (LOOK_UP, "E[indices[i, t]]")),
    "index_from_one": Mistake("the index is counted from 1: word 0 has column 0.", (LOOK_UP, "E[:, indices[i, t] - 1]")),
    "one_further": Mistake("the column after the word's own is taken: word j has column j.", (LOOK_UP, "E[:, (indices[i, t] + 1) % E.shape[1]]")),
    "batch_first": Mistake("the result is (m, T_x, n_e): the features come first here, (n_e, m, T_x).", (RESULT, "return np.moveaxis(x, 0, 2)")),
    "features_in_the_middle": Mistake("the features are in the middle, (m, n_e, T_x): they come first here, (n_e, m, T_x).", (RESULT, "return np.moveaxis(x, 0, 1)")),
    "reshaped": Mistake("rows of E's transpose were looked up and then given another shape: reshape fills in the numbers anew. Move the axis of the features to the front.",
        (RESULT, "return np.moveaxis(x, 0, 2).reshape(x.shape)")),
    "time_before_examples": Mistake("m and T_x have changed places: the result is (n_e, m, T_x).", (RESULT, "return np.swapaxes(x, 1, 2)")),
    "all_transposed": Mistake("all axes are in reversed order: the result is (n_e, m, T_x).", (RESULT, "return x.T")),
    "side_by_side": Mistake("the words stand in one row, (n_e, m T_x): examples and steps need an axis each, (n_e, m, T_x).", (RESULT, "return x.reshape(len(E), -1)")),
    "one_sentence": Mistake("only the first sentence is looked up: there are m of them.", (RESULT, "return x[:, 0]")),
    "last_word": Mistake("only the last word of each sentence is looked up: the result holds all T_x.", (RESULT, "return x[:, :, -1]")),
    "summed": Mistake("the vectors of a sentence are added up: each word keeps its own, (n_e, m, T_x).", (RESULT, "return x.sum(axis=2)")),
    "averaged": Mistake("the vectors of a sentence are averaged: each word keeps its own, (n_e, m, T_x).", (RESULT, "return x.mean(axis=2)")),
    "word_0_for_padding": Mistake("word 0 gets zeros, as if it were padding: it has a column like any other, E[:, 0].", (LOOK_UP, "E[:, indices[i, t]] if indices[i, t] else 0")),
    "float32": Mistake("the result holds float32, seven digits of each number: the look-up returns the columns as they are.", ("np.zeros((len(E), m, T_x))", "np.zeros((len(E), m, T_x), dtype=np.float32)")),
    "repeated_left_out": Mistake("a word that occurs again gets zeros: each place of each sentence gets its word's column, however often the word occurs.",
        (LOOK_UP, "E[:, indices[i, t]] if indices[i, t] not in indices[i, :t] and indices[i, t] not in indices[:i] else 0")),
    "one_hot": Mistake("these are the one-hot vectors o: multiply them by E.", ("np.zeros((len(E), m, T_x))", "np.zeros((E.shape[1], m, T_x))"), (LOOK_UP, "np.eye(E.shape[1])[indices[i, t]]")),
    "normalised": Mistake("the columns were given length 1: the look-up returns them as they are.", (LOOK_UP, "E[:, indices[i, t]] / np.linalg.norm(E[:, indices[i, t]])")),
    "scaled": Mistake("the vectors are multiplied by a factor: the look-up returns the columns as they are.", (LOOK_UP, "E[:, indices[i, t]] * np.sqrt(len(E) + 0.5)")),
    "squeezed": Mistake("an axis of length 1 is lost: the result has three axes also for one sentence, one word or one feature.", (RESULT, "return x.squeeze()")),
    "shifted": Mistake("the words are shifted by a step, as the inputs of lesson 6 are: here x<t> is the vector of word t itself.", (LOOK_UP, "E[:, indices[i, t - 1]] if t else 0")),
    "reversed": Mistake("the words stand in reversed order: step t holds the vector of word t.", (LOOK_UP, "E[:, indices[i, T_x - 1 - t]]")),
    "from_the_end": Mistake("an index below 0 reads from the end of E, as NumPy does: raise ValueError.", (LOW, "False")),
    "features_for_words": Mistake("the indices are compared with the number of features, E.shape[0]: there are as many words as columns, E.shape[1].", (HIGH, "(indices >= E.shape[0]).any()")),
    "last_word_refused": Mistake("the last word is refused: its index is n_words - 1, and only from n_words on there is none.", (HIGH, "(indices >= E.shape[1] - 1).any()")),
    "no_error": Mistake("an index outside 0 to n_words - 1 is no word: raise ValueError. NumPy reads -1 as the last column and raises IndexError beyond the end.",
        (LOW, "False"), (HIGH, "False")),
    "index_error": Mistake("an index of n_words or above must raise ValueError; NumPy's own error is IndexError.", (HIGH, "False")),
    "minus_one_alone": Mistake("of the indices below 0 only -1 is refused: NumPy reads all from -n_words on from the end, so all below 0 raise ValueError.", (LOW, "(indices == -1).any()")),
    "one_let_through": Mistake("an index of n_words is let through, and NumPy raises IndexError: the columns are 0 to n_words - 1, so n_words itself is the first without one (>=).", (HIGH, "(indices > E.shape[1]).any()")),
    "n_words_alone": Mistake("of the indices beyond the end only n_words itself is refused: all from n_words on raise ValueError.", (HIGH, "(indices == E.shape[1]).any()")),
    "clipped": Mistake("an index outside the vocabulary is moved to the nearest word: raise ValueError.", (LOW, "False"), (HIGH, "False"), (LOOK_UP, "E[:, np.clip(indices[i, t], 0, E.shape[1] - 1)]")),
    "round_again": Mistake("an index outside the vocabulary is taken modulo n_words: raise ValueError.", (LOW, "False"), (HIGH, "False"), (LOOK_UP, "E[:, indices[i, t] % E.shape[1]]")),
    "zeros_for_unknown": Mistake("an index outside the vocabulary gives a vector of zeros: raise ValueError.",
        (LOW, "False"), (HIGH, "False"), (LOOK_UP, "E[:, indices[i, t]] if 0 <= indices[i, t] < E.shape[1] else 0")),
}
# fmt: on

EXERCISE = Exercise(
    right=embedding_forward,
    draw=draw,
    visible=1,
    hidden=2,
    mistakes=MISTAKES,
    parts=(Part("x", None, 1, ("n_e", "m", "T_x")),),
    rtol=1e-12,
    atol=1e-15,
)
