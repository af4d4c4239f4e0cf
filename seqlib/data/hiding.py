"""A dog or a cat under, on or near a bed, a table or a chair (L14, item 14.1): pictures, and what they are described as in four languages.

"The dog is hiding under the bed" is the lectures' sample. Pictures are drawn from parts, each a box, an ellipse or a triangle, in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from seqlib.support.types import Array

from .dataset import Example, pick

SIZE = 24  # pixels a side
FLOOR = 21.5  # the row on which everything stands
ANIMALS, FURNITURE, PLACES = ("dog", "cat"), ("bed", "table", "chair"), ("under", "on", "near")
OUTPUTS = ("words", "English", "French", "Hindi", "Marathi")
VERBS = {"under": "hiding", "on": "sitting", "near": "standing"}
FRENCH = {"dog": "le chien", "cat": "le chat", "bed": "le lit", "table": "la table", "chair": "la chaise"}
HINDI = {
    "dog": "कुत्ता",
    "cat": "बिल्ली",
    "bed": "पलंग",
    "table": "मेज़",
    "chair": "कुर्सी",
    "under": "के नीचे",
    "on": "पर",
    "near": "के पास",
}
MARATHI = {
    "dog": "कुत्रा", "cat": "मांजर", "bed": "पलंगा", "table": "टेबला",
    "chair": "खुर्ची", "under": "खाली", "on": "वर", "near": "जवळ"
}  # fmt: skip

Shape = tuple[str, float, float, float, float]  # kind, column and row of its centre, half its width and height


class View(NamedTuple):
    """Which animal, which piece of furniture, and where the animal is."""

    animal: str
    furniture: str
    place: str


VIEWS = tuple(View(*view) for view in product(ANIMALS, FURNITURE, PLACES))
HIDING = View("dog", "bed", "under")
# parts around the middle of the floor line, upwards negative: furniture by its legs, animals by their paws
PARTS: dict[str, tuple[Shape, ...]] = {
    "bed": (("box", 0, -7.5, 9, 1.6), ("box", -8.3, -6.5, 0.9, 6.5), ("box", 8.3, -4, 0.9, 4), ("ellipse", -5, -9.6, 2.4, 1)),
    "table": (("box", 0, -9, 9, 1), ("box", -7.5, -4.5, 0.8, 4.5), ("box", 7.5, -4.5, 0.8, 4.5)),
    "chair": (("box", 0, -7.5, 6, 0.9), ("box", -5.2, -7.5, 0.8, 7.5), ("box", 5.2, -3.7, 0.8, 3.7)),
    "dog": (
        ("ellipse", -0.4, -2.6, 2.6, 1.2), ("box", -2.2, -0.9, 0.5, 0.9), ("box", 1.4, -0.9, 0.5, 0.9), ("ellipse", 2.6, -3.8, 1.3, 1.1),
        ("box", 3.9, -3.5, 0.8, 0.5), ("box", 1.6, -3.4, 0.5, 1.1), ("box", -3.2, -3.8, 0.4, 1),
    ),
    "cat": (
        ("ellipse", 0, -1.7, 1.6, 1.7), ("ellipse", 0.3, -4.2, 1.3, 1.1), ("triangle", -0.6, -5.4, 0.6, 0.8),
        ("triangle", 1.2, -5.4, 0.6, 0.8),
        ("box", -2.4, -0.5, 1.2, 0.4), ("box", -3.5, -1.3, 0.4, 1),
    ),
}  # fmt: skip
TOPS = {"bed": -9.2, "table": -10.1, "chair": -8.5}  # how high an animal sits
WOODS = ((0.55, 0.35, 0.2), (0.4, 0.5, 0.65), (0.6, 0.55, 0.35))
FURS = ((0.2, 0.17, 0.15), (0.75, 0.45, 0.15), (0.5, 0.5, 0.52))


def say(view: View, output: str) -> list[str]:
    """The description of a view in one of OUTPUTS, as words. Raises ValueError: an unknown output."""
    animal, furniture, place = view
    if output not in OUTPUTS:
        raise ValueError(f"output must be one of {', '.join(OUTPUTS)}; got {output!r}")
    if output == "words":
        return [animal, furniture, VERBS[place]]
    if output == "English":
        return f"the {animal} is {VERBS[place]} {place} the {furniture}".split()
    if output == "French":
        there = {"under": "sous ", "on": "sur ", "near": "près de "}[place] + FRENCH[furniture]
        return f"{FRENCH[animal]} est {there.replace('de le ', 'du ')}".split()
    if output == "Hindi":
        return f"{HINDI[animal]} {HINDI[furniture]} {HINDI[place]} है".split()
    return [MARATHI[animal], MARATHI[furniture] + MARATHI[place], "आहे"]


def covered(shape: Shape, at: tuple[float, float]) -> Array:
    """Where a shape covers the picture when its origin is moved to `at` (column, row): (SIZE, SIZE), 0 to 1."""
    kind, column, row, width, height = shape
    down, across = np.mgrid[0:SIZE, 0:SIZE] + 0.5
    x, y = across - column - at[0], down - row - at[1]
    if kind == "box":
        depth = np.minimum(width - abs(x), height - abs(y))
    elif kind == "ellipse":
        depth = min(width, height) * (1 - np.hypot(x / width, y / height))
    else:  # a triangle with its point up
        depth = np.minimum(height - y, (y + height) * width / (2 * height) - abs(x))
    return np.asarray(np.clip(depth + 0.5, 0, 1))


def compose(
    view: View, furniture_at: float, animal_at: tuple[float, float], wood: Sequence[float], fur: Sequence[float]
) -> Array:
    """A picture without noise, (SIZE, SIZE, 3).

    furniture_at: the column of the middle of the furniture, which stands on the floor
    animal_at: the column and row of the animal's paws
    wood, fur: colours, three numbers from 0 to 1
    """
    picture = np.ones((SIZE, SIZE, 3))
    picture[int(FLOOR) :] = 0.88
    for name, at, colour in ((view.furniture, (furniture_at, FLOOR), wood), (view.animal, animal_at, fur)):
        for shape in PARTS[name]:
            part = covered(shape, at)[..., None]
            picture = picture * (1 - part) + np.asarray(colour) * part
    return picture


def draw(view: View, rng: np.random.Generator) -> Array:
    """A picture of a view, with places, colours and noise of its own: (SIZE, SIZE, 3)."""
    width = PARTS[view.furniture][0][3]
    middle = rng.uniform(10.5, 13.5)
    if view.place == "near":
        side = pick(rng, (-1, 1))
        middle = SIZE / 2 - side * rng.uniform(3, 5)
        at = (middle + side * (width + rng.uniform(3, 4.5)), FLOOR)
    elif view.place == "on":
        at = (middle + rng.uniform(-0.4, 0.4) * width, FLOOR + TOPS[view.furniture])
    else:
        at = (middle + rng.uniform(-0.25, 0.25) * width, FLOOR)
    colours = (np.clip(np.array(pick(rng, some)) + rng.uniform(-0.08, 0.08, 3), 0, 1) for some in (WOODS, FURS))
    picture = compose(view, middle, at, *colours)  # type: ignore[arg-type]
    return np.asarray(np.clip(picture + 0.03 * rng.normal(size=picture.shape), 0, 1))


def pictures_of(views: Sequence[View], count: int, rng: np.random.Generator) -> list[Example]:
    """Pictures of some views; y is a dict with the words of each of OUTPUTS, source is the view."""
    examples = []
    for _ in range(count):
        view = pick(rng, views)
        said = {output: say(view, output) for output in OUTPUTS}
        examples.append(Example(draw(view, rng), said, ", ".join(view)))
    return examples
