"""`shifted_inputs`: each step reads the word before, and the first one nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part


def draw(rng: Generator) -> Iterator[Inputs]:
    def targets(zeros: Sequence[int | None], T_x: int, words: int) -> np.ndarray:
        """Words that differ from one another in a sentence, the index 0 at the place given for it, if any."""
        rows = np.array([rng.permutation(np.arange(1, words))[:T_x] for _ in zeros])
        for row, zero in zip(rows, zeros, strict=True):
            if zero is not None:
                row[zero] = 0
        return rows

    # first in one sentence and not in all, read before the last step in one and not in all
    yield Inputs("3 sentences of 5 words, n_y = 9", (targets(rng.permutation(4)[:3].tolist(), 5, 8), 9))
    yield Inputs("one sentence of 4 words, n_y = 7", (targets([1], 4, 6), 7))
    yield Inputs("one word a sentence (T_x = 1)", (targets([None, 0], 1, 5), 5))
    once, twice, last = rng.integers(0, 5, size=3).tolist(), rng.integers(0, 5, size=2).tolist(), 5
    sentences = [[twice[0], last, twice[0], once[0]], [last, twice[1], twice[1], once[1]]]
    yield Inputs("a word that comes twice, and the word with the index n_y - 1", (np.array(sentences), 6), unusual=True)


def shifted_inputs(targets: np.ndarray, n_y: int) -> Any:
    m, T_x = targets.shape
    x = np.zeros((n_y, m, T_x))
    for t in range(1, T_x):
        for i in range(m):
            x[targets[i, t - 1], i, t] = 1
    return x


STEPS, BEFORE, PLACE, RESULT = "range(1, T_x)", "targets[i, t - 1]", "x[targets[i, t - 1], i, t] = 1", "return x"

# fmt: off
MISTAKES = {
    "not_shifted": Mistake("step t reads the very word that it has to predict: its input is the word before, y<t-1>.",
        (STEPS, "range(T_x)"), (BEFORE, "targets[i, t]")),
    "not_shifted_but_first": Mistake("from the second step on, step t reads the very word that it has to predict: its input is the word before, y<t-1>.",
        (BEFORE, "targets[i, t]")),
    "word_after": Mistake("the words are shifted the other way: step t reads y<t+1>, which comes after; its input is y<t-1>.",
        (STEPS, "range(T_x - 1)"), (BEFORE, "targets[i, t + 1]")),
    "last_word_first": Mistake("the first input is the last word of the sentence: np.roll and the index -1 go round; x<1> is a column of zeros.",
        (STEPS, "range(T_x)")),
    "first_word_first": Mistake("the first input is the first word, which is to be predicted: x<1> is a column of zeros.",
        (STEPS, "range(T_x)"), (BEFORE, "targets[i, max(t - 1, 0)]")),
    "index_zero_first": Mistake("the first input is the word with the index 0: x<1> is a column of zeros, not the one-hot column of index 0.",
        (RESULT, "x[0, :, 0] = 1\n    return x")),
    "index_one_first": Mistake("the first input is the word with the index 1 (<EOS> in the book's vocabularies): here x<1> is a column of zeros.",
        (RESULT, "x[1, :, 0] = 1\n    return x")),
    "last_index_first": Mistake("the first input is the word with the highest index: np.eye(n_y)[-1] is its column, since -1 counts from the end; x<1> is a column of zeros.",
        (RESULT, "x[-1, :, 0] = 1\n    return x")),
    "last_index_lost": Mistake("the word with the index n_y - 1 has become a column of zeros: it is a word as any other; only x<1> is zeros.",
        (PLACE, f"{PLACE} if {BEFORE} < n_y - 1 else 0")),
    "first_of_two": Mistake("a word that comes twice in a sentence is read once only: go by the step, not by the place where the word is found.",
        (PLACE, f"{PLACE} if {BEFORE} not in targets[i, : t - 1] else 0")),
    "one_step_more": Mistake("there is one step too many: the last word is no input, since nothing is predicted after it.",
        ("(n_y, m, T_x)", "(n_y, m, T_x + 1)"), (STEPS, "range(1, T_x + 1)")),
    "first_step_missing": Mistake("the first step is missing: it reads x<1> = 0, a column of zeros, so that there are T_x steps.", (RESULT, "return x[:, :, 1:]")),
    "zero_as_padding": Mistake("the word with the index 0 has become a column of zeros: it is an index as any other; only x<1> is zeros.",
        (PLACE, f"{PLACE} if {BEFORE} else 0")),
    "two_steps": Mistake("the words are shifted by two steps: step t reads y<t-1>.", (STEPS, "range(2, T_x)"), (BEFORE, "targets[i, t - 2]")),
    "all_before": Mistake("a column holds all the words before: the input is the last of them alone; the others are what the state remembers.",
        (PLACE, "x[targets[i, :t], i, t] = 1")),
    "only_first": Mistake("only the second step has an input: is the return inside the loop?", (STEPS, "range(1, min(2, T_x))")),
    "first_example": Mistake("only the first sentence is shifted: go through all m of them.", ("range(m)", "range(1)")),
    "last_left_out": Mistake("the last step has no input: it reads the word before the last.", (STEPS, "range(1, T_x - 1)")),
    "shifted_sentences": Mistake("the sentences are shifted, not their words: time is the second axis of targets, (m, T_x).",
        (STEPS, "range(T_x)"), ("range(m)", "range(1, m)"), (BEFORE, "targets[i - 1, t]")),
    "one_word_stacked": Mistake("a sentence of one word has no step after the first, so that there is nothing to stack: begin with zeros (n_y, m, T_x) and fill in what there is.",
        ("x = np.zeros((n_y, m, T_x))", "x = np.zeros((n_y, m, T_x))\n    np.stack([x[:, :, t] for t in range(1, T_x)], axis=2)")),  # raises where T_x is 1
    "single_without_axis": Mistake("a single sentence has lost its axis: the result is (n_y, m, T_x) for m = 1, too; squeeze takes away axes of length 1.",
        (RESULT, "return x if m > 1 else x[:, 0]")),
    "size_from_targets": Mistake("the columns have as many elements as the largest index in targets asks for: a column has n_y elements.",
        ("(n_y, m, T_x)", "(targets.max() + 1, m, T_x)")),
    "words_last": Mistake("the words are the last axis: here they are the first, (n_y, m, T_x).", (RESULT, "return np.moveaxis(x, 0, 2)")),
    "words_last_reshaped": Mistake("the one-hot rows were given another shape: reshape fills in the numbers anew; np.moveaxis or a transpose moves the axis of the words to the front.",
        (RESULT, "return np.moveaxis(x, 0, 2).reshape(x.shape)")),
    "steps_before_examples": Mistake("examples and steps have changed places: the result is (n_y, m, T_x).", (RESULT, "return np.swapaxes(x, 1, 2)")),
    "indices": Mistake("these are indices: the input of a network is a one-hot column for each, (n_y, m, T_x).",
        (RESULT, "return np.concatenate([np.zeros((m, 1), int), targets[:, :-1]], axis=1)")),
    "all_zeros": Mistake("all inputs are zeros: from the second step on, the input is the one-hot column of the word before.", (PLACE, "pass")),
}
# fmt: on

EXERCISE = Exercise(
    right=shifted_inputs,
    draw=draw,
    visible=1,
    hidden=2,
    mistakes=MISTAKES,
    parts=(Part("the inputs", axes=("n_y", "m", "T_x")),),
)
