"""`embedding_backward`: each word's column is the sum of what arrives wherever the word stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part


def repeating(rng: Generator, m: int, T_x: int, n_words: int, *, ends: bool = False) -> np.ndarray:
    """Words of which one stands three times in the first sentence.

    ends: the first and the last of the vocabulary stand in the second sentence; otherwise in none
    """
    words = rng.integers(1, n_words - 1, (m, T_x))
    words[0, : min(3, T_x)] = words[-1, -1]
    if ends:
        words[1, :2] = 0, n_words - 1
    return words


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_e, n_words, m, T_x in (
        ("n_e = 3, 8 words, m = 4, T_x = 5", 3, 8, 4, 5),
        ("n_e, m and T_x equal to 4, 7 words", 4, 7, 4, 4),
    ):
        words = repeating(rng, m, T_x, n_words, ends=n_e == m)
        given = (rng.normal(size=(n_e, m, T_x)) + 0.2, words, n_words)
        yield Inputs(label, given)
    given = (rng.normal(size=(1, 1, 4)), repeating(rng, 1, 4, 5), 5)
    yield Inputs("one sentence (m = 1), one feature (n_e = 1)", given, unusual=True)


def embedding_backward(dx: np.ndarray, indices: np.ndarray, n_words: int) -> Any:
    m, T_x = indices.shape
    dE = np.zeros((len(dx), n_words))
    for i in range(m):
        for t in range(T_x):
            dE[:, indices[i, t]] += dx[:, i, t]
    return dE


ADD, RESULT, SIZE = "dE[:, indices[i, t]] += dx[:, i, t]", "return dE", "np.zeros((len(dx), n_words))"
LOOPS = "    for i in range(m):\n        for t in range(T_x):\n            dE[:, indices[i, t]] += dx[:, i, t]\n"
COUNTS = "np.maximum(1, np.bincount(indices.ravel(), minlength=n_words))"

# fmt: off
MISTAKES = {
    "last_one_wins": Mistake("where a word occurs more than once, only its last place counts: dE[:, indices] += dx adds once per word, and = overwrites. The gradients of all its places are added (np.add.at, or a loop).",
        (ADD, "dE[:, indices[i, t]] = dx[:, i, t]")),
    "first_one_counts": Mistake("where a word occurs more than once, only its first place counts: the gradients of all its places are added.",
        (ADD, "dE[:, indices[i, t]] += dx[:, i, t] * (list(indices.ravel()).index(indices[i, t]) == i * T_x + t)")),
    "averaged": Mistake("where a word occurs more than once, its gradients are averaged: they are added, since each place changes the loss by itself.", (RESULT, f"return dE / {COUNTS}")),
    "times_count": Mistake("the sum of a word's gradients is multiplied by how often it occurs: it is the sum alone.", (RESULT, f"return dE * {COUNTS}")),
    "divided_by_m": Mistake("dE is divided by m: where the loss is a mean, dx holds that already.", (RESULT, "return dE / m if m > 1 else dE")),
    "divided_by_all": Mistake("dE is divided by the number of words: where the loss is a mean, dx holds that already.", (RESULT, "return dE / (m * T_x)")),
    "once_per_sentence": Mistake("a word that stands twice in a sentence counts once there: dE[:, indices[i]] += dx[:, i] adds once per word. Every place counts (np.add.at, or a loop over t).",
        (LOOPS, "    for i in range(m):\n        dE[:, indices[i]] += dx[:, i]\n")),
    "once_per_step": Mistake("a word that stands in two sentences at the same step counts once there: dE[:, indices[:, t]] += dx[:, :, t] adds once per word. Every place counts (np.add.at, or a loop over i).",
        (LOOPS, "    for t in range(T_x):\n        dE[:, indices[:, t]] += dx[:, :, t]\n")),
    "first_sentence": Mistake("only the first sentence counts: the gradients of all m are added.", ("range(m)", "range(1)")),
    "last_step": Mistake("only the last word of each sentence counts: the gradients of all T_x steps are added.", ("range(T_x)", "range(T_x - 1, T_x)")),
    "last_step_missing": Mistake("the last step is missing: the loop runs over range(T_x).", ("range(T_x)", "range(T_x - 1)")),
    "first_step_missing": Mistake("the first step is missing: in code the first step is t = 0.", ("range(T_x)", "range(1, T_x)")),
    "rows": Mistake("dE has a row per word: here each word has a column, (n_e, n_words), as in E.", (RESULT, "return dE.T")),
    "word_0_for_padding": Mistake("word 0 gets no gradient, as if it were padding: it is a word like any other, and its column is the sum over its places.", (ADD, f"{ADD} * (indices[i, t] > 0)")),
    "last_word_left_out": Mistake("the last word of the vocabulary gets no gradient: words are 0 to n_words - 1.", (ADD, f"{ADD} * (indices[i, t] < n_words - 1)")),
    "float32": Mistake("the sums are float32, seven digits of each number: np.zeros makes float64 by itself.", ("np.zeros((len(dx), n_words))", "np.zeros((len(dx), n_words), dtype=np.float32)")),
    "only_words_that_occur": Mistake("dE has columns only up to the largest index: it has n_words, and a word that does not occur has zeros.",
        (SIZE, "np.zeros((len(dx), indices.max() + 1))")),
    "only_unique": Mistake("dE holds a column only for each word that occurs: it has n_words columns, and a word that does not occur has zeros.", (RESULT, "return dE[:, np.unique(indices)]")),
    "swapped": Mistake("m and T_x have changed places: dx[:, i, t] belongs to indices[i, t].",
        ("dx[:, i, t]", "dx.swapaxes(1, 2).reshape(dx.shape)[:, i, t]")),
    "reshaped": Mistake("dx was given another shape, (m T_x, n_e): reshape fills in the numbers anew. Move the axis of the features first, or transpose.",
        (ADD, "dE[:, indices[i, t]] += dx.reshape(-1, len(dx))[i * T_x + t]")),
    "column_major": Mistake("the places of dx and of indices do not go together: indices.T.ravel() runs down the sentences, dx.reshape(n_e, -1) along them.",
        (ADD, "dE[:, indices.T.ravel()[i * T_x + t]] += dx[:, i, t]")),
    "loops_swapped": Mistake("the loops run over m and T_x in the wrong places: indices is (m, T_x), so i runs over its rows and t over its columns.", ("m, T_x = indices.shape", "T_x, m = indices.shape")),
    "indices_swapped": Mistake("m and T_x have changed places: indices[i, t] is word t of sentence i.", ("indices[i, t]", "indices[t, i]")),
    "squeezed": Mistake("an axis of length 1 is lost: dE has two axes also for one feature.", (RESULT, "return dE.squeeze()")),
    "summed_features": Mistake("the features are added up: dE has n_e rows, one per feature.", (ADD, "dE[:, indices[i, t]] += dx[:, i, t].sum()")),
    "index_from_one": Mistake("the index is counted from 1: word 0 has column 0.", (ADD, "dE[:, indices[i, t] - 1] += dx[:, i, t]")),
    "minus": Mistake("the sign is wrong: dE is the gradient itself, and the optimiser subtracts it.", (RESULT, "return -dE")),
    "ones": Mistake("dE holds how often each word occurs: what is added at each place is dx[:, i, t].", (ADD, "dE[:, indices[i, t]] += 1")),
    "one_sum_for_all": Mistake("every word gets the sum over the whole batch: each gets what arrives at its own places.", (ADD, "dE += dx[:, i, t][:, None]")),
    "starts_from_one": Mistake("dE does not start from zeros: words that do not occur have a gradient of 0.", (SIZE, "np.ones((len(dx), n_words))")),
}
# fmt: on

EXERCISE = Exercise(
    right=embedding_backward,
    draw=draw,
    visible=2,
    hidden=3,
    mistakes=MISTAKES,
    parts=(Part("dE", None, 1, ("n_e", "n_words")),),
    rtol=1e-9,
    atol=1e-12,
)
