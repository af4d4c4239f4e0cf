"""`orthogonal`: a random orthogonal matrix, times a number. Judged by what is true of it, since there are many right ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

PROBE = """
import numpy as np

def probe(function, n, seed, **options):
    return [function(n, np.random.default_rng(seed + i), **options) for i in (0, *range(41 if n == 2 else 9))]
"""
FACTS = """
import numpy as np

def facts(matrices, n, seed, radius=1.0):
    W, again, *others = map(np.asarray, matrices)
    if W.shape != (n, n) or W.dtype.kind not in "fiu":
        return {"the shape": W.shape, "real numbers": W.dtype.kind in "fiu"}
    gram, lengths = W.T @ W, np.linalg.norm(W, axis=0)
    apart = np.abs(gram - np.diag(np.diag(gram))).max(initial=0)
    largest = max(float(lengths.max()), 1e-9)
    same = float(lengths.max() - lengths.min()) < 1e-6 * largest
    found = {
        "the shape": W.shape,
        "real numbers": True,
        "columns at right angles": bool(apart < 1e-6 * largest**2),
        "the length of every column": round(float(lengths.mean()), 6) if same else "not the same",
    }
    if n == 1:
        found["the length of every column"] = radius if abs(largest - radius) < 1e-6 else "not the radius"
    else:
        found["another matrix from another generator"] = any(np.abs(W - other).max() > 1e-9 for other in others)
        found["the same matrix from the same generator"] = bool(np.array_equal(W, again))
    if not found["columns at right angles"]:
        # what a wrong matrix has instead, so that its mistake can be named
        found["spectral radius, largest singular value, zeros below the diagonal"] = (
            bool(abs(np.abs(np.linalg.eigvals(W)).max() - radius) < 1e-6),
            bool(abs(np.linalg.norm(W, 2) - radius) < 1e-6),
            bool(np.abs(np.tril(W, -1)).max() < 1e-9),
        )
    elif n > 1:
        # of two units every second permutation is the identity, of more units hardly ever nine of nine
        plain = [bool(np.abs(V - np.diag(np.diag(V))).max() < 1e-9) for V in (W, *others)]
        found["off the diagonal only zeros"] = any(plain) if n == 2 else all(plain)
    return found
"""


def draw(rng: Generator) -> Iterator[Inputs]:
    def seed() -> int:
        return int(rng.integers(2**31))

    yield Inputs("n = 5", (5, seed()), aspect="radius 1")
    yield Inputs(
        "n = 3, radius=1.5", (3, seed()), {"radius": float(np.round(rng.uniform(1.3, 1.7), 2))}, aspect="another radius"
    )
    yield Inputs(
        "n = 6, radius=0.8", (6, seed()), {"radius": float(np.round(rng.uniform(0.4, 0.8), 2))}, aspect="another radius"
    )
    yield Inputs(
        "two units (n = 2), radius=0.5, forty times",
        (2, seed()),
        {"radius": 0.5},
        aspect="another radius",
        unusual=True,
    )
    yield Inputs("one unit (n = 1), radius=2.5", (1, seed()), {"radius": 2.5}, aspect="another radius")


def orthogonal(n: int, rng: Generator, *, radius: float = 1.0) -> Any:
    A = rng.normal(size=(n, n))
    Q, R = np.linalg.qr(A)
    return radius * Q


RESULT, DRAWN = "radius * Q", "rng.normal(size=(n, n))"

# fmt: off
MISTAKES = {
    "not_orthogonal": Mistake("the matrix is random, and its columns are not at right angles: make them so, for example by the Q of np.linalg.qr.", (RESULT, "radius * A")),
    "unit_columns": Mistake("the columns have the right length, but they are not at right angles: the Q of np.linalg.qr has both.",
        (RESULT, "radius * A / np.linalg.norm(A, axis=0)")),
    "spectral_radius": Mistake("only the spectral radius is set: a matrix whose eigenvalues are right can still stretch some vectors and shrink others; the columns have to be at right angles.",
        (RESULT, "radius * A / np.abs(np.linalg.eigvals(A)).max()")),
    "largest_singular_value": Mistake("only the largest singular value is set: all of them have to be equal, which is so where the columns are at right angles and of one length.",
        (RESULT, "radius * A / np.linalg.norm(A, 2)")),
    "r_for_q": Mistake("this is R, the second result of np.linalg.qr, which is triangular: the orthogonal matrix is Q, the first.", (RESULT, "radius * R")),
    "identity": Mistake("the matrix is `radius` times the identity, the same every time (Q Q^T is the identity, too): draw a random one.", (RESULT, "radius * np.eye(n)")),
    "random_signs": Mistake("off the diagonal there are only zeros, so that no unit ever reads another: draw a matrix and make its columns orthogonal.",
        (RESULT, "radius * np.diag(np.sign(A[0] + np.arange(n) * 1e-12))")),
    "permutation": Mistake("the rows of the identity are put in random order, and by chance they may stay where they are, with only zeros off the diagonal: draw a matrix and make its columns orthogonal.",
        (RESULT, "radius * np.eye(n)[rng.permutation(n)]")),
    "own_generator": Mistake("a generator of its own with a fixed seed gives the same matrix whatever `rng` is: draw from `rng`.",
        (DRAWN, "np.random.default_rng(0).normal(size=(n, n))")),
    "global_generator": Mistake("the numbers do not come from `rng` (np.random.randn and the like have a generator of their own): draw with rng.normal, so that a seed repeats the run.",
        (DRAWN, "np.random.normal(size=(n, n))")),
    "radius_ignored": Mistake("`radius` is ignored: all singular values are 1.", (RESULT, "Q")),
    "radius_without_one_unit": Mistake("with one unit `radius` is forgotten: the matrix is then [radius] or [-radius].", (RESULT, "radius * Q if n > 1 else Q")),
    "radius_root": Mistake("the singular values are the root of `radius`: multiply by radius itself.", (RESULT, "np.sqrt(radius) * Q")),
    "radius_squared": Mistake("the singular values are the square of `radius`: multiply by radius once.", (RESULT, "radius**2 * Q")),
    "divided": Mistake("the matrix is divided by `radius`: multiply by it.", (RESULT, "Q / radius")),
    "over_root_n": Mistake("the matrix is divided by the root of n, as random numbers often are: Q has columns of length 1 already.", (RESULT, "radius * Q / np.sqrt(n)")),
    "right_angles_only": Mistake("the columns are at right angles, but they are not of one length: divide each by its length.",
        (RESULT, "radius * Q * np.diag(R)")),
    "flat": Mistake("the result has no shape (n, n).", (RESULT, "radius * Q[:, 0]")),
    "complex": Mistake("the result is complex: eigenvectors of a matrix that is not symmetric are; take the Q of np.linalg.qr.", (RESULT, "radius * np.linalg.eig(A)[1].astype(complex)")),
}
# fmt: on

EXERCISE = Exercise(
    right=orthogonal,
    draw=draw,
    visible=2,
    hidden=2,
    probe=PROBE,
    facts=FACTS,
    mistakes=MISTAKES,
    parts=(Part("what is true of the matrix"),),
)
