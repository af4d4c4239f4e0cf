"""`sequence_log_probability`: the chain rule, in logarithms, over a padded batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of
from seqlib import log_softmax, softmax  # noqa: F401 (edits call softmax)


def batch(rng: Generator, n_y: int, lengths: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores (n_y, m, T_x), right words, which at padding are any, and the mask; the best word is never the right one.

    The first word is that with the index 0, which is a word as any other.
    """
    mask = mask_of(lengths)  # (m, T_x)
    logits = rng.uniform(0.5, 2.0, size=(n_y, *mask.shape))
    targets = (logits.argmax(axis=0) + rng.integers(1, n_y, size=mask.shape)) % n_y
    logits[[0, targets[0, 0]], 0, 0] = logits[[targets[0, 0], 0], 0, 0]
    targets[0, 0] = 0
    return logits, targets, mask


def large(rng: Generator, n_y: int, m: int, T_x: int) -> Iterator[Inputs]:
    """Scores whose exponentials overflow, and scores so far apart that a probability is too small for a float.

    Every second step is on another level, in each sentence and at each step of the batch.
    """
    second = np.indices((m, T_x)).sum(axis=0) % 2
    logits, targets, mask = batch(rng, n_y, [T_x] * m)
    label = "scores near 1000 at every second step, and near 1 at the others"
    yield Inputs(label, (logits + 1000 * second, targets, mask), aspect="large scores")
    logits, targets, mask = batch(rng, n_y, [T_x] * m)
    apart = 2000 * (logits - logits.max(axis=0)) - 1000 * (logits < logits.max(axis=0))
    label = "scores that are thousands apart, at every second step all far below 0"
    yield Inputs(label, (apart - 5000 * second, targets, mask), aspect="large scores")


def draw(rng: Generator) -> list[Inputs]:
    lengths, equal = rng.permutation([2, 3, 5, 1]).tolist(), rng.permutation([4, 2, 3, 4]).tolist()
    logits, targets, _ = batch(rng, 5, [6, 6, 6])
    one, right, _ = batch(rng, 3, [1])
    return [
        Inputs("3 sentences of 6 words, no mask", (logits, targets), aspect="without a mask"),
        Inputs("one sentence of one word (m = T_x = 1), no mask", (one, right), aspect="without a mask"),
        Inputs("4 sentences of 1 to 5 words", batch(rng, 6, lengths), aspect="with a mask"),
        Inputs("m = T_x = n_y = 4", batch(rng, 4, equal), aspect="with a mask"),
        *large(rng, 4, 2, 3),
    ]


def sequence_log_probability(logits: np.ndarray, targets: np.ndarray, mask: np.ndarray | None = None) -> Any:
    m, T_x = targets.shape
    mask = np.ones(targets.shape) if mask is None else mask
    log_p = log_softmax(logits)  # (n_y, m, T_x)
    total = np.zeros(m)
    for i in range(m):
        for t in range(T_x):
            total[i] += mask[i, t] * log_p[targets[i, t], i, t]
    return total


MASK, SHARES, RESULT = "np.ones(targets.shape) if mask is None else mask", "log_softmax(logits)", "return total"
TERM, RIGHT = "mask[i, t] * log_p[targets[i, t], i, t]", "log_p[targets[i, t], i, t]"
EXP = "np.exp(logits)"

# fmt: off
MISTAKES = {
    "mask_ignored": Mistake("`mask` is ignored: what stands at padding belongs to no sentence and must not change the sum.", (MASK, "np.ones(targets.shape)")),
    "mask_needed": Mistake("without a mask (None) there is no padding: then every word counts.", (MASK, "mask")),
    "mask_on_scores": Mistake("the scores are multiplied by the mask: zeros are scores like others, and the padding still counts; multiply the logarithms by the mask.",
        (SHARES, "log_softmax(logits * mask)"), (TERM, RIGHT)),
    "mask_inside": Mistake("the probabilities are multiplied by the mask before the logarithm is taken, and log 0 is minus infinity: multiply the logarithms by the mask.",
        (SHARES, "np.log(softmax(logits) * mask)"), (TERM, RIGHT)),
    "mask_times_infinity": Mistake("the logarithm is taken of probabilities times mask, and 0 times minus infinity is nan: multiply the logarithms by the mask, not what is inside.",
        (SHARES, "np.log(softmax(logits) * mask)")),
    "zero_is_padding": Mistake("words with the index 0 are left out: the mask alone says what is padding.", (MASK, "(targets != 0).astype(float)")),
    "zero_is_padding_with_mask": Mistake("words with the index 0 are left out in place of the padding: the mask says which words count, 1.0 at words.",
        (MASK, "np.ones(targets.shape) if mask is None else (targets != 0).astype(float)")),
    "zero_is_padding_without_mask": Mistake("without a mask, words with the index 0 are left out: then every place holds a word, and 0 is an index as any other.",
        (MASK, "(targets != 0).astype(float) if mask is None else mask")),
    "no_softmax": Mistake("the scores themselves are added: they are no logarithms of probabilities before log_softmax.", (SHARES, "logits")),
    "log_of_scores": Mistake("the logarithm of the scores is taken: scores become probabilities by softmax first (log_softmax does both).", (SHARES, "np.log(logits)")),
    "probabilities_added": Mistake("probabilities are added: their logarithms are (the probabilities themselves would be multiplied).", (SHARES, "softmax(logits)")),
    "product": Mistake("this is the probability, exp of the sum: return the logarithm (a long sentence's probability is too small for a float).",
        (RESULT, "return np.exp(total)")),
    "base_two": Mistake("the logarithms are to base 2: here they are natural ones.", (RESULT, "return total / np.log(2)")),
    "base_ten": Mistake("the logarithms are to base 10: here they are natural ones.", (RESULT, "return total / np.log(10)")),
    "sign": Mistake("the sign is that of a loss: a log-probability is at most 0.", (RESULT, "return -total")),
    "mean": Mistake("this is the mean over the words: the logarithm of a product is the sum.", (RESULT, "return total / mask.sum(axis=1)")),
    "mean_over_all_steps": Mistake("the sum is divided by T_x: the logarithm of a product is the sum.", (RESULT, "return total / T_x")),
    "one_number": Mistake("the sentences are added up: each of the m has a probability of its own, (m,).", (RESULT, "return total.sum()")),
    "one_number_mean": Mistake("this is the mean over the sentences: each of the m has a probability of its own, (m,).", (RESULT, "return total.mean()")),
    "over_sentences": Mistake("the sum runs over the sentences: it runs over the words of each sentence (axis 1 of (m, T_x)).",
        ("np.zeros(m)", "np.zeros(T_x)"), ("total[i]", "total[t]")),
    "column": Mistake("the result is a column (m, 1): it is flat, (m,).", (RESULT, "return total[:, None]")),
    "squeezed": Mistake("a single sentence has lost its axis: the result is (m,) for m = 1, too; squeeze takes away axes of length 1 (with axis=0 that one alone).",
        (RESULT, "return np.squeeze(total)")),
    "over_examples": Mistake("softmax runs over the examples: it runs over the words, axis 0 of (n_y, m, T_x).", (SHARES, "log_softmax(logits, axis=1)")),
    "over_steps": Mistake("softmax runs over the steps: it runs over the words, axis 0 of (n_y, m, T_x).", (SHARES, "log_softmax(logits, axis=2)")),
    "over_everything": Mistake("softmax runs over the whole array at once: at each step of each sentence the n_y probabilities sum to 1.",
        (SHARES, "logits - logits.max() - np.log(np.exp(logits - logits.max()).sum())")),
    "best_word": Mistake("the most probable word is taken at each step: take the word that is there, targets[i, t].", (RIGHT, "log_p[:, i, t].max()")),
    "all_words": Mistake("the logarithms of all words are added: only that of the word which is there counts.", (RIGHT, "log_p[:, i, t].sum()")),
    "first_left_out": Mistake("the first word is left out: it has a probability too, P(y<1>).", ("range(T_x)", "range(1, T_x)")),
    "last_left_out": Mistake("the last step is left out: logits of step t are those of y<t> already, so all T_x steps count.", ("range(T_x)", "range(T_x - 1)")),
    "word_after": Mistake("step t is judged by the word after: logits[:, i, t] are the scores of targets[i, t]; the inputs were shifted, not the outputs.",
        ("range(T_x)", "range(T_x - 1)"), (RIGHT, "log_p[targets[i, t + 1], i, t]")),
    "word_after_with_its_mask": Mistake("step t is judged by the word after, targets[i, t + 1]: logits[:, i, t] are the scores of targets[i, t]; the inputs were shifted, not the outputs.",
        ("range(T_x)", "range(T_x - 1)"), (TERM, "mask[i, t + 1] * log_p[targets[i, t + 1], i, t]")),
    "word_before": Mistake("step t is judged by the word before: logits[:, i, t] are the scores of targets[i, t].",
        ("range(T_x)", "range(1, T_x)"), (RIGHT, "log_p[targets[i, t - 1], i, t]")),
    "last_word_only": Mistake("only the last step counts: the steps are added, += and not =.", ("total[i] +=", "total[i] = ")),
    "first_sentence_only": Mistake("only the first sentence is done: is the return inside the loop?", ("range(m)", "range(1)")),
    "rounded_to_zero": Mistake("a probability, or a product of them, that is too small for a float has become 0, and its logarithm minus infinity: add logarithms, those of log_softmax.",
        (SHARES, "np.log(softmax(logits))")),
    "overflow": Mistake("exp of a large score is infinite: subtract the largest score first, or use log_softmax.",
        (SHARES, f"np.log({EXP} / {EXP}.sum(axis=0))")),
    "overflow_of_sum": Mistake("exp of a large score is infinite, and so is the logarithm of the sum: subtract the largest score first, or use log_softmax.",
        (SHARES, f"logits - np.log({EXP}.sum(axis=0))")),
    "one_maximum": Mistake("the largest score of the whole batch is subtracted: where the scores of a step are far lower, exp is 0 for all of them; subtract the largest of each step, logits.max(axis=0).",
        (SHARES, "logits - logits.max() - np.log(np.exp(logits - logits.max()).sum(axis=0))")),
    "largest_from_zero": Mistake("the search for the largest score begins at 0: where all scores of a step are far below 0, exp is 0 for all of them; subtract the largest itself.",
        (SHARES, "logits - np.maximum(logits.max(axis=0), 0) - np.log(np.exp(logits - np.maximum(logits.max(axis=0), 0)).sum(axis=0))")),
    "epsilon": Mistake("a small number is added to the probabilities before the logarithm: that hides the zeros and changes the result; use log_softmax.",
        (SHARES, "np.log(softmax(logits) + 1e-8)")),
    "epsilon_smaller": Mistake("a small number is added to the probabilities before the logarithm, or they are raised to it, which hides the zeros and changes the result: use log_softmax.",
        (SHARES, "np.log(softmax(logits) + 1e-12)")),
    "floor": Mistake("small probabilities are raised to a floor before the logarithm: that hides the zeros and changes the result; use log_softmax.",
        (SHARES, "np.log(np.maximum(softmax(logits), 1e-15))")),
}
# fmt: on

EXERCISE = Exercise(
    right=sequence_log_probability,
    draw=draw,
    visible=2,
    hidden=3,
    mistakes=MISTAKES,
    parts=(Part("the log-probabilities", axes=("m",)),),
)
