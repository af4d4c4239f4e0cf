"""Known mistakes of lesson 1: `majority_baseline` and `token_accuracy`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.lessons.exercise import Mistake

Labels = list[Any]


# ---------------------------------------------------------------------------------------------------------------
# majority_baseline


def _ordered(labels: Labels) -> Any:
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label))


def _share(
    choose: Callable[[Labels, Labels], Any] = lambda train, test: _ordered(train),
    score: Callable[[int, Labels, Labels], float] = lambda right, train, test: right / len(test),
) -> Callable[..., Any]:
    """A wrong `majority_baseline`: another label is chosen, or the right one is scored in another way."""

    def baseline(train_labels: Labels, test_labels: Labels) -> float:
        return score(test_labels.count(choose(train_labels, test_labels)), train_labels, test_labels)

    return baseline


def _last_in_order(train: Labels, test: Labels) -> Any:
    counts = Counter(train)
    return max(counts, key=lambda label: (counts[label], label))


BASELINE = {
    "label_of_test": Mistake(
        "the label is the most frequent one of the test labels: a model knows only the training labels.",
        _share(lambda train, test: _ordered(test)),
    ),
    "mean_of_labels": Mistake(
        "labels are names, even where they are numbers: count how often each occurs, do not take their mean.",
        _share(lambda train, test: round(np.mean(train))),
    ),
    "bincount": Mistake(
        "np.bincount counts whole numbers only, and labels may be texts: count in a dict, or with np.unique.",
        _share(lambda train, test: np.argmax(np.bincount([int(label) for label in train]))),
    ),
    "both_pooled": Mistake(
        "the label is the most frequent one of training and test labels together: a model knows only the training labels.",
        _share(lambda train, test: _ordered(train + test)),
    ),
    "share_of_train": Mistake(
        "this is the label's share of the training labels: the baseline is scored on the test labels.",
        _share(score=lambda right, train, test: train.count(_ordered(train)) / len(train)),
    ),
    "largest_label": Mistake(
        "the label that comes last in sorted order is chosen, as max(...) of the labels does: choose the largest count.",
        _share(lambda train, test: max(train)),
    ),
    "smallest_label": Mistake(
        "the label that comes first in sorted order is chosen: choose the largest count, and use the order for ties only.",
        _share(lambda train, test: min(train)),
    ),
    "least_frequent": Mistake(
        "the least frequent training label is chosen, not the most frequent one.",
        _share(lambda train, test: min(sorted(set(train)), key=train.count)),
    ),
    "first_example": Mistake(
        "the label of the first training example is chosen: count all of them.", _share(lambda train, test: train[0])
    ),
    "tie_first_seen": Mistake(
        "of equally frequent labels the one seen first is chosen (as Counter.most_common does): the first in sorted order counts.",
        _share(lambda train, test: Counter(train).most_common(1)[0][0]),
    ),
    "tie_last_in_order": Mistake(
        "of equally frequent labels the last in sorted order is chosen: the first one counts.", _share(_last_in_order)
    ),
    "hits": Mistake(
        "this is how many test labels are right: divide by how many there are.",
        _share(score=lambda right, train, test: right),
    ),
    "divided_by_train": Mistake(
        "the hits are divided by the number of training labels: divide by that of the test labels.",
        _share(score=lambda right, train, test: right / len(train)),
    ),
    "percent": Mistake(
        "this is a percentage: a share lies between 0 and 1.",
        _share(score=lambda right, train, test: 100 * right / len(test)),
    ),
    "error": Mistake(
        "this is the share that is wrong: 1 minus what is asked for.",
        _share(score=lambda right, train, test: 1 - right / len(test)),
    ),
    "whole_numbers": Mistake(
        "the division is one of whole numbers (//), which leaves 0; or a list is compared with one label by ==, which is a single False: make it an array, or count in a loop.",
        _share(score=lambda right, train, test: right // len(test)),
    ),
    "first_test_label": Mistake(
        "only the first test label is scored: is the return inside the loop?",
        _share(score=lambda right, train, test: (test[0] == _ordered(train)) / len(test)),
    ),
    "one_of_the_labels": Mistake(
        "this is the score of guessing at random, 1 divided by the number of labels: the baseline always says the same label.",
        _share(score=lambda right, train, test: 1 / len(set(train))),
    ),
    "same_place": Mistake(
        "each test label is compared with the training label of the same place: the baseline gives one label to all of them.",
        _share(score=lambda right, train, test: sum(a == b for a, b in zip(train, test, strict=False)) / len(test)),
    ),
    "known": Mistake(
        "this is the share of test labels that occur among the training labels at all: only the most frequent one counts.",
        _share(score=lambda right, train, test: sum(label in train for label in test) / len(test)),
    ),
    "rounded": Mistake(
        "the share is rounded: return it as it is.",
        _share(score=lambda right, train, test: round(right / len(test), 2)),
    ),
}


# ---------------------------------------------------------------------------------------------------------------
# token_accuracy


def _accuracy(score: Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], Any]) -> Callable[..., Any]:
    """A wrong `token_accuracy`, from (right, mask, predicted, target), all (m, T_x)."""

    def accuracy(predicted: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None) -> Any:
        mask = np.ones(target.shape) if mask is None else mask
        return score(predicted == target, mask, predicted, target)

    return accuracy


def _where(mask: np.ndarray, right: np.ndarray) -> float:
    return float((right * mask).sum() / mask.sum()) if mask.any() else 0.0


def _picked(predicted: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None) -> float:
    right = predicted == target
    return float(right.mean() if mask is None else right[mask].mean())  # raises: a mask of numbers is no index


def _compared(predicted: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None) -> float:
    if mask == None:  # noqa: E711 (raises for an array: many truth values)
        return float((predicted == target).mean())
    return _where(np.asarray(mask), predicted == target)


ACCURACY = {
    "mask_ignored": Mistake(
        "`mask` is ignored: elements with mask 0 are filling and do not count.",
        _accuracy(lambda right, mask, p, t: right.mean()),
    ),
    "mask_needed": Mistake(
        "without a mask (None) there is no filling: then every word counts.",
        lambda predicted, target, mask=None: ((predicted == target) * mask).sum() / mask.sum(),
    ),
    "filling_divides": Mistake(
        "the right ones are divided by all elements, filling included: divide by the number of real ones, mask.sum().",
        _accuracy(lambda right, mask, p, t: (right * mask).sum() / mask.size),
    ),
    "filling_right": Mistake(
        "filling counts as right (0 = 0 when both arrays are multiplied by the mask): it does not count at all.",
        _accuracy(lambda right, mask, p, t: (p * mask == t * mask).mean()),
    ),
    "filling_right_above": Mistake(
        "filling counts as right above the line (0 = 0 when both arrays are multiplied by the mask) and does not count below: the result may exceed 1.",
        _accuracy(lambda right, mask, p, t: (p * mask == t * mask).sum() / mask.sum()),
    ),
    "mask_as_index_always": Mistake(
        "the mask of 1.0 and 0.0 is used as an index, which takes truth values or whole numbers: write mask == 1, or multiply by it.",
        _accuracy(lambda right, mask, p, t: (p[mask] == t[mask]).mean()),
    ),
    "mask_as_index": Mistake(
        "the mask of 1.0 and 0.0 is used as an index, which takes truth values or whole numbers: write mask == 1, or multiply by the mask.",
        _picked,
    ),
    "mask_compared": Mistake(
        "an `if` needs one truth value, and `mask == None` (or `mask` alone) has one for each element: ask `mask is None`.",
        _compared,
    ),
    "mask_inverted": Mistake(
        "the filling is scored and the words are left out: mask is 1 at words.",
        _accuracy(lambda right, mask, p, t: _where(1 - mask, right)),
    ),
    "filling_picked": Mistake(
        "with a mask, the filling is scored and the words are left out: mask is 1 at words.",
        lambda predicted, target, mask=None: _where(
            np.ones(target.shape) if mask is None else 1 - mask, predicted == target
        ),
    ),
    "label_as_mask": Mistake(
        "elements whose label is 0 do not count: 0 is a label like any other; the mask says what is filling.",
        _accuracy(lambda right, mask, p, t: _where((t != 0) * 1.0, right)),
    ),
    "zeros_never_right": Mistake(
        "a right 0 does not count as right: compare with ==, do not multiply the labels.",
        _accuracy(lambda right, mask, p, t: _where(mask, right & (t > 0))),
    ),
    "mean_of_sentences": Mistake(
        "this is the mean of the sentences' accuracies, so that a word of a short sentence weighs more: count all words together.",
        _accuracy(lambda right, mask, p, t: ((right * mask).sum(axis=1) / mask.sum(axis=1)).mean()),
    ),
    "mean_of_steps": Mistake(
        "this is the mean of the steps' accuracies, so that a word of a late step weighs more: count all words together.",
        _accuracy(lambda right, mask, p, t: ((right * mask).sum(axis=0) / mask.sum(axis=0)).mean()),
    ),
    "each_sentence": Mistake(
        "this is one number for each sentence: one number for the whole batch is asked for.",
        _accuracy(lambda right, mask, p, t: (right * mask).sum(axis=1) / mask.sum(axis=1)),
    ),
    "each_step": Mistake(
        "this is one number for each step: one number for the whole batch is asked for.",
        _accuracy(lambda right, mask, p, t: (right * mask).sum(axis=0) / mask.sum(axis=0)),
    ),
    "whole_sentences": Mistake(
        "this is the share of sentences without any mistake: count words.",
        _accuracy(lambda right, mask, p, t: (right | (mask == 0)).all(axis=1).mean()),
    ),
    "hits": Mistake(
        "this is how many words are right: divide by how many there are.",
        _accuracy(lambda right, mask, p, t: (right * mask).sum()),
    ),
    "for_each_sentence": Mistake(
        "the right ones are divided by the number of sentences m: divide by the number of words.",
        _accuracy(lambda right, mask, p, t: (right * mask).sum() / len(t)),
    ),
    "for_each_step": Mistake(
        "the right ones are divided by T_x: divide by the number of words in all sentences.",
        _accuracy(lambda right, mask, p, t: (right * mask).sum() / t.shape[1]),
    ),
    "percent": Mistake(
        "this is a percentage: a share lies between 0 and 1.",
        _accuracy(lambda right, mask, p, t: 100 * _where(mask, right)),
    ),
    "error": Mistake(
        "this is the share that is wrong: 1 minus what is asked for.",
        _accuracy(lambda right, mask, p, t: 1 - _where(mask, right)),
    ),
    "last_step_left_out": Mistake(
        "the last step is left out: slices such as [:, :-1] or range(T_x - 1) stop too early.",
        _accuracy(lambda right, mask, p, t: _where(mask[:, :-1], right[:, :-1])),
    ),
    "first_step_left_out": Mistake(
        "the first step is left out: in code the first step is t = 0.",
        _accuracy(lambda right, mask, p, t: _where(mask[:, 1:], right[:, 1:])),
    ),
    "first_sentence": Mistake(
        "only the first sentence is scored: is the return inside the loop?",
        _accuracy(lambda right, mask, p, t: _where(mask[:1], right[:1])),
    ),
    "distance_of_labels": Mistake(
        "this is the mean distance of the labels: a label is a name, so 0 for 2 is as wrong as 0 for 1.",
        _accuracy(lambda right, mask, p, t: _where(mask, np.abs(p - t))),
    ),
}
