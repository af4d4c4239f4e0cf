"""Lesson 1, how a model is judged: the baseline, accuracy of tokens, and the distance of two sequences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograder.lessons.exercise import Exercise, Inputs, Mistake, telling
from seqlib import edit_distance, majority_baseline, token_accuracy
from seqlib.exercises.verdict import Part

Labels = list[Any]

# ---------------------------------------------------------------------------------------------------------------
# majority_baseline

TAGS = ("adj", "adv", "art", "conj", "name", "noun", "num", "prep", "pron", "verb")


def _listed(labels: Sequence[Any], counts: Sequence[int], rng: np.random.Generator, first: Any = None) -> Labels:
    """Each label as often as its count, in random order; `first` at the start."""
    listed = [label for label, count in zip(labels, counts, strict=True) for _ in range(count)]
    mixed = [listed[int(i)] for i in rng.permutation(len(listed))]
    if first is not None:
        mixed.remove(first)
        mixed.insert(0, first)
    return mixed


def _draw_labels(rng: np.random.Generator) -> Iterator[Inputs]:
    def some(count: int) -> list[str]:
        return sorted(str(label) for label in rng.choice(TAGS, count, replace=False))

    def lists() -> list[Inputs]:
        # most frequent in train: the second label; first seen: the third; most frequent in test: the first
        tags, stars, tied = some(5), sorted(int(i) for i in rng.choice(range(10, 99), 5, replace=False)), some(4)
        few = [int(i) for i in rng.permutation([1, 2, 3])]
        clear = _listed(tags, [3, 9, 4, 2, 5], rng, tags[2]), _listed(tags, [8, int(rng.integers(4, 7)), *few], rng)
        many = _listed(stars, [2, 3, 6, 5, 1], rng, stars[3]), _listed(stars, [4, few[0], 3, 9, 6], rng)
        equal = _listed(tied, [3, 3, 3, 3], rng, tied[1]), _listed(tied, rng.permutation([2, 3, 5, 7]).tolist(), rng)
        zeros = _listed([0, 1], [5, 5], rng, 1), _listed([0, 1], [3, int(rng.integers(4, 9))], rng)
        new = some(4)
        unseen = _listed(new[:2], [2, 4], rng), _listed(new[1:3][::-1][:1] + new[3:], [2, 3], rng)
        return [
            Inputs("texts as labels", clear, aspect="most frequent"),
            Inputs("numbers as labels", many, aspect="most frequent"),
            Inputs("a label that the test data do not have", unseen, aspect="most frequent"),
            Inputs("four labels, equally frequent in the training data", equal, aspect="ties"),
            Inputs("0 and 1, equally frequent in the training data", zeros, aspect="ties"),
        ]

    yield from telling(lists, majority_baseline, BASELINE_MISTAKES)


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


BASELINE_MISTAKES = {
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
        lambda train_labels, test_labels: train_labels.count(_ordered(train_labels)) / len(train_labels),
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
        "the division is one of whole numbers (//), which leaves 0.",
        _share(score=lambda right, train, test: right // len(test)),
    ),
    "first_test_label": Mistake(
        "only the first test label is scored: is the return inside the loop?",
        lambda train_labels, test_labels: (test_labels[0] == _ordered(train_labels)) / len(test_labels),
    ),
    "one_of_the_labels": Mistake(
        "this is the score of guessing at random, 1 divided by the number of labels: the baseline always says the same label.",
        lambda train_labels, test_labels: 1 / len(set(train_labels)),
    ),
    "rounded": Mistake(
        "the share is rounded: return it as it is.",
        _share(score=lambda right, train, test: round(right / len(test), 2)),
    ),
}

BASELINE = Exercise(
    name="majority_baseline",
    reference=majority_baseline,
    draw=_draw_labels,
    visible=1,
    hidden=2,
    mistakes=BASELINE_MISTAKES,
    parts=(Part("the share"),),
)


# ---------------------------------------------------------------------------------------------------------------
# token_accuracy


def _draw_batches(rng: np.random.Generator) -> Iterator[Inputs]:
    def labelled(lengths: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Labels 0 to 2, a third of them predicted wrongly; padding is 0 in the labels and anything in the prediction."""
        mask = (np.arange(max(lengths)) < np.array(lengths)[:, None]).astype(float)  # (m, T_x)
        target = rng.integers(0, 3, size=mask.shape) * (mask > 0)
        wrong = rng.random(mask.shape) < np.where(mask > 0, 0.35, 0.6)
        predicted = np.where(wrong, (target + rng.integers(1, 3, size=mask.shape)) % 3, target)
        return predicted, target, mask

    def batches() -> list[Inputs]:
        lengths = [int(length) for length in rng.permutation([2, 3, 5, 7])]
        one, other = labelled([7] * 3)[:2]
        whole = Inputs("3 sentences of 7 words, no mask", (one, other), aspect="without a mask")
        row, same = labelled([5])[:2]
        short = Inputs("one sentence of 5 words, no mask", (row, same), aspect="without a mask")
        return [
            whole,
            short,
            Inputs("4 sentences of 2 to 7 words", labelled(lengths), aspect="with a mask"),
            Inputs("m = T_x = 4", labelled([int(n) for n in rng.permutation([1, 3, 4, 4])]), aspect="with a mask"),
        ]

    yield from telling(batches, token_accuracy, ACCURACY_MISTAKES)


def _accuracy(score: Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], Any]) -> Callable[..., Any]:
    """A wrong `token_accuracy`, from (right, mask, predicted, target), all (m, T_x)."""

    def accuracy(predicted: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None) -> Any:
        mask = np.ones(target.shape) if mask is None else mask
        return score(predicted == target, mask, predicted, target)

    return accuracy


def _where(mask: np.ndarray, right: np.ndarray) -> float:
    return float((right * mask).sum() / mask.sum()) if mask.any() else 0.0


ACCURACY_MISTAKES = {
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

ACCURACY = Exercise(
    name="token_accuracy",
    reference=token_accuracy,
    draw=_draw_batches,
    visible=2,
    hidden=3,
    mistakes=ACCURACY_MISTAKES,
    parts=(Part("the accuracy"),),
)


# ---------------------------------------------------------------------------------------------------------------
# edit_distance

WORDS = ("a", "brown", "dog", "fox", "jumped", "lazy", "over", "quick", "the", "train", "was", "late")


def _draw_pairs(rng: np.random.Generator) -> Iterator[Inputs]:
    def place(sequence: Sequence[Any]) -> int:
        return int(rng.integers(1, len(sequence) - 1))

    def longer(tokens: list[Any], alphabet: Sequence[Any]) -> list[Any]:
        """Two tokens more at the start, neighbours exchanged, one token another, and the last one gone."""
        made = [*tokens]
        i = place(made)
        made[i : i + 2] = made[i : i + 2][::-1]
        made[place(made)] = alphabet[int(rng.integers(len(alphabet)))]
        return [*(alphabet[int(i)] for i in rng.integers(len(alphabet), size=2)), *made[:-1]]

    def some(alphabet: Sequence[Any], count: int) -> list[Any]:
        return [alphabet[int(i)] for i in rng.integers(len(alphabet), size=count)]

    def pairs() -> list[Inputs]:
        text, words = some("abcd ", 8), some(WORDS, 6)
        one, other = "".join(text), "".join(longer(text, "abcd "))
        name = some("fgh", 4)
        return [
            Inputs("a text and a longer one", (one, other), aspect="texts"),
            Inputs("a text and a shorter one", (other[::-1], one[::-1][:-3]), aspect="texts"),
            Inputs("neighbours exchanged, and capital letters", (one + "efkl", one + "feKL"), aspect="texts"),
            Inputs("a text and itself", (one, one), aspect="texts"),
            Inputs("an empty text", ("", "".join(name)), aspect="texts"),
            Inputs("two lists of words", (words, longer(words, WORDS)), aspect="lists of words"),
            Inputs("lists of one and of four words", (words[2:3], words[:4]), aspect="lists of words"),
            Inputs("an empty list", (some(WORDS, 3), []), aspect="lists of words"),
        ]

    yield from telling(pairs, edit_distance, DISTANCE_MISTAKES)


def _table(
    *,
    left_out: float = 1,
    put_in: float = 1,
    replaced: float = 1,
    kept: float = 0,
    first_row: bool = True,
    first_column: bool = True,
    exchanged: bool = False,
    result: Callable[[np.ndarray], Any] = lambda D: int(D[-1, -1]),
) -> Callable[..., Any]:
    """A wrong `edit_distance`: the right table with one of its ingredients replaced."""

    def distance(a: Sequence[Any], b: Sequence[Any]) -> Any:
        D = np.zeros((len(a) + 1, len(b) + 1))
        D[:, 0] = np.arange(len(a) + 1) if first_column else 0
        D[0, :] = np.arange(len(b) + 1) if first_row else 0
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


DISTANCE_MISTAKES = {
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
    "borders_of_zeros": Mistake(
        "the first row and column of the table are 0: D[i, 0] = i and D[0, j] = j.",
        _table(first_row=False, first_column=False),
    ),
    "row_of_zeros": Mistake("the first row of the table is 0: D[0, j] = j.", _table(first_row=False)),
    "column_of_zeros": Mistake("the first column of the table is 0: D[i, 0] = i.", _table(first_column=False)),
    "exchange": Mistake(
        "exchanging two neighbours counts as one edit: only leaving out, putting in and replacing are edits, so it takes 2.",
        _table(exchanged=True),
    ),
    "table_too_small": Mistake(
        "the last token of each sequence is not used: the table has one row and one column more than there are tokens.",
        lambda a, b: edit_distance(a[:-1], b[:-1]),
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

DISTANCE = Exercise(
    name="edit_distance",
    reference=edit_distance,
    draw=_draw_pairs,
    visible=2,
    hidden=4,
    mistakes=DISTANCE_MISTAKES,
    parts=(Part("the distance"),),
)

EXERCISES = (BASELINE, ACCURACY, DISTANCE)
