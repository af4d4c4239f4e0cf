"""`global_norm`, to be mended: it adds the norms of the arrays in place of their squares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake


def draw(rng: Generator) -> Iterator[Inputs]:
    shapes = {"dE": (4, 5), "d1/Wf": (3, 7), "d1/bf": (3, 1), "dby": (5,)}
    yield Inputs("four arrays", ({name: 3 * rng.normal(size=shape) for name, shape in shapes.items()},))
    two = {"dx": rng.normal(size=(2, 3, 4)), "dscale": np.array(2 + rng.random())}
    yield Inputs("an array of three axes and one of none", (two,), unusual=True)


def global_norm(gradients: Mapping[str, np.ndarray]) -> float:
    squares = [(gradient**2).sum() for gradient in gradients.values()]
    return float(np.sqrt(sum(squares)))


SQUARES, RESULT = "(gradient**2).sum()", "float(np.sqrt(sum(squares)))"

# fmt: off
MISTAKES = {
    "not_mended": Mistake("the bug is still there: a norm of each array, and their sum. Add all the squares first, and take one root of the sum.", (RESULT, "float(sum(np.sqrt(square) for square in squares))")),
    "no_root": Mistake("the root is missing: this is the square of the norm.", (RESULT, "float(sum(squares))")),
    "root_twice": Mistake("two roots are taken: one of each array's squares and one of their sum. Only the sum of all squares has a root.", (SQUARES, "np.sqrt((gradient**2).sum())")),
    "largest": Mistake("the norm of the largest array is returned: all arrays count together, as one long vector.", (RESULT, "float(np.sqrt(max(squares)))")),
    "mean_of_norms": Mistake("the mean of the arrays' norms is returned: the squares of all of them are added, and one root is taken.", (RESULT, "float(np.mean(np.sqrt(squares)))")),
    "mean_square": Mistake("the squares are averaged over the elements: a norm adds them.", (SQUARES, "(gradient**2).mean()")),
    "mean_of_arrays": Mistake("the squares are averaged over the arrays: a norm adds them.", (RESULT, "float(np.sqrt(np.mean(squares)))")),
    "last": Mistake("only the last array counts: start the sum once, before the loop, and add the squares of every array.", (RESULT, "float(np.sqrt(squares[-1]))")),
    "absolute": Mistake("absolute values are added: the Euclidean norm is the root of the sum of the squares.", (SQUARES, "np.abs(gradient).sum()"), (RESULT, "float(sum(squares))")),
    "spectral": Mistake("np.linalg.norm(matrix, 2) is the largest singular value: the norm here takes all elements, as np.linalg.norm(matrix) does.", (SQUARES, "np.linalg.norm(gradient, 2) ** 2 if gradient.ndim == 2 else (gradient**2).sum()")),
    "absolute_of_each": Mistake("absolute values are added up in each array: a norm adds squares, of all elements.", (SQUARES, "np.abs(gradient).sum() ** 2")),
    "of_each": Mistake("there is a norm for each array: asked for is one number for all of them together.", (RESULT, "{name: float(np.sqrt(square)) for name, square in zip(gradients, squares)}")),
    "summed_first": Mistake("each array is summed before it is squared, so that numbers of both signs cancel: square the elements first.", (SQUARES, "gradient.sum() ** 2")),
}
# fmt: on

EXERCISE = Exercise(right=global_norm, draw=draw, home="seqlib.clipping", visible=1, hidden=1, mistakes=MISTAKES)
