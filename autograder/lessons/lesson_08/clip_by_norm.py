"""`clip_by_norm`: all gradients scaled by one factor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

Params = dict[str, np.ndarray]


def some(rng: Generator, size: float) -> Params:
    """Arrays whose common norm is `size`; each alone is above a third of it."""
    arrays = {"dWaa": rng.uniform(0.5, 1.5, size=(2, 3)), "dba": rng.uniform(1.0, 2.0, size=(2, 1))}
    return scaled(rng, arrays, size)


def scaled(rng: Generator, arrays: Params, size: float) -> Params:
    """Arrays of positive numbers with signs of either kind and the common norm `size`."""
    arrays = {name: value * rng.choice([-1.0, 1.0], size=value.shape) for name, value in arrays.items()}
    norm = np.sqrt(sum((value**2).sum() for value in arrays.values()))
    return {name: np.asarray(value * (size / norm)) for name, value in arrays.items()}


def not_finite(rng: Generator, limit: float) -> Iterator[Inputs]:
    """An element that is no number, or infinite, in an array that is not the first."""
    bad = {"dWax": rng.uniform(0.1, 0.2, size=(2, 2)), **some(rng, 0.5 * limit)}
    bad["dWaa"][1, 1] = np.nan
    yield Inputs(
        "NaN in one element of the second array of three (FloatingPointError)",
        (bad, limit),
        aspect="large and not finite",
        raises="FloatingPointError",
        unusual=True,
    )
    bad = {"dWax": rng.uniform(0.1, 0.2, size=(2, 2)), **some(rng, 3 * limit)}
    bad["dWaa"][0, 1] = -np.inf
    yield Inputs(
        "an infinite element in the second array of three (FloatingPointError)",
        (bad, limit),
        aspect="large and not finite",
        raises="FloatingPointError",
        unusual=True,
    )


def draw(rng: Generator) -> Iterator[Inputs]:
    limit = float(rng.uniform(1.5, 2.5))
    yield Inputs("a common norm of three times the limit", (some(rng, 3 * limit), limit), aspect="above")
    # each array alone is within the limit, only both together are not
    yield Inputs("a common norm just above the limit", (some(rng, 1.1 * limit), limit), aspect="above")
    yield Inputs("a common norm below the limit", (some(rng, 0.6 * limit), limit), aspect="below", dependent=True)
    yield Inputs(
        "gradients of zero", ({"dW": np.zeros((2, 2)), "db": np.zeros((2, 1))}, limit), aspect="below", dependent=True
    )
    shapes = {"dscale": (), "dby": (4,), "dW": (2, 1, 2)}
    arrays = {name: rng.uniform(0.5, 1.5, size=shape) for name, shape in shapes.items()}
    yield Inputs(
        "arrays with no axis, with one and with three, a small limit",
        (scaled(rng, arrays, 0.003), 0.001),
        aspect="above",
        unusual=True,
    )
    yield Inputs(
        "elements near 1e306, whose squares overflow",
        (some(rng, float(rng.uniform(1, 9)) * 1e306), limit),
        aspect="large and not finite",
        raises="FloatingPointError",
        unusual=True,
    )
    yield from not_finite(rng, limit)


def clip_by_norm(gradients: Params, limit: float) -> Any:
    arrays = list(gradients.values())
    if any(np.isnan(g).any() or np.isinf(g).any() for g in arrays):
        raise FloatingPointError("NaN or infinite")
    scale = max(np.abs(g).max() for g in arrays) or 1.0
    norm = scale * np.sqrt(sum(((g / scale) ** 2).sum() for g in arrays))
    factor = limit / norm if norm > limit else 1.0
    return {name: gradients[name] * factor for name in gradients}


SCALE, ROOT = "max(np.abs(g).max() for g in arrays) or 1.0", "np.sqrt(sum(((g / scale) ** 2).sum() for g in arrays))"
NORM, FACTOR = f"scale * {ROOT}", "limit / norm if norm > limit else 1.0"
EACH = "gradients[name] * factor"
RESULT = "{name: gradients[name] * factor for name in gradients}"
PLAIN = (SCALE, "1.0")

# fmt: off
MISTAKES = {
    "overflow": Mistake("the squares overflow: above about 1e154 a square is infinite, and limit / inf makes every gradient 0. Divide by the largest absolute value first, and multiply the norm by it.",
        PLAIN),
    "overflow_by_assert": Mistake("gradients whose squares overflow are refused: they are finite, and can be scaled; divide by the largest absolute value before squaring.",
        PLAIN, (f"{FACTOR}\n", f"{FACTOR}\n    if np.isinf(norm):\n        raise FloatingPointError('the norm is infinite')\n")),
    "overflow_unchanged": Mistake("gradients whose squares overflow are not scaled to the limit: divide by the largest absolute value before squaring.",
        PLAIN, (FACTOR, "limit / norm if limit < norm < np.inf else 1.0")),
    "each_array": Mistake("each array is clipped by its own norm: one factor, from the norm of all arrays together, keeps the direction.",
        (EACH, "gradients[name] * min(1.0, limit / (scale * np.linalg.norm(gradients[name] / scale) or 1.0))")),
    "always": Mistake("small gradients are made larger: where the norm is within the limit they come back as they are.",
        (FACTOR, "limit / norm if norm else 1.0")),
    "always_zero_by_zero": Mistake("the factor is limit / norm in every case: where the norm is within the limit, or 0, the gradients come back as they are.",
        (FACTOR, "limit / norm")),
    "inverted": Mistake("the factor is upside down: it is limit / norm.", (FACTOR, "norm / limit if norm > limit else 1.0")),
    "not_times_limit": Mistake("the clipped norm is 1: the factor is limit / norm, not 1 / norm.", (FACTOR, "1.0 / norm if norm > limit else 1.0")),
    "no_root": Mistake("the square root is missing: the norm is the root of the sum of squares.",
        PLAIN, (ROOT, "sum((g**2).sum() for g in arrays)")),
    "no_root_divided": Mistake("the square root of the sum of squares is missing (elements were divided by the largest one first, as they should be).",
        (ROOT, "sum(((g / scale) ** 2).sum() for g in arrays)")),
    "sum_of_norms": Mistake("the norms of the arrays are added: add the squares of all elements, then take one root.",
        (ROOT, "sum(np.sqrt(((g / scale) ** 2).sum()) for g in arrays)")),
    "sum_of_sizes": Mistake("absolute values are added: the Euclidean norm is the root of the sum of squares.", (ROOT, "sum(np.abs(g / scale).sum() for g in arrays)")),
    "largest_norm": Mistake("the norm is that of the largest array alone: it is the norm of all arrays together.",
        (ROOT, "max(np.sqrt(((g / scale) ** 2).sum()) for g in arrays)")),
    "largest_element": Mistake("this is the largest absolute value: the norm is the root of the sum of squares.", (NORM, "scale if any(g.any() for g in arrays) else 0.0")),
    "mean_square": Mistake("the mean of the squares stands in place of their sum: the norm is the root of the sum.",
        (ROOT, "np.sqrt(sum(((g / scale) ** 2).sum() for g in arrays) / sum(g.size for g in arrays))")),
    "small_number": Mistake("a small number is added to the norm: no division by 0 happens where only norms above the limit are divided by, and the result is slightly too small.",
        (FACTOR, "limit / (norm + 1e-6) if norm > limit else 1.0")),
    "elementwise": Mistake("each element is cut by itself, which is the function before: here all elements are scaled by one factor.",
        (EACH, "np.clip(gradients[name], -limit, limit)")),
    "nan_passes": Mistake("NaN is not noticed: every comparison with it is False, and the gradients come back with NaN in them. Raise FloatingPointError.",
        ("np.isnan(g).any() or ", "")),
    "nan_spreads": Mistake("NaN is not noticed, and every element becomes NaN (Python's max passes over a NaN that is not the first of its numbers): ask np.isfinite of every array before anything else, and raise FloatingPointError.",
        ("np.isnan(g).any() or ", ""), (FACTOR, "1.0 if norm <= limit else limit / norm")),
    "nothing_refused": Mistake("NaN and infinite elements are not noticed: every comparison with NaN is False. Ask np.isfinite before anything else, and raise FloatingPointError.",
        ("np.isnan(g).any() or np.isinf(g).any()", "False")),
    "zero_by_zero": Mistake("0 / 0 where all gradients are 0: nothing is to be scaled there, they come back as they are.",
        (SCALE, "max(np.abs(g).max() for g in arrays)"), (FACTOR, "np.minimum(1.0, limit / norm)")),
    "largest_singular_value": Mistake("np.linalg.norm with the order 2 is the largest singular value of a matrix: the norm of all elements is the root of the sum of their squares.",
        (ROOT, "np.sqrt(sum(np.linalg.norm(g / scale, 2) ** 2 for g in arrays))")),
    "nothing_refused_overflow": Mistake("NaN and infinite elements are not noticed (ask np.isfinite before anything else, and raise FloatingPointError), and squares of large elements overflow.",
        ("np.isnan(g).any() or np.isinf(g).any()", "False"), PLAIN),
    "infinite_passes": Mistake("an infinite element is not noticed: limit / inf is 0, and inf * 0 is NaN. Raise FloatingPointError, as for NaN.",
        (" or np.isinf(g).any()", "")),
    "infinite_passes_overflow": Mistake("an infinite element is not noticed (raise FloatingPointError, as for NaN), and squares of large elements overflow.",
        (" or np.isinf(g).any()", ""), PLAIN),
    "small_unchecked": Mistake("gradients within the limit become zeros: they come back as they are.", (FACTOR, "limit / norm if norm > limit else 0.0")),
    "values_only": Mistake("the arrays come back in a list: return a dict with the same names.", (RESULT, "[gradients[name] * factor for name in gradients]")),
    "first_only": Mistake("only one array is returned: is the return inside the loop?", (RESULT, RESULT.replace("in gradients}", "in list(gradients)[:1]}"))),
}
# fmt: on

EXERCISE = Exercise(
    right=clip_by_norm,
    draw=draw,
    visible=2,
    hidden=3,
    mistakes=MISTAKES,
    parts=(Part("the gradients"),),
    again=True,
    rtol=1e-8,
    atol=0.0,
)
