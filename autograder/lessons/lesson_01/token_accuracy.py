"""`token_accuracy`: the share of tokens that are labelled rightly, padding left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of


def draw(rng: Generator) -> list[Inputs]:
    def labelled(
        lengths: Sequence[int], padding: tuple[int, int] = (0, 1), least: int = 0
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Three labels from `least` on, a third of them predicted wrongly; labels of padding are in the range `padding`, its predictions anything."""
        mask = mask_of(lengths)  # (m, T_x)
        target = np.where(mask > 0, rng.integers(0, 3, size=mask.shape), rng.integers(*padding, size=mask.shape))
        wrong = rng.random(mask.shape) < np.where(mask > 0, 0.35, 0.6)
        predicted = np.where(wrong, (target + rng.integers(1, 3, size=mask.shape)) % 3, target)
        return predicted + least, target + least, mask

    lengths, equal = rng.permutation([2, 3, 5, 7]).tolist(), rng.permutation([1, 3, 4, 4]).tolist()
    words, more, k = rng.integers(5, 14, size=3).tolist()
    return [
        Inputs("3 sentences of 7 words, no mask", labelled([7] * 3)[:2], aspect="without a mask"),
        Inputs(f"one sentence of {words} words, no mask", labelled([words])[:2], aspect="without a mask"),
        Inputs(
            "labels -1, 0 and 1, no mask", labelled([more] * 2, least=-1)[:2], aspect="without a mask", unusual=True
        ),
        Inputs("4 sentences of 2 to 7 words", labelled(lengths), aspect="with a mask"),
        Inputs(
            "m = T_x = 4, labels in the padding that are not 0", labelled(equal, padding=(1, 3)), aspect="with a mask"
        ),
        Inputs("a sentence that is all padding", labelled([3, 0, k]), aspect="with a mask", unusual=True),
    ]


def token_accuracy(predicted: Any, target: Any, mask: Any = None) -> Any:
    mask = np.ones(target.shape) if mask is None else mask
    right = predicted == target  # (m, T_x)
    return (right * mask).sum() / mask.sum()


DEFAULT = "    mask = np.ones(target.shape) if mask is None else mask\n"
RIGHT, SHARE = "predicted == target", "(right * mask).sum() / mask.sum()"

# fmt: off
MISTAKES = {
    "mask_ignored": Mistake("`mask` is ignored: elements with mask 0 are padding and do not count.", (SHARE, "right.mean()")),
    "mask_needed": Mistake("without a mask (None) there is no padding: then every word counts.", (DEFAULT, "")),
    "padding_divides": Mistake("the right ones are divided by all elements, padding included: divide by the number of real ones, mask.sum().",
        ("/ mask.sum()", "/ mask.size")),
    "padding_right": Mistake("padding counts as right (0 = 0 when both arrays are multiplied by the mask): it does not count at all.",
        (RIGHT, "predicted * mask == target * mask"), (SHARE, "right.mean()")),
    "padding_above": Mistake("hits in the padding are counted above the line, while the words alone are counted below: multiply by the mask in both.",
        ("(right * mask).sum()", "right.sum()")),
    "padding_right_above": Mistake("padding counts as right above the line (0 = 0 when both arrays are multiplied by the mask) and does not count below: the result may exceed 1.",
        (RIGHT, "predicted * mask == target * mask"), ("(right * mask).sum()", "right.sum()")),
    "mask_as_index_always": Mistake("the mask of 1.0 and 0.0 is used as an index, which takes truth values or whole numbers: write mask == 1, or multiply by it.",
        (SHARE, "right[mask].mean()")),
    "mask_as_index": Mistake("the mask of 1.0 and 0.0 is used as an index, which takes truth values or whole numbers: write mask == 1, or multiply by the mask.",
        (DEFAULT, ""), (SHARE, "(right if mask is None else right[mask]).mean()")),
    "mask_as_rows": Mistake("as an index, whole numbers 0 and 1 pick the rows 0 and 1: make truth values of the mask, mask == 1, or multiply by it.",
        (SHARE, "right[mask.astype(int)].mean()")),
    "mask_as_rows_where_given": Mistake("as an index, whole numbers 0 and 1 pick the rows 0 and 1: make truth values of the mask, mask == 1, or multiply by the mask.",
        (DEFAULT, ""), (SHARE, "(right if mask is None else right[mask.astype(int)]).mean()")),
    "mask_compared": Mistake("an `if` needs one truth value, and `mask == None` (or `mask` alone) has one for each element: ask `mask is None`.",
        ("mask is None", "mask == None")),
    "mask_inverted": Mistake("the padding is scored and the words are left out: mask is 1 at words.",
        (SHARE, "(right * (1 - mask)).sum() / max((1 - mask).sum(), 1)")),
    "padding_picked": Mistake("with a mask, the padding is scored and the words are left out: mask is 1 at words.", ("else mask", "else 1 - mask")),
    "label_as_mask": Mistake("elements whose label is 0 do not count: 0 is a label like any other; the mask says what is padding.",
        (DEFAULT, "    mask = target != 0\n")),
    "zeros_left_out_without_mask": Mistake("without a mask, elements whose label is 0 do not count: 0 is a label like any other, and without a mask all words count.",
        (DEFAULT, "    mask = target != 0 if mask is None else mask\n")),
    "negatives_left_out": Mistake("without a mask, elements with a label below 0 do not count: some libraries mark padding so, but here only the mask does.",
        (DEFAULT, "    mask = target >= 0 if mask is None else mask\n")),
    "zeros_never_right": Mistake("a right 0 does not count as right: compare with ==, do not multiply the labels.",
        (RIGHT, "(predicted == target) & (target > 0)")),
    "mean_of_sentences": Mistake("this is the mean of the sentences' accuracies, so that a word of a short sentence weighs more: count all words together.",
        (SHARE, "((right * mask).sum(axis=1) / mask.sum(axis=1)).mean()")),
    "mean_of_steps": Mistake("this is the mean of the steps' accuracies, so that a word of a late step weighs more: count all words together.",
        (SHARE, "((right * mask).sum(axis=0) / mask.sum(axis=0)).mean()")),
    "each_sentence": Mistake("this is one number for each sentence: one number for the whole batch is asked for.",
        (SHARE, "(right * mask).sum(axis=1) / mask.sum(axis=1)")),
    "each_step": Mistake("this is one number for each step: one number for the whole batch is asked for.",
        (SHARE, "(right * mask).sum(axis=0) / mask.sum(axis=0)")),
    "whole_sentences": Mistake("this is the share of sentences without any mistake: count words.", (SHARE, "(right | (mask == 0)).all(axis=1).mean()")),
    "hits": Mistake("this is how many words are right: divide by how many there are.", (" / mask.sum()", "")),
    "for_each_sentence": Mistake("the right ones are divided by the number of sentences m: divide by the number of words.", ("/ mask.sum()", "/ len(target)")),
    "for_each_step": Mistake("the right ones are divided by T_x: divide by the number of words in all sentences.", ("/ mask.sum()", "/ target.shape[1]")),
    "one_sentences_length": Mistake("without a mask the right ones are divided by the length of one sentence: divide by the number of words in all m sentences.",
        (DEFAULT, "    divisor = target.shape[-1] if mask is None else mask.sum()\n    mask = np.ones(target.shape) if mask is None else mask\n"),
        ("/ mask.sum()", "/ divisor")),
    "percent": Mistake("this is a percentage: a share lies between 0 and 1.", ("return ", "return 100 * ")),
    "error": Mistake("this is the share that is wrong: 1 minus what is asked for.", ("return ", "return 1 - ")),
    "last_step_left_out": Mistake("the last step is left out: slices such as [:, :-1] or range(T_x - 1) stop too early.",
        ("(right * mask)", "(right * mask)[:, :-1]"), ("/ mask.sum()", "/ mask[:, :-1].sum()")),
    "first_step_left_out": Mistake("the first step is left out: in code the first step is t = 0.",
        ("(right * mask)", "(right * mask)[:, 1:]"), ("/ mask.sum()", "/ mask[:, 1:].sum()")),
    "first_sentence": Mistake("only the first sentence is scored: is the return inside the loop?",
        ("(right * mask)", "(right * mask)[:1]"), ("/ mask.sum()", "/ mask[:1].sum()")),
    "distance_of_labels": Mistake("this is the mean distance of the labels: a label is a name, so 0 for 2 is as wrong as 0 for 1.",
        (RIGHT, "abs(predicted - target)")),
}
# fmt: on

EXERCISE = Exercise(
    right=token_accuracy, draw=draw, again=True, visible=2, hidden=3, mistakes=MISTAKES, parts=(Part("the accuracy"),)
)
