"""Agreement over a gap (L8, L9): "The cats, which already ate ten apples, were full": was or were?

The subject comes first, then a gap of exactly n words, full of nouns of either number, then the verb. Its
near words mislead; only a model that carries the number of the first noun across the gap gets it right.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np

from .dataset import SPLITS, Dataset, Example, check_sizes, distinct, pick, zeros_or_ones

DETERMINERS = "the some my no your our".split()
NOUNS = """
    cat dog girl boy bird horse teacher driver student painter farmer doctor king queen cook guest singer
    pilot rider brother sister friend
""".split()
OBJECTS = "apple pear plum book stone flower cake coin letter ball".split()
ADJECTIVES = "old small red heavy sweet green round dry".split()
VERBS = "ate saw found bought liked carried washed sold".split()
SHORT = {
    0: [""],
    1: ["here", "there", "inside", "outside"],
    2: ["over there", "down here", "up there", "in here"],
}
SHORT[3] = ["in the garden", "by the river", "at the door", "from the village"]
LECTURE = ("the cat which already ate ten apples and three pears", 0)


def _phrase(length: int, rng: np.random.Generator) -> list[str]:
    """A determiner or number, adjectives and a noun: `length` words, at least 2."""
    plural = pick(rng, ["", "s"])
    first = pick(rng, ["the", "two", "three", "ten"]) if plural else "the"
    return [first, *(pick(rng, ADJECTIVES) for _ in range(length - 2)), pick(rng, NOUNS + OBJECTS) + plural]


def gap_words(n: int, rng: np.random.Generator) -> list[str]:
    """Exactly n words after a subject; from 4 on a clause: "which ate the old apples and three pears".

    Raises ValueError: n below 0; TypeError: no whole number.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer):
        raise TypeError(f"the gap is a whole number of words; got {n!r}")
    if n < 0:
        raise ValueError(f"the gap is a number of words, at least 0; got {n}")
    if n in SHORT:
        return str(pick(rng, SHORT[n])).split()
    already = ["already"] if n > 4 and rng.random() < 0.3 else []
    words = ["which", *already, pick(rng, VERBS)]
    # the first object has 2 to 4 words, each further one 3 to 5 with what joins it
    least = 2
    while (left := n - len(words)) > 0:
        lengths = [k for k in range(least, least + 3) if k == left or left - k >= 3]
        length = pick(rng, lengths)
        if least == 3:
            words.append(pick(rng, ["and", "near", "before"]))
        words += _phrase(length - (least - 2), rng)
        least = 3
    return words


def split_of(gap: str) -> str:
    """The one split in which a gap may occur: chance decides, but always in the same way."""
    return SPLITS[int(np.searchsorted([70, 85], crc32(gap.encode()) % 100, side="right"))]


def agreement_sentences(gap: int = 5, seed: int = 1, train: int = 2000, valid: int = 200, test: int = 400) -> Dataset:
    """The words before the verb, and 0 for "was" or 1 for "were".

    Held out: no gap of valid and test occurs in train; gaps below 4 words are too few for that, and there no
    sentence is in two splits. Raises ValueError: a gap below 0, a size below 1, or more examples than
    there are (1,056 for gaps of 1 to 3 words, 264 without a gap); TypeError: a gap or a size that is no
    whole number.
    """
    check_sizes(train=train, valid=valid, test=test)
    rng = np.random.default_rng(seed)
    gap_words(gap, rng)
    lecture = " ".join(LECTURE[0].split()[2:])

    taken: set[str] = set()
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):

        def make(rng: np.random.Generator, split: str = split) -> Example:
            while True:
                words = gap_words(gap, rng)
                text = " ".join(words)
                if gap < 4 or (text != lecture and split_of(text) == split):
                    break
            plural = int(rng.integers(2))
            noun = pick(rng, NOUNS) + "s" * plural
            return Example([pick(rng, DETERMINERS), noun, *words], plural, text)

        splits[split] = distinct(make, count, rng, taken)
    return Dataset(
        name="agreement",
        description=f"a subject, {gap} words -> was or were?",
        inputs="the words before the verb",
        outputs='0 for "was", 1 for "were"',
        score="accuracy",
        baseline=zeros_or_ones(*([e.y for e in splits[split]] for split in ("train", "test"))),
        baseline_name="always the more frequent verb",
        sample=Example(LECTURE[0].split(), LECTURE[1], lecture),
        **splits,
    )
