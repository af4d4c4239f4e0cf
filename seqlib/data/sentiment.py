"""Sentiment classification (L1, L5): the text of a review -> 1 to 5 stars.

Counting good and bad words fails here: "not", "nobody" and "nothing" turn what comes some words later, what
follows "but" weighs more than what stands before it, and in "although A, B" it is B that weighs more.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from .dataset import SPLITS, Dataset, Example, check_sizes, distinct, pick, three_ways, with_articles
from .ner import split_words

LECTURE = "There is nothing to like in this movie."
ADJECTIVES = {
    2: "wonderful brilliant superb excellent".split(),
    1: "good nice pleasant clever".split(),
    -1: "weak bad dull poor".split(),
    -2: "awful terrible dreadful horrible".split(),
}
VERBS = {1: "like enjoy love admire praise".split(), -1: "hate dislike criticise mock".split()}
ASPECTS = "plot story ending script cast soundtrack opening finale setting premise screenplay score".split()
FILMS = "movie film picture show".split()

# (words, sign): a frame with sign -1 turns what stands in it into the opposite, weak one
FRAMES = [
    ("{clause}", 1),
    ("I thought that {clause}", 1),
    ("everybody said that {clause}", 1),
    ("we found that {clause}", 1),
    ("it is true that {clause}", 1),
    ("in the end {clause}", 1),
    ("I do not think that {clause}", -1),
    ("nobody said that {clause}", -1),
    ("I would not say that {clause}", -1),
    ("not one of us thought that {clause}", -1),
    ("it is not true that {clause}", -1),
    ("I doubt that {clause}", -1),
]
CLAUSES = [
    ("the {aspect} was {adjective}", 1),
    ("the {aspect} of this {film} is {adjective}", 1),
    ("the {aspect} was really {adjective}", 1),
    ("this {film} has a {adjective} {aspect}", 1),
    ("the {aspect} in this {film} seems {adjective}", 1),
    ("this is a {adjective} {film}", 1),
    ("the {aspect} was not {adjective}", -1),
    ("the {aspect} of this {film} is far from {adjective}", -1),
    ("this {film} does not have a {adjective} {aspect}", -1),
]
# what is said with a verb is strong: the best or the worst
VERB_FRAMES = [
    ("there is a lot to {verb}", 1),
    ("you will find much to {verb}", 1),
    ("everybody is sure to {verb} something", 1),
    ("there is nothing to {verb}", -1),
    ("I see nothing to {verb}", -1),
    ("nobody is going to {verb} anything", -1),
]
VERB_ENDS = [
    "in this {film}",
    "about the {aspect}",
    "in the {aspect}",
    "about this {film}",
    "here",
    "from start to finish",
]
# how two clauses are joined, and the weight of each
JOINS = [
    ("{a} and {b}", 1, 1),
    ("{a} , but {b}", 1, 3),
    ("although {a} , {b}", 1, 3),
    ("{a} , although {b}", 3, 1),
]


def _is_plain(item: Any) -> bool:
    """Whether a pair that was dealt turns nothing: no part of it has the sign -1."""
    return bool(item[2] == 2 if len(item) == 3 else item[1] == 1)


def _deal(rng: np.random.Generator) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """The pairs of a frame and what it holds, dealt to the splits: of clauses, and of verbs."""
    # nobody says "I doubt that the plot was not bad": at most one part of a clause turns it
    clauses = [
        (frame.replace("{clause}", text), a * b, a + b) for frame, a in FRAMES for text, b in CLAUSES if a + b >= 0
    ]
    verbs = [(f"{frame} {end}", sign) for frame, sign in VERB_FRAMES for end in VERB_ENDS]
    held_out = next(verb for verb in verbs if verb[0] == "there is nothing to {verb} in this {film}")
    verbs.remove(held_out)  # the lecture's sentence
    dealt: list[dict[str, list[Any]]] = []
    for kind in (clauses, verbs):
        # what turns nothing and what turns are dealt apart, so that every split has both
        plain = three_ways([item for item in kind if _is_plain(item)], rng)
        turning = three_ways([item for item in kind if not _is_plain(item)], rng)
        dealt.append({split: plain[split] + turning[split] for split in SPLITS})
    dealt[1]["test"].append(held_out)
    return dealt[0], dealt[1]


def _clause(clauses: list[Any], verbs: list[Any], rng: np.random.Generator) -> tuple[str, int, str]:
    """A clause, its value from -2 to 2 (never 0), and its template."""
    plain = rng.random() < 0.35  # some clauses turn nothing: words alone say a little, but not enough
    if rng.random() < 0.3:
        template, sign = pick(rng, list(filter(_is_plain, verbs)) if plain else verbs)
        liking = pick(rng, [1, -1])
        value, text = 2 * sign * liking, template.replace("{verb}", pick(rng, VERBS[liking]))
    else:
        template, sign, kept = pick(rng, list(filter(_is_plain, clauses)) if plain else clauses)
        strength = pick(rng, list(ADJECTIVES))
        value = strength if kept == 2 else sign * int(np.sign(strength))
        text = template.replace("{adjective}", pick(rng, ADJECTIVES[strength]))
    text = text.replace("{aspect}", pick(rng, ASPECTS)).replace("{film}", pick(rng, FILMS))
    return with_articles(text), value, template


def stars(values: list[int], weights: list[int]) -> int:
    """1 to 5 stars for the clauses' values (-2 to 2), averaged with their weights.

    Raises ValueError: no values, or not one weight a value.
    """
    if not values or len(values) != len(weights):
        raise ValueError(f"each value needs a weight; got {len(values)} values and {len(weights)} weights")
    return int(np.floor(np.average(values, weights=weights) + 3.5))


def reviews(seed: int = 1, train: int = 3000, valid: int = 300, test: int = 500) -> Dataset:
    """Reviews of one or two clauses: their words (lower case) and their stars.

    Held out: no clause's template (a frame and what stands in it) of valid and test occurs in train.
    Raises ValueError or TypeError: a size that is not a whole number of at least 1.
    """
    check_sizes(train=train, valid=valid, test=test)
    rng = np.random.default_rng(seed)
    clauses, verbs = _deal(rng)
    taken: set[str] = set()
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):

        def make(rng: np.random.Generator, split: str = split) -> Example:
            text, value, source = _clause(clauses[split], verbs[split], rng)
            values, weights = [value], [1]
            if rng.random() < 0.5:
                join, *weights = pick(rng, JOINS)
                other, value, template = _clause(clauses[split], verbs[split], rng)
                text = join.replace("{a}", text).replace("{b}", other)
                values, source = [*values, value], f"{source} | {template}"
            return Example(split_words(f"{text} .".lower()), stars(values, weights), source)

        splits[split] = distinct(make, count, rng, taken)
    sample = Example(split_words(LECTURE.lower()), 1, "there is nothing to {verb} in this {film}")
    splits["test"][0] = sample
    frequent = Counter(example.y for example in splits["train"]).most_common(1)[0][0]
    return Dataset(
        name="sentiment",
        description="the words of a review -> 1 to 5 stars",
        inputs="words and punctuation marks in lower case",
        outputs="a whole number from 1 to 5",
        score="accuracy",
        baseline=float(np.mean([example.y == frequent for example in splits["test"]])),
        baseline_name="always the most frequent number of stars",
        sample=sample,
        **splits,
    )
