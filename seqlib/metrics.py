"""Scores that a person can read, and the baseline that any model has to beat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqlib.batches import pad_batch
from seqlib.support.swap import replaceable
from seqlib.support.types import Array
from seqlib.support.validate import check_zeros_and_ones


@replaceable
def majority_baseline(train_labels: Sequence[Any] | Array, test_labels: Sequence[Any] | Array) -> float:
    """The share of test labels that equal the most frequent training label.

    train_labels: a flat list or array of labels, from which the most frequent is taken; on a tie, the first in sorted order
    test_labels: a flat list or array of labels

    Returns a number from 0 to 1. Raises ValueError where one of the two is empty. Source: L1.

    >>> majority_baseline([0, 0, 1], [0, 1, 0, 0])
    0.75
    """
    train, test = _flat(train_labels), _flat(test_labels)
    if not train or not test:
        raise ValueError(f"train_labels and test_labels must not be empty, got {len(train)} and {len(test)} labels")
    counts = Counter(train)
    majority = min(counts, key=lambda label: (-counts[label], label))
    return sum(bool(label == majority) for label in test) / len(test)


@replaceable
def token_accuracy(predicted: Any, target: Any, mask: Any = None) -> float:
    """The share of tokens that are predicted rightly; padding (mask 0) does not count.

    predicted: (m, T_x), or any shape
    target: the right labels, in the shape of predicted
    mask: the same shape, 1 where a token counts and 0 where not; None: all count

    Returns a number from 0 to 1. Raises ValueError on shapes, on a mask of anything but zeros and ones, and where no token counts.
    Source: L1.

    >>> token_accuracy([[1, 0, 0]], [[1, 1, 0]], mask=[[1, 1, 0]])
    0.5
    """
    predicted, target = np.asarray(predicted), np.asarray(target)
    mask = np.ones(target.shape) if mask is None else np.asarray(mask)
    if not predicted.shape == target.shape == mask.shape:
        raise ValueError(
            f"predicted {predicted.shape}, target {target.shape} and mask {mask.shape} must have one shape; "
            "probabilities need argmax(axis=0) first"
        )
    check_zeros_and_ones(mask)
    if not mask.any():
        raise ValueError("no token counts: the arrays are empty or the mask is all zeros")
    return float(((predicted == target) * mask).sum() / mask.sum())


@replaceable
def edit_distance(a: Sequence[Any], b: Sequence[Any]) -> int:
    """The least number of insertions, deletions and replacements that turn a into b: texts or lists of tokens.

    a, b: two texts, or two lists of tokens

    Returns a count. Divided by the length of the reference it is the word (or character) error rate of speech recognition.
    Raises TypeError where one is a text and the other is not. Source: L1.

    >>> edit_distance("pear", "pair")
    2
    >>> edit_distance("the cat sat".split(), "the cat".split())
    1
    """
    if isinstance(a, str) != isinstance(b, str):
        text, tokens = (a, b) if isinstance(a, str) else (b, a)
        raise TypeError(
            f"a and b must be two texts or two lists of tokens, got the text {text!r} and {tokens!r}: tokenize the text"
        )
    # row[j] = distance of what was read of a to b[:j]
    row = list(range(len(b) + 1))
    for i, token in enumerate(a, start=1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(b, start=1):
            replace = diagonal + (token != other)
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, replace)
    return row[-1]


def _flat(labels: Sequence[Any] | Array) -> list[Any]:
    """Labels as a flat list; a tuple is one label."""
    if not isinstance(labels, np.ndarray) and any(isinstance(label, tuple) for label in labels):
        return list(labels)
    return list(np.ravel(labels))


def error_rate(guesses: Sequence[Sequence[Any]], references: Sequence[Sequence[Any]]) -> float:
    """Edits for each token of the references: of texts the character error rate, of lists of words the word error rate.

    Raises ValueError where the two have different lengths, or all references are empty. Source: L1.
    """
    if len(guesses) != len(references):
        raise ValueError(f"there must be one guess for each of the {len(references)} references, got {len(guesses)}")
    tokens = sum(map(len, references))
    if tokens == 0:
        raise ValueError("references have no token: nothing can be divided by")
    return sum(edit_distance(guess, right) for guess, right in zip(guesses, references, strict=True)) / tokens


def tagging_scores(
    guesses: Sequence[Sequence[int]], labels: Sequence[Sequence[int]], train_labels: Sequence[Sequence[int]]
) -> tuple[float, float]:
    """The accuracy of a tagger, and that of the most frequent training label, over all tokens of all sequences.

    guesses, labels: a list of labels for each sequence of the test data
    train_labels: those of the training data
    Raises ValueError where a guess has another length than its labels, or a sequence is empty. Source: L1.
    """
    if len(guesses) != len(labels):
        raise ValueError(f"there must be one guess for each of the {len(labels)} sequences, got {len(guesses)}")
    for i, (guess, own) in enumerate(zip(guesses, labels, strict=True)):
        if len(guess) != len(own):
            raise ValueError(f"guesses[{i}] must have as many labels as its sequence, {len(own)}, got {len(guess)}")
    target, mask = pad_batch(labels)
    baseline = majority_baseline([y for some in train_labels for y in some], [y for some in labels for y in some])
    return token_accuracy(pad_batch(guesses)[0], target, mask), baseline
