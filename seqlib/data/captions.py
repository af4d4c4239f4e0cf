"""Image captioning (L14): a picture of two shapes -> sentences that describe it, in four languages.

The project draws its pictures itself: each has two shapes, a colour each, and a relation between them. The
sentences name the larger shape first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np

from seqlib.support.types import Array

from .dataset import SPLITS, Dataset, Example, check_sizes, pick, three_ways

SIZE = 24  # pixels a side
CELL = 4  # pixels a side of the squares over which `image_features` averages
COLOURS = {
    "red": (0.9, 0.15, 0.15),
    "green": (0.1, 0.7, 0.2),
    "blue": (0.15, 0.3, 0.9),
    "yellow": (0.95, 0.8, 0.1),
}
SHAPES = ("circle", "square", "triangle", "diamond")
RELATIONS = {"above": (0, -1), "under": (0, 1), "left of": (-1, 0), "right of": (1, 0)}
INVERSE = {"above": "under", "under": "above", "left of": "right of", "right of": "left of"}
LANGUAGES = ("English", "French", "Hindi", "Marathi")
# English: French, Hindi, Hindi before a postposition, Marathi, Marathi before a postposition
WORDS = {
    "red": ("rouge", "लाल", "लाल", "लाल", "लाल"),
    "green": ("vert", "हरा", "हरे", "हिरवा", "हिरव्या"),
    "blue": ("bleu", "नीला", "नीले", "निळा", "निळ्या"),
    "yellow": ("jaune", "पीला", "पीले", "पिवळा", "पिवळ्या"),
    "circle": ("cercle", "वृत्त", "वृत्त", "गोल", "गोलाच्या"),
    "square": ("carré", "वर्ग", "वर्ग", "चौरस", "चौरसाच्या"),
    "triangle": ("triangle", "त्रिभुज", "त्रिभुज", "त्रिकोण", "त्रिकोणाच्या"),
    "diamond": ("losange", "समचतुर्भुज", "समचतुर्भुज", "चौकोन", "चौकोनाच्या"),
    "above": ("au-dessus d' un", "के ऊपर", "के ऊपर", "वर", "वर"),
    "under": ("sous un", "के नीचे", "के नीचे", "खाली", "खाली"),
    "left of": ("à gauche d' un", "के बाईं ओर", "के बाईं ओर", "डावीकडे", "डावीकडे"),
    "right of": ("à droite d' un", "के दाईं ओर", "के दाईं ओर", "उजवीकडे", "उजवीकडे"),
}


class Scene(NamedTuple):
    """The larger shape with its colour, how it lies to the smaller one, and that one with its colour."""

    colour: str
    shape: str
    relation: str
    other_colour: str
    other_shape: str


def describe(scene: Scene, language: str = "English") -> list[list[str]]:
    """The sentences that are right for a scene, as lists of words; English has three, the others one.

    Raises ValueError: an unknown language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}; got {language!r}")
    colour, shape, relation, other_colour, other_shape = scene
    if language == "English":
        beside = f"to the {relation}" if relation.endswith("of") else relation
        sentences = [
            f"a {colour} {shape} is {beside} a {other_colour} {other_shape}",
            f"the {colour} {shape} is {beside} the {other_colour} {other_shape}",
            f"there is a {colour} {shape} {beside} a {other_colour} {other_shape}",
        ]
        return [sentence.split() for sentence in sentences]
    form = LANGUAGES.index(language) * 2 - 3 if language != "French" else 0
    c, s, r = (WORDS[word][form] for word in (colour, shape, relation))
    if language == "French":
        return [f"un {s} {c} est {r} {WORDS[other_shape][0]} {WORDS[other_colour][0]}".split()]
    oc, os = WORDS[other_colour][form + 1], WORDS[other_shape][form + 1]
    return [f"{oc} {os} {r} एक {c} {s} {'है' if language == 'Hindi' else 'आहे'}".split()]


def ink(shape: str, centre: Array, radius: float) -> Array:
    """Where a shape covers the picture: (SIZE, SIZE), 0 to 1. centre: column and row, in pixels. Raises ValueError: an unknown shape."""
    if shape not in SHAPES:
        raise ValueError(f"shape must be one of {', '.join(SHAPES)}; got {shape!r}")
    row, column = np.mgrid[0:SIZE, 0:SIZE] + 0.5
    x, y = column - centre[0], row - centre[1]
    depth = {
        "circle": radius - np.hypot(x, y),
        "square": 0.85 * radius - np.maximum(abs(x), abs(y)),
        "triangle": np.minimum(0.8 * radius - y, 0.45 * (y + 1.1 * radius) - 0.9 * abs(x)),
        "diamond": 0.8 * (1.15 * radius - abs(x) - abs(y)),
    }[shape]
    return np.asarray(np.clip(depth + 0.5, 0, 1))


def paint(things: Sequence[tuple[str, str, Any, float]], background: float = 1.0) -> Array:
    """A picture without noise, (SIZE, SIZE, 3), of things (colour, shape, centre, radius), a later one on top of those before.

    background: its grey, from 0 to 1. Raises ValueError: an unknown colour or shape.
    """
    picture = np.ones((SIZE, SIZE, 3)) * background
    for colour, shape, centre, radius in things:
        if colour not in COLOURS:
            raise ValueError(f"colour must be one of {', '.join(COLOURS)}; got {colour!r}")
        covered = ink(shape, centre, radius)[..., None]
        picture = picture * (1 - covered) + np.array(COLOURS[colour]) * covered
    return picture


def draw(scene: Scene, rng: np.random.Generator) -> Array:
    """A picture of a scene, with places, sizes and noise of its own: (SIZE, SIZE, 3)."""
    away = np.array(RELATIONS[scene.relation])
    middle = SIZE / 2 + rng.uniform(-1.5, 1.5, size=2)
    slide = rng.uniform(-2, 2) * away[::-1]  # sideways, so that places alone do not name the relation
    background, things = rng.uniform(0.85, 1.0), []
    first, second = (scene.colour, scene.shape, 4.7, 1), (scene.other_colour, scene.other_shape, 3.2, -1)
    for colour, shape, radius, sign in (first, second):
        centre = middle + sign * (away * rng.uniform(5, 6) + slide / 2)
        things.append((colour, shape, centre, radius + rng.uniform(0, 0.6)))
    picture = paint(things, background)
    return np.asarray(np.clip(picture + 0.03 * rng.normal(size=picture.shape), 0, 1))


def image_features(picture: Array) -> Array:
    """What stands in for the features of a trained CNN: averages of fixed filters over small squares.

    For each square of CELL x CELL pixels: the mean colour, and how strong edges of four directions are.
    Returns (7 * (SIZE / CELL)^2,). Raises ValueError: a picture of another shape.
    """
    if picture.shape != (SIZE, SIZE, 3):
        raise ValueError(f"picture must be {(SIZE, SIZE, 3)}; got {picture.shape}")
    grey = np.pad(picture.mean(axis=2), 1, mode="edge")
    across, down = grey[1:-1, 2:] - grey[1:-1, :-2], grey[2:, 1:-1] - grey[:-2, 1:-1]  # (SIZE, SIZE)
    rising, falling = grey[:-2, 2:] - grey[2:, :-2], grey[2:, 2:] - grey[:-2, :-2]
    edges = np.abs(np.stack([across, down, rising, falling], axis=2))
    maps = np.concatenate([1 - picture, edges], axis=2)  # (SIZE, SIZE, 7)
    cells = maps.reshape(SIZE // CELL, CELL, SIZE // CELL, CELL, 7).mean(axis=(1, 3))
    return np.asarray(cells.ravel())


def captioned_shapes(seed: int = 1, train: int = 2400, valid: int = 200, test: int = 300) -> Dataset:
    """Pictures, (SIZE, SIZE, 3), and the English sentences that are right for each; source is the scene.

    `describe(Scene(*example.source.split(", ")), "French")` says it in another language.
    Held out: no pair of shapes, each with its colour, of valid and test occurs in train.
    Raises ValueError or TypeError: a size that is not a whole number of at least 1.
    """
    check_sizes(train=train, valid=valid, test=test)
    rng = np.random.default_rng(seed)
    things = list(product(COLOURS, SHAPES))
    pairs = three_ways(list(combinations(things, 2)), rng)
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):
        splits[split] = []
        for _ in range(count):
            pair = pick(rng, pairs[split])
            one, other = pair if rng.random() < 0.5 else reversed(pair)
            scene = Scene(one[0], one[1], pick(rng, list(RELATIONS)), other[0], other[1])
            splits[split].append(Example(draw(scene, rng), describe(scene), ", ".join(scene)))
    return _dataset("captions", splits)


def deal_combinations(rng: np.random.Generator) -> dict[str, list[tuple[str, str, str]]]:
    """The 64 combinations (colour, shape, relation to the other thing), dealt to train (32), valid (16) and test (16).

    Every colour is in each part with every shape and every relation, and every shape with every relation: only the three together are new.
    """
    places = [rng.permutation(4) for _ in range(3)]
    dealt: dict[str, list[tuple[str, str, str]]] = {split: [] for split in SPLITS}
    for indices in product(range(4), repeat=3):
        # a Latin square: two of the three numbers leave one value for the third
        number = sum(int(place[i]) for place, i in zip(places, indices, strict=True)) % 4
        colour, shape, relation = list(COLOURS)[indices[0]], SHAPES[indices[1]], list(RELATIONS)[indices[2]]
        dealt[{0: "test", 1: "valid"}.get(number, "train")].append((colour, shape, relation))
    return dealt


def captioned_combinations(seed: int = 1, train: int = 2400, valid: int = 200, test: int = 300) -> Dataset:
    """Pictures and sentences as captioned_shapes has them, held out by combination (colour, shape, relation to the other thing).

    Held out: no thing of a picture of train, the larger or the smaller, has a combination that the larger thing of valid or test has,
    although every two of the three occur together. The smaller thing of valid and test has one that train has.
    Raises ValueError or TypeError: a size that is not a whole number of at least 1.
    """
    check_sizes(train=train, valid=valid, test=test)
    rng = np.random.default_rng(seed)
    dealt = deal_combinations(rng)
    counts = zip(SPLITS, (train, valid, test), strict=True)
    return _dataset(
        "combinations", {split: some_pictures(dealt[split], count, rng, dealt["train"]) for split, count in counts}
    )


def some_pictures(
    combinations: Sequence[tuple[str, str, str]],
    count: int,
    rng: np.random.Generator,
    others: Sequence[tuple[str, str, str]] | None = None,
) -> list[Example]:
    """Pictures in which the larger thing has one of these combinations (colour, shape, relation), and another look than the smaller one.

    others: the combinations that the smaller thing may have, with its relation to the larger one; None: all
    """
    things, examples = list(product(COLOURS, SHAPES)), []
    allowed = set(product(COLOURS, SHAPES, RELATIONS) if others is None else others)
    for _ in range(count):
        colour, shape, relation = pick(rng, combinations)
        free = [thing for thing in things if thing != (colour, shape) and (*thing, INVERSE[relation]) in allowed]
        scene = Scene(colour, shape, relation, *pick(rng, free))
        examples.append(Example(draw(scene, rng), describe(scene), ", ".join(scene)))
    return examples


def _dataset(name: str, splits: dict[str, Any]) -> Dataset:
    # one sentence for all: each slot is right as often as chance has it
    guess = Scene("red", "circle", "above", "blue", "square")
    right = [sum(a == b for a, b in zip(guess, example.source.split(", "), strict=True)) for example in splits["test"]]
    return Dataset(
        name=name,
        description="a picture of two shapes -> a sentence that describes it",
        inputs=f"picture, ({SIZE}, {SIZE}, 3)",
        outputs="three sentences, each right",
        score="share of right colours, shapes and relations",
        baseline=float(np.mean(right) / len(guess)),
        baseline_name="the same sentence for every picture",
        **splits,
    )
