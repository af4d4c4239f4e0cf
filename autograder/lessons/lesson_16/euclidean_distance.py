"""`euclidean_distance`, to be mended: the differences are added up before they are squared."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake


def draw(rng: Generator) -> Iterator[Inputs]:
    def pair(n_e: int, digits: int) -> tuple[np.ndarray, np.ndarray]:
        """Two vectors of which either is the larger one somewhere, so that differences of both signs meet."""
        u, signs = rng.normal(size=n_e).round(digits), np.ones(n_e)
        signs[: n_e // 2] = -1
        return u, (u + rng.permutation(signs) * rng.uniform(0.5, 3, size=n_e)).round(digits)

    yield Inputs("n_e = 3", pair(3, 3))
    yield Inputs("n_e = 6", pair(6, 9))
    yield Inputs("one number each", pair(1, 9), unusual=True)
    u, v = pair(5, 9)
    yield Inputs("far from 0, close to each other", (1e6 + u, 1e6 + u + 1e-3 * v), unusual=True)
    u, v = pair(4, 0)
    yield Inputs("lists of whole numbers", (u.astype(int).tolist(), v.astype(int).tolist()), unusual=True)
    u, _ = pair(3, 2)
    yield Inputs("equal vectors", (u, u.copy()), unusual=True)


def euclidean_distance(u: np.ndarray, v: np.ndarray) -> float:
    difference = np.asarray(u) - np.asarray(v)
    return float(np.sqrt((difference**2).sum()))


DIFFERENCE, RESULT = "np.asarray(u) - np.asarray(v)", "float(np.sqrt((difference**2).sum()))"

# fmt: off
MISTAKES = {
    "not_mended": Mistake("the bug is still there: the differences are added before they are squared, so that a step up and a step down cancel; square each one first.", (RESULT, "float(np.sqrt(difference.sum() ** 2))")),
    "squares_subtracted": Mistake("u and v are squared before they are subtracted: square their difference.", (DIFFERENCE, "np.asarray(u) ** 2 - np.asarray(v) ** 2"), ("difference**2", "np.abs(difference)")),
    "lengths_subtracted": Mistake("the squared lengths of u and v are subtracted: square the differences, and add these squares.", (RESULT, "float(np.sqrt(abs((np.asarray(u) ** 2).sum() - (np.asarray(v) ** 2).sum())))")),
    "no_root": Mistake("the square root is missing: this is the square of the distance.", ("np.sqrt((difference**2).sum())", "(difference**2).sum()")),
    "manhattan": Mistake("this is the Manhattan distance, the sum of the absolute differences: the Euclidean distance is the root of the sum of their squares.", (RESULT, "float(np.abs(difference).sum())")),
    "mean": Mistake("the mean of the squares is taken: a distance adds them.", ("(difference**2).sum()", "(difference**2).mean()")),
    "largest": Mistake("this is the largest difference alone: all of them count.", (RESULT, "float(np.abs(difference).max())")),
    "sum": Mistake("the vectors are added: a distance is that of their difference.", (DIFFERENCE, "np.asarray(u) + np.asarray(v)")),
    "of_each": Mistake("the distance of each pair of numbers is returned: add their squares, so that one number comes out.", (RESULT, "np.sqrt(difference**2)")),
    "scaled": Mistake("the differences are divided by the largest of them, which is 0 where u and v are equal: their distance is 0.",
        (RESULT, "float(abs(difference).max() * np.sqrt(((difference / abs(difference).max()) ** 2).sum()))")),
    "whole": Mistake("the numbers are turned into whole ones: what stands behind the point is lost.", (DIFFERENCE, "np.array(u, int) - np.array(v, int)")),
    "lists": Mistake("u and v may be lists, which cannot be subtracted: np.asarray(u) - np.asarray(v).", (DIFFERENCE, "u - v")),
}
# fmt: on

EXERCISE = Exercise(right=euclidean_distance, draw=draw, visible=1, hidden=1, mistakes=MISTAKES, again=True)
