"""`scale_to_radius`: a matrix with a given spectral radius."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part


def draw(rng: Generator) -> Iterator[Inputs]:
    def target() -> float:
        return float(rng.choice([rng.uniform(0.5, 0.8), rng.uniform(1.2, 1.6)]))

    yield Inputs("a random matrix of 4 x 4", (rng.normal(size=(4, 4)), target()), aspect="real")
    # the eigenvalues are the diagonal: the one that is largest in size is negative
    corner = np.array([[-3.0, 5.0], [0.0, 1.0]]) * rng.uniform(0.8, 1.2, size=(2, 2))
    yield Inputs("the largest eigenvalue in size is negative", (corner, target()), aspect="real")
    high, low = rng.uniform(1.0, 2.0), rng.uniform(0.2, 0.5)
    yield Inputs("complex eigenvalues", (np.array([[0.1, -high], [low, 0.1]]), target()), aspect="complex or all 0")
    yield Inputs("one unit, a negative weight", (np.array([[-rng.uniform(0.2, 0.45)]]), target()), aspect="real")
    yield Inputs(
        "a matrix of small numbers",
        (1e-8 * rng.normal(size=(3, 3)), target()),
        aspect="complex or all 0",
        raises="ValueError",
        unusual=True,
    )
    some = np.triu(rng.uniform(0.5, 1.5, size=(3, 3))) * [[1, 1, 1], [0, 0, 1], [0, 0, 0]]
    yield Inputs(
        "some eigenvalues are 0", (some, target()), aspect="complex or all 0", raises="ValueError", unusual=True
    )
    yield Inputs(
        "one unit of weight 0 (ValueError)",
        (np.zeros((1, 1)), target()),
        aspect="complex or all 0",
        raises="ValueError",
        unusual=True,
    )
    lower = np.tril(rng.uniform(0.5, 1.5, size=(3, 3)), k=-1)
    yield Inputs(
        "all eigenvalues are 0 (ValueError)",
        (lower, target()),
        aspect="complex or all 0",
        raises="ValueError",
        unusual=True,
    )


def scale_to_radius(W: np.ndarray, radius: float) -> Any:
    before = np.abs(np.linalg.eigvals(W)).max()
    if before == 0:
        raise ValueError("all eigenvalues of W are 0")
    return W * (radius / before)


BEFORE, FACTOR = "np.abs(np.linalg.eigvals(W)).max()", "(radius / before)"

# fmt: off
MISTAKES = {
    "singular_value": Mistake("W is divided by its largest singular value (np.linalg.norm(W, 2), np.linalg.svd): the spectral radius is the largest absolute eigenvalue, which is never larger.",
        (FACTOR, "(radius / np.linalg.norm(W, 2))")),
    "frobenius": Mistake("W is divided by the root of the sum of its squares (np.linalg.norm(W)): the spectral radius is the largest absolute eigenvalue.",
        (FACTOR, "(radius / np.linalg.norm(W))")),
    "no_absolute_value": Mistake("the largest eigenvalue is not the one that is largest in size: take the absolute value first, then the maximum.",
        (BEFORE, "np.linalg.eigvals(W).real.max()")),
    "no_absolute_value_complex": Mistake("complex numbers have no order, and negative ones can be large: take the absolute value of the eigenvalues first, then the maximum.",
        (BEFORE, "np.linalg.eigvals(W).max()")),
    "absolute_value_last": Mistake("the absolute value is taken after the maximum: negative eigenvalues can be the largest in size, so it comes first.",
        (BEFORE, "np.abs(np.linalg.eigvals(W).max())")),
    "real_part": Mistake("the imaginary parts of the eigenvalues are left out: the size of a complex number is np.abs, the root of real^2 + imaginary^2.",
        (BEFORE, "np.abs(np.linalg.eigvals(W).real).max()")),
    "symmetric": Mistake("np.linalg.eigvalsh is for symmetric matrices, and reads only one half of W: take np.linalg.eigvals.",
        ("eigvals(W)", "eigvalsh(W)")),
    "only_smaller": Mistake("W is never made larger: the factor is radius / the spectral radius before, below or above 1.", (FACTOR, "min(1.0, radius / before)")),
    "only_larger": Mistake("W is never made smaller: the factor is radius / the spectral radius before, below or above 1.", (FACTOR, "max(1.0, radius / before)")),
    "first": Mistake("the first eigenvalue is taken: np.linalg.eigvals puts them in no order, so take the maximum.", (".max()", "[0]")),
    "smallest": Mistake("the smallest absolute eigenvalue is taken: the spectral radius is the largest.", (".max()", ".min()")),
    "mean": Mistake("the mean of the absolute eigenvalues is taken: the spectral radius is the largest.", (".max()", ".mean()")),
    "sum": Mistake("the absolute eigenvalues are added: the spectral radius is the largest.", (".max()", ".sum()")),
    "squared": Mistake("the eigenvalues are squared: the spectral radius is the largest absolute value itself.", (".max()", ".max() ** 2")),
    "root_of_w": Mistake("the square root of the spectral radius is taken: that belongs to the eigenvalues of W^T W, whose roots are the singular values of W.",
        (BEFORE, "np.sqrt(np.abs(np.linalg.eigvals(W)).max())")),
    "eigenvalues_of_the_square": Mistake("these are the eigenvalues of W^T W: their roots are the singular values of W; the spectral radius comes from the eigenvalues of W itself.",
        (BEFORE, "np.abs(np.linalg.eigvals(W.T @ W)).max()")),
    "largest_element": Mistake("W is divided by its largest element: the spectral radius is the largest absolute eigenvalue.", (BEFORE, "np.abs(W).max()")),
    "row_sums": Mistake("W is divided by its largest row sum: that is another norm; the spectral radius is the largest absolute eigenvalue.",
        (BEFORE, "np.linalg.norm(W, np.inf)")),
    "determinant": Mistake("W is divided by its determinant, the product of all eigenvalues: the spectral radius is the largest of them in size.",
        (BEFORE, "np.abs(np.linalg.det(W))")),
    "radius_ignored": Mistake("the result has the spectral radius 1: multiply by `radius` as well.", (FACTOR, "(1.0 / before)")),
    "not_divided": Mistake("W is multiplied by `radius` as it is: divide by the spectral radius that it has before.", (FACTOR, "radius")),
    "inverted": Mistake("the factor is upside down: it is radius / the spectral radius before.", (FACTOR, "(before / radius)")),
    "zero_by_zero": Mistake("0 / 0 or a division by 0 where all eigenvalues are 0: no factor helps such a matrix; raise ValueError.", ("before == 0", "False")),
    "zeros_of_w": Mistake("a matrix can have only zero eigenvalues without being zero itself: ask whether the spectral radius is 0, not the matrix.",
        ("before == 0", "not W.any()"), (FACTOR, "(radius / (before or 1.0))")),
    "small_is_zero": Mistake("a matrix of small numbers is refused: its spectral radius is small and not 0, and a large factor helps it; refuse only 0.",
        ("before == 0", "before < 1e-6")),
    "singular_is_zero": Mistake("a matrix is refused where one eigenvalue is 0, or its determinant: refuse it only where all are 0.",
        ("before == 0", "abs(np.linalg.det(W)) < 1e-12")),
    "zero_unscaled": Mistake("where all eigenvalues are 0, something is returned: no factor helps such a matrix; raise ValueError.",
        ("raise ValueError(\"all eigenvalues of W are 0\")", "return np.zeros_like(W)")),
    "transposed": Mistake("the result is transposed: only a factor is wanted.", ("return W *", "return W.T *")),
}
# fmt: on

EXERCISE = Exercise(
    right=scale_to_radius,
    draw=draw,
    visible=1,
    hidden=2,
    mistakes=MISTAKES,
    parts=(Part("W", axes=("n", "n")),),
    again=True,
)
