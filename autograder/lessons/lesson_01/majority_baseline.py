"""`majority_baseline`: the score of always saying the training labels' most frequent one."""

from __future__ import annotations

import operator
from collections import Counter
from typing import Any

import numpy as np  # noqa: F401 (edits use it)

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, different, listed

Labels = list[Any]
TAGS = ("adj", "adv", "art", "conj", "name", "noun", "num", "prep", "pron", "verb")


def mixed(train: Labels, test: Labels, matches: int, rng: Generator) -> None:
    """Shuffle the test labels while just `matches` of them are equal to the training labels of the same places: a mistake must show."""
    while sum(map(operator.eq, train, test)) == matches:
        rng.shuffle(test)


def draw(rng: Generator) -> list[Inputs]:
    def first(label: Any, labels: Labels) -> Labels:
        labels.remove(label)
        return [label, *labels]

    # most frequent in train: the second label; first seen: the third; most frequent in test: the first
    tags = sorted(different(TAGS, 5, rng))
    stars = sorted(int(i) for i in rng.choice(range(10, 99), 5, replace=False))
    tied = sorted(different(TAGS, 4, rng))
    few = [int(i) for i in rng.permutation([1, 2, 3])]
    # a number for each case: with one for all, a few tables would hold every answer
    k = rng.integers(9, size=5).tolist()
    counts = [5 + k[0], int(rng.integers(2, 5)), *few]
    clear = first(tags[2], listed(tags, [2, 5, 3, 1, 4], rng)), listed(tags, counts, rng)
    mixed(*clear, clear[1].count(tags[1]), rng)
    many = first(stars[3], listed(stars, [2, 3, 6, 5, 1], rng)), listed(stars, [4, few[0], 3, 9 + k[1], 6], rng)
    tests = rng.permutation([2, 3, 5, 7 + k[2]]).tolist()
    equal = first(tied[1], listed(tied, [3, 3, 3, 3], rng)), listed(tied, tests, rng)
    zeros = first(1, listed([0, 1], [5, 5], rng)), listed([0, 1], [3, int(rng.integers(4, 9))], rng)
    # A set has 8 before the others, whatever the kernel's hash seed, and texts begin with the largest: an answer that goes by
    # either order is wrong.
    three = [int(rng.integers(3, 8)), 8, int(rng.integers(10, 16))]
    shares = [int(i) for i in rng.permutation([2, 3, 5])]
    numbers = first(8, listed(three, [4, 4, 4], rng)), listed(three, shares, rng)
    new = sorted(different(TAGS, 4, rng))
    alone = new[:1], listed(new[:2], [2 + k[4], 3], rng)
    unseen = listed(new[:2], [2, 4], rng), listed([new[2], new[3]], [2, 3], rng)
    signs = [-1.5, -1, 0.5]
    halves = first(-0.5, listed([*signs, -0.5], [3, 6, 4, 4], rng)), listed(signs, [2, 3, 4 + k[3]], rng)
    return [
        Inputs("texts as labels", clear, aspect="most frequent"),
        Inputs("numbers as labels", many, aspect="most frequent"),
        Inputs("a label that the test data do not have", unseen, aspect="most frequent"),
        Inputs("negative numbers and fractions as labels", halves, aspect="most frequent", unusual=True),
        Inputs("one training label", alone, aspect="most frequent", unusual=True),
        Inputs("four labels, equally frequent in the training data", equal, aspect="ties"),
        Inputs("0 and 1, equally frequent in the training data", zeros, aspect="ties"),
        Inputs("three other numbers, equally frequent in the training data", numbers, aspect="ties"),
    ]


def majority_baseline(train_labels: Labels, test_labels: Labels) -> Any:
    counts = Counter(train_labels)
    majority = min(counts, key=lambda label: (-counts[label], label))
    return sum(label == majority for label in test_labels) / len(test_labels)


MAJORITY = "min(counts, key=lambda label: (-counts[label], label))"
SHARE = "sum(label == majority for label in test_labels) / len(test_labels)"

# fmt: off
MISTAKES = {
    "label_of_test": Mistake("the label is the most frequent one of the test labels: a model knows only the training labels.",
        ("Counter(train_labels)", "Counter(test_labels)")),
    "mean_of_labels": Mistake("labels are names, even where they are numbers: count how often each occurs, do not take their mean.",
        (MAJORITY, "round(np.mean(train_labels))")),
    "bincount": Mistake("np.bincount counts whole numbers only, and labels may be texts: count in a dict, or with np.unique.",
        (MAJORITY, "np.argmax(np.bincount([int(label) for label in train_labels]))")),
    "both_pooled": Mistake("the label is the most frequent one of training and test labels together: a model knows only the training labels.",
        ("Counter(train_labels)", "Counter(train_labels + test_labels)")),
    "share_of_train": Mistake("this is the label's share of the training labels: the baseline is scored on the test labels.",
        (SHARE, "train_labels.count(majority) / len(train_labels)")),
    "largest_label": Mistake("the label that comes last in sorted order is chosen, as max(...) of the labels does: choose the largest count.",
        (MAJORITY, "max(train_labels)")),
    "smallest_label": Mistake("the label that comes first in sorted order is chosen: choose the largest count, and use the order for ties only.",
        (MAJORITY, "min(train_labels)")),
    "least_frequent": Mistake("the least frequent training label is chosen, not the most frequent one.", ("-counts[label]", "counts[label]")),
    "first_example": Mistake("the label of the first training example is chosen: count all of them.", (MAJORITY, "train_labels[0]")),
    "tie_first_seen": Mistake("of equally frequent labels the one seen first is chosen (as Counter.most_common does): the first in sorted order counts.",
        (MAJORITY, "counts.most_common(1)[0][0]")),
    "tie_last_in_order": Mistake("of equally frequent labels the last in sorted order is chosen: the first one counts.",
        (MAJORITY, "max(counts, key=lambda label: (counts[label], label))")),
    "tie_as_texts": Mistake("of equally frequent labels the first in the order of texts is chosen, in which '10' stands before '9': compare the labels themselves.",
        ("-counts[label], label", "-counts[label], str(label)")),
    "hits": Mistake("this is how many test labels are right: divide by how many there are.", (" / len(test_labels)", "")),
    "divided_by_train": Mistake("the hits are divided by the number of training labels: divide by that of the test labels.",
        ("len(test_labels)", "len(train_labels)")),
    "percent": Mistake("this is a percentage: a share lies between 0 and 1.", ("return ", "return 100 * ")),
    "error": Mistake("this is the share that is wrong: 1 minus what is asked for.", ("return ", "return 1 - ")),
    "whole_numbers": Mistake("the division is one of whole numbers (//), which leaves 0; or a list is compared with one label by ==, which is a single False: make it an array, or count in a loop.",
        (" / ", " // ")),
    "identity": Mistake("labels are compared by `is`, which asks whether two are one and the same object in memory: compare them by ==.",
        ("label == majority", "label == majority and isinstance(label, int)")),
    "first_test_label": Mistake("only the first test label is scored: is the return inside the loop?",
        ("for label in test_labels)", "for label in test_labels[:1])")),
    "one_of_the_labels": Mistake("this is the score of guessing at random, 1 divided by the number of labels: the baseline always says the same label.",
        (SHARE, "1 / len(counts)")),
    "same_place": Mistake("each test label is compared with the training label of the same place: the baseline gives one label to all of them.",
        (SHARE, "sum(one == other for one, other in zip(train_labels, test_labels)) / len(test_labels)")),
    "known": Mistake("this is the share of test labels that occur among the training labels at all: only the most frequent one counts.",
        ("label == majority", "label in counts")),
    "rounded": Mistake("the share is rounded: return it as it is.", (SHARE, f"round({SHARE}, 2)")),
}
# fmt: on

EXERCISE = Exercise(
    right=majority_baseline, draw=draw, again=True, visible=1, hidden=2, mistakes=MISTAKES, parts=(Part("the share"),)
)
