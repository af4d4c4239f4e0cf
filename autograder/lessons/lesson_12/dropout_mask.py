"""`dropout_mask`: zeros and the number that keeps the mean. Judged by what is true of it, since it is drawn at random."""

from __future__ import annotations

import copy  # noqa: F401 (an edit calls it)
from collections.abc import Iterator
from typing import Any

import numpy as np  # noqa: F401 (edits call it)

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

PROBE = """
import numpy as np

def probe(function, shape, share, seed):
    rng = np.random.default_rng(seed)
    first, following = (function(shape, share, rng) for _ in range(2))
    return [first, following, *(function(shape, share, np.random.default_rng(seed + i)) for i in (0, 1, 2, 3))]
"""
FACTS = """
import numpy as np

def pairs(mask):
    # along each axis neighbours, and one half beside the other
    for values in (np.moveaxis(mask, axis, 0) for axis in range(mask.ndim) if mask.shape[axis] > 1):
        half = len(values) // 2
        yield values[1::2][:half], values[::2][:half]
        yield values[:half], values[half : 2 * half]

def by_chance(one, other, share):
    alike = share**2 + (1 - share) ** 2
    return abs(((one == 0) == (other == 0)).mean() - alike) <= 6 * (alike * (1 - alike) / one.size) ** 0.5

def facts(masks, shape, share, seed):
    if not 0 <= share < 1:
        return "no error"
    if not all(isinstance(one, np.ndarray) for one in masks):
        return "no array"
    mask, following, again, *others = masks
    kind = {"f": "floats", "i": "whole numbers", "u": "whole numbers"}.get(mask.dtype.kind, "no numbers")
    if mask.shape != tuple(shape) or kind == "no numbers":
        return {"the shape": mask.shape, "what it holds": kind}
    values = np.unique(mask.round(9))
    found = {
        "the shape": mask.shape,
        "what it holds": kind,
        "the values": values.tolist() if len(values) < 3 else "more than two different ones",
    }
    same = [axis for axis in range(mask.ndim) if mask.shape[axis] > 1 and (mask == mask.take([0], axis=axis)).all()]
    if len(values) < 3:
        zeros, draws = float((mask == 0).mean()), mask.size / np.prod([mask.shape[axis] for axis in same if len(values) > 1])
        near = abs(zeros - share) <= 6 * (share * (1 - share) / draws) ** 0.5  # by chance outside once in 10^8 draws
        found["the part that is 0"] = share if near else round(zeros, 1)
    if share and len(values) > 1:
        found["the same along the axes"] = same
        found["another mask from another generator"] = any((mask != other).any() for other in others)
        if mask.size > 1000:  # two small masks may be equal by chance
            found["another mask from the same generator, later"] = bool((mask != following).any())
            found["elements agree as often as by chance"] = all(by_chance(*pair, share) for pair in pairs(mask))
        if share * (1 - share) * mask.size > 1000:  # four small numbers may be equal by chance
            found["the number of zeros varies from draw to draw"] = len({int((m == 0).sum()) for m in (mask, *others)}) > 1
    found["the same mask from the same generator"] = bool(np.array_equal(mask, again))
    return found
"""


def draw(rng: Generator) -> Iterator[Inputs]:
    def seed() -> int:
        return int(rng.integers(2**31))

    def share(low: int, high: int) -> float:
        return int(rng.integers(low, high)) / 64  # 1 / (1 - share) has few digits

    yield Inputs("shape (8, 30, 40)", ((8, 30, 40), share(10, 20), seed()), aspect="drawn")
    yield Inputs("shape (5, 1, 2000), one example", ((5, 1, 2000), share(40, 50), seed()), aspect="drawn")
    yield Inputs("shape (90, 70), two axes", ((90, 70), share(22, 28), seed()), aspect="drawn")
    yield Inputs("shape (8, 50, 50), a small share", ((8, 50, 50), 1 / 256, seed()), aspect="drawn")
    # an error is not right for a share of 0, but a result like another, so that the mistake behind it is named
    given = ((2, 3, 4), 0.0, seed())
    yield Inputs("share = 0", given, aspect="share = 0 and beyond", raises="ValueError", dependent=True)
    for wrong in (1.0, 1 + rng.integers(1, 9) / 8, -rng.integers(1, 9) / 8):
        yield Inputs(
            f"share = {wrong} (ValueError)",
            ((2, 3, 4), float(wrong), seed()),
            aspect="share = 0 and beyond",
            raises="ValueError",
            unusual=True,
        )


def dropout_mask(shape: tuple[int, ...], share: float, rng: Generator) -> Any:
    if not 0 <= share < 1:
        raise ValueError(f"share must be from 0 to below 1, got {share}")
    stays = rng.random(shape) >= share
    return stays / (1 - share)


STAYS, RESULT, CHECK = "rng.random(shape) >= share", "stays / (1 - share)", "not 0 <= share < 1"
RAISE = '        raise ValueError(f"share must be from 0 to below 1, got {share}")\n'

# fmt: off
MISTAKES = {
    "not_scaled": Mistake("what stays is 1: it has to be 1 / (1 - share), so that the mean is 1 and nothing needs multiplying in testing.", (RESULT, "stays * 1.0")),
    "scaled_down": Mistake("what stays is 1 - share: divide by it, so that the mean is 1.", (RESULT, "stays * (1 - share)")),
    "over_share": Mistake("what stays is divided by `share`: the part that stays is 1 - share, so divide by that.", (RESULT, "stays / (share or 1.0)")),
    "kept_for_dropped": Mistake("`share` is taken for the part that stays: it is the part that becomes 0, and 1 - share stays.",
        (STAYS, "rng.random(shape) < share"), (RESULT, "stays / (share or 1.0)")),
    "swapped": Mistake("the wrong elements are 0: with the probability `share` an element is 0, so what is drawn from 0 to 1 has to be at least `share` to stay.",
        (STAYS, "rng.random(shape) < share")),
    "swapped_not_scaled": Mistake("the part that stays is `share`, and it is 1: 1 - share of the elements stay, and these are 1 / (1 - share).",
        (STAYS, "rng.random(shape) < share"), (RESULT, "stays * 1.0")),
    "truth_values": Mistake("the result holds truth values (True and False): what stays is the number 1 / (1 - share).", (RESULT, "stays")),
    "inverted": Mistake("elements are 0 or 1 / share, and the number of zeros is right: what stays is 1 / (1 - share).", (RESULT, "stays / share if share else stays * 2.0")),
    "subtracted": Mistake("what stays is 1 + share: divide by 1 - share, so that the mean is 1.", (RESULT, "stays * (1 + share)")),
    "rooted": Mistake("what stays is 1 / sqrt(1 - share), which keeps the mean square: 1 / (1 - share) keeps the mean.", (RESULT, "stays / np.sqrt(1 - share)")),
    "same_for_all_steps": Mistake("the last axis repeats one draw, the same for all steps: each element is drawn by itself.",
        (STAYS, "np.broadcast_to(rng.random((*shape[:-1], 1)), shape) >= share")),
    "same_for_all_examples": Mistake("the second axis repeats one draw, the same for all examples: each element is drawn by itself.",
        (STAYS, "np.broadcast_to(rng.random((shape[0], 1, *shape[2:])), shape) >= share")),
    "whole_units": Mistake("whole units are dropped, the same ones for all examples and steps: each element is drawn by itself.",
        (STAYS, "np.broadcast_to(rng.random((shape[0], *(1 for _ in shape[1:]))), shape) >= share")),
    "same_for_all_units": Mistake("the first axis repeats one draw, the same for all units: each element is drawn by itself.",
        (STAYS, "np.broadcast_to(rng.random((1, *shape[1:])), shape) >= share")),
    "half_repeated": Mistake("a part of the mask repeats another part: each element is drawn by itself.",
        (STAYS, "np.concatenate([rng.random((shape[0] // 2, *shape[1:]))] * 2 + [rng.random((shape[0] % 2, *shape[1:]))]) >= share")),
    "exact_number": Mistake("exactly share * size elements are 0 in every mask: each element is drawn by itself, so that their number varies.",
        (STAYS, "rng.permutation(int(np.prod(shape))).reshape(shape) >= share * np.prod(shape)")),
    "scaled_by_count": Mistake("the mask is scaled by what was drawn, so that its mean is exactly 1: what stays is 1 / (1 - share) whatever the number of zeros.",
        (RESULT, "stays / stays.mean()")),
    "uniform": Mistake("what stays keeps the number that was drawn: it has to be one number, 1 / (1 - share).",
        (RESULT, "stays * rng.random(shape) / (1 - share)")),
    "normal": Mistake("numbers from a normal distribution are drawn: draw from 0 to 1 (rng.random), or 0 and 1, and compare with `share`.",
        (STAYS, "rng.normal(size=shape) >= share")),
    "tenths": Mistake("whole numbers from 0 to 9 are compared with 10 * share, so that the probability of a 0 is a number of tenths: draw rng.random(shape), which takes any share.",
        (STAYS, "rng.integers(0, 10, size=shape) >= 10 * share")),
    "hundredths": Mistake("whole numbers from 0 to 99 are compared with 100 * share, so that the probability of a 0 is a number of hundredths: draw rng.random(shape), which takes any share.",
        (STAYS, "rng.integers(0, 100, size=shape) >= 100 * share")),
    "own_generator": Mistake("a generator of its own with a fixed seed gives the same mask whatever `rng` is: draw from `rng`.",
        (STAYS, "np.random.default_rng(0).random(shape) >= share")),
    "copied_generator": Mistake("the numbers come from a copy of `rng`, so that `rng` does not move on and the next mask is the same one: draw from `rng` itself.",
        (STAYS, "copy.deepcopy(rng).random(shape) >= share")),
    "whole_numbers": Mistake("with a share of 0 the mask holds whole numbers: it is an array of floats for every share.", (RESULT, "stays / (1 - share) if share else stays.astype(int)")),
    "global_generator": Mistake("the numbers do not come from `rng` (np.random.rand and the like have a generator of their own): draw with rng.random, so that a seed repeats the run.",
        (STAYS, "np.random.random(shape) >= share")),
    "ones": Mistake("the mask holds ones alone: that is right in testing, or for a share of 0.", (RESULT, "np.ones(shape)")),
    "flat": Mistake("the result does not have the shape that was asked for: draw rng.random(shape).", (RESULT, "(stays / (1 - share)).ravel()")),
    "not_checked": Mistake("a share below 0 or from 1 on is taken: raise ValueError. (1 / (1 - share) is infinite for a share of 1.)", (f"    if {CHECK}:\n{RAISE}", "")),
    "above_one_allowed": Mistake("a share above 1 is taken: raise ValueError for every share from 1 on.", (CHECK, "share < 0 or share == 1")),
    "one_allowed": Mistake("a share of 1 is taken: then nothing stays, and 1 / (1 - share) is infinite. Raise ValueError.", (CHECK, "not 0 <= share <= 1")),
    "negative_allowed": Mistake("a negative share is taken: raise ValueError.", (CHECK, "share >= 1")),
    "zero_refused": Mistake("a share of 0 is refused: nothing is dropped then, and the mask holds ones.", (CHECK, "not 0 < share < 1")),
}
# fmt: on

EXERCISE = Exercise(
    right=dropout_mask,
    draw=draw,
    visible=2,
    hidden=2,
    probe=PROBE,
    facts=FACTS,
    mistakes=MISTAKES,
    parts=(Part("what is true of the mask"),),
)
