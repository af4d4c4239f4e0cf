"""A name or a flower (L11): "Rose, as my old teacher says, sings in the garden" against "..., grows in the garden".

The first word is a first name and a plant. Only the verb says which, and it comes a set number of words later; what stands between
says nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .dataset import SPLITS, Dataset, Example, check_sizes, distinct, pick, zeros_or_ones

WORDS = """
    Rose Daisy Olive Ginger Hazel Jasmine Ivy Lily Basil Heather Holly Poppy Iris Violet Rosemary Laurel
""".split()
# the verb decides; every ending suits every verb
PERSON = "laughs sings writes works studies smiles reads cooks".split()
PLANT = "grows blooms wilts spreads thrives sprouts withers ripens".split()
ENDINGS = [
    "in the garden",
    "every summer",
    "in the evening",
    "near the sea",
    "all day",
    "in June",
    "at noon",
    "in the sun",
    "behind the house",
    "in the rain",
    "on the balcony",
    "more than before",
    "beside the old wall",
    "again",
    "in any weather",
    "until autumn",
]
ADVERBS = "often always usually still really also sometimes never".split()
ASIDES = "surely naturally apparently obviously luckily sadly".split()
OWNERS = "my our your his the".split()
KINDS = "old new young kind tall".split()
ROLES = "teacher doctor neighbour sister uncle friend cook".split()
SAYS = "says thinks knows remembers".split()
TAILS = {
    2: ["at home", "these days", "over lunch", "on Sundays"],
    3: ["after the lesson", "on the train", "during the meal", "now and then"],
    4: [
        "whenever we meet her",
        "on the way home",
        "if anybody asks him",
        "to everybody who listens",
        "in a loud voice",
    ],
}


def between(n: int, rng: np.random.Generator) -> list[str]:
    """Exactly n words and commas that suit a person and a plant: "often", ", surely ,", ", as my old teacher says ,".

    Raises ValueError: n below 0.
    """
    if n < 0:
        raise ValueError(f"the number of words between is at least 0, got {n}")
    if n < 3:
        return [str(word) for word in rng.choice(ADVERBS, size=n, replace=False)]
    if n == 3:
        return [",", pick(rng, ASIDES), ","]
    if n == 4:
        return [",", pick(rng, ["they", "people"]), pick(rng, ["say", "think", "know"]), ","]
    if n == 5:
        return [",", "as", pick(rng, ["everybody", "somebody", "nobody"]), pick(rng, SAYS), ","]
    return [",", *_clause(n - 2, rng), ","]


def _clause(n: int, rng: np.random.Generator) -> list[str]:
    """A clause of n words, at least 4: "as my teacher says", with an adjective and tails where there is room."""
    left = n - 4
    described = left == 1 or (left > 2 and rng.random() < 0.5)
    words = ["as", pick(rng, OWNERS), *([pick(rng, KINDS)] if described else []), pick(rng, ROLES), pick(rng, SAYS)]
    used: list[str] = []
    while (left := n - len(words)) > 0:
        length = max(k for k in TAILS if k == left or left - k >= min(TAILS))
        used.append(pick(rng, [tail for tail in TAILS[length] if tail not in used] or TAILS[length]))
        words += used[-1].split()
    return words


def endings(verb: str, split: str) -> list[str]:
    """The endings that may follow a verb in a split: two of valid, two of test, all others of train, for each verb others."""
    i = (PERSON + PLANT).index(verb)
    dealt = ENDINGS[i:] + ENDINGS[:i]
    return {"valid": dealt[:2], "test": dealt[2:4], "train": dealt[4:]}[split]


def name_or_flower(
    distances: Sequence[int] = (1, 2, 4, 8, 16), seed: int = 1, train: int = 2400, valid: int = 200, test: int = 500
) -> Dataset:
    """The words of a sentence; 1 for the first word where it is a person's name, 0 for all others.

    distances: the deciding verb comes so many words after the first one, each distance equally often; that of an example is its `source`

    Held out: a verb and an ending that stand together in valid or test do not stand together in another split, but each is there alone.
    Raises ValueError or TypeError: a distance or a size that is not a whole number of at least 1.
    """
    check_sizes(train=train, valid=valid, test=test)
    if not distances or any(isinstance(d, bool) or not isinstance(d, int | np.integer) or d < 1 for d in distances):
        raise ValueError(f"distances are whole numbers of at least 1, got {distances!r}")
    rng = np.random.default_rng(seed)
    taken: set[str] = set()
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):

        def make(rng: np.random.Generator, distance: int, split: str = split) -> Example:
            person = int(rng.integers(2))
            verb = pick(rng, PERSON if person else PLANT)
            words = [pick(rng, WORDS), *between(distance - 1, rng), verb, *pick(rng, endings(verb, split)).split(), "."]
            return Example(words, [person, *[0] * (len(words) - 1)], str(distance))

        examples: list[Example] = []
        for i, distance in enumerate(distances):
            share = count // len(distances) + (i < count % len(distances))
            examples += distinct(functools.partial(make, distance=distance), share, rng, taken)
        splits[split] = [examples[int(i)] for i in rng.permutation(count)]
    return Dataset(
        name="flowers",
        description="is the first word a name or a plant? The verb decides, some words later",
        inputs="the words and punctuation marks of one sentence",
        outputs="1 for a first word that is a name, 0 for all other words",
        score="accuracy at the first word",
        baseline=zeros_or_ones(*([e.y[0] for e in splits[split]] for split in ("train", "test"))),
        baseline_name="always the more frequent label",
        **splits,
    )
