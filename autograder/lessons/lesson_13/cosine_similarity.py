"""`cosine_similarity`: the cosine of the angle between two vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.drawing import RAISED
from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake


def draw(rng: Generator) -> Iterator[Inputs]:
    u, v = 1.5 * rng.normal(size=4) + 1, 0.7 * rng.normal(size=4) + 1
    yield Inputs("two vectors with n_e = 4", (u, v), aspect="the cosine")
    u = rng.normal(size=6)
    yield Inputs("an angle over 90 degrees", (u, 0.4 * rng.normal(size=6) - 2.5 * u), aspect="the cosine")
    u = rng.normal(size=3)
    given = (u, 2.5 * u + 0.2 * rng.normal(size=3))
    yield Inputs("two vectors of nearly one direction", given, aspect="the cosine")
    for label, *lengths in (
        ("a long and a short vector", 400, 0.003),
        ("two short vectors", 1e-69, 1e-69),
        ("two long vectors", 1e69, 1e69),
    ):
        u, v = (length * rng.uniform(1, 9, 3) * rng.choice([-1, 1], 3) for length in lengths)
        yield Inputs(label, (u, v), aspect="lengths, 0 included")
    u, v = rng.uniform(1, 3, 7), rng.uniform(1, 3, 7)
    u[rng.permutation(7)[:3]] = 0
    v[rng.permutation(7)[:2]] = 0
    yield Inputs("vectors with zeros among their features", (u, v), aspect="the cosine")
    x, y = rng.integers(64, 256, 2) / 64
    v = np.array([x, -x, y, -y])  # adds up to 0, exactly
    yield Inputs("a vector whose numbers add up to 0", (rng.normal(size=4), v), aspect="the cosine")
    a, b, c, d = (int(number) for number in rng.permutation(np.arange(1, 10))[:4])
    label = "a right angle, whole numbers"
    yield Inputs(label, (np.array([a, b, c, d]), np.array([b, -a, d, -c])), aspect="the cosine", unusual=True)
    u, v = rng.integers(300_000, 10**6, size=(2, 4)) * rng.choice([-1, 1], (2, 4))
    yield Inputs("whole numbers of six digits", (u, v), aspect="the cosine", unusual=True)
    v = rng.normal(size=3)
    for label, given in (
        ("a vector of zeros", (np.zeros(3), v)),
        ("a vector of zeros", (v, np.zeros(3))),
        ("two vectors of zeros, whole numbers", (np.zeros(len(v), int), np.zeros(len(v), int))),
    ):
        yield Inputs(f"{label} (ValueError)", given, aspect="lengths, 0 included", unusual=True)


def cosine_similarity(u: np.ndarray, v: np.ndarray) -> Any:
    norm_u, norm_v = np.sqrt((u**2).sum()), np.sqrt((v**2).sum())
    if norm_u == 0 or norm_v == 0:
        raise ValueError("the cosine of a vector of zeros is not defined")
    return float(u @ v / (norm_u * norm_v))


RESULT, CHECK = "float(u @ v / (norm_u * norm_v))", "norm_u == 0 or norm_v == 0"
U, V = "np.sqrt((u**2).sum())", "np.sqrt((v**2).sum())"

# fmt: off
MISTAKES = {
    "dot_product": Mistake("this is the inner product u . v alone: divide it by both lengths, |u| |v|.", (RESULT, "float(u @ v)")),
    "one_length_u": Mistake("the inner product is divided by |u| alone: divide it by |v|, too.", ("(norm_u * norm_v)", "norm_u")),
    "one_length_v": Mistake("the inner product is divided by |v| alone: divide it by |u|, too.", ("(norm_u * norm_v)", "norm_v")),
    "u_twice": Mistake("the inner product is divided by |u| twice: one of the two lengths is that of v.", ("norm_u * norm_v", "norm_u * norm_u")),
    "v_twice": Mistake("the inner product is divided by |v| twice: one of the two lengths is that of u.", ("norm_u * norm_v", "norm_v * norm_v")),
    "no_root": Mistake("the lengths have no square root: |u| is the square root of the sum of squares.", (U, "(u**2).sum()"), (V, "(v**2).sum()")),
    "root_of_product": Mistake("the square root is taken once too often: the divisor is |u| |v|, and each length has its square root already.", (RESULT, "float(u @ v / np.sqrt(norm_u * norm_v))")),
    "root_of_one": Mistake("only one of the lengths has its square root: |u| and |v| are both square roots of sums of squares.", (U, "(u**2).sum()")),
    "root_of_other": Mistake("only one of the two lengths has its square root: |u| and |v| are both square roots of sums of squares.", (V, "(v**2).sum()")),
    "sum_of_lengths": Mistake("the lengths are added: they are multiplied, |u| |v|.", ("norm_u * norm_v", "norm_u + norm_v")),
    "without_brackets": Mistake("the quotient is multiplied by |v|: u @ v / |u| * |v| divides by |u| only. Put the product of the lengths in brackets.", ("(norm_u * norm_v)", "norm_u * norm_v")),
    "sum_of_sizes": Mistake("the lengths are sums of absolute values: |u| is the square root of the sum of squares.", (U, "np.abs(u).sum()"), (V, "np.abs(v).sum()")),
    "squared_numbers_missing": Mistake("the lengths are square roots of the plain sum: square each number first.", (U, "np.sqrt(abs(u.sum()))"), (V, "np.sqrt(abs(v.sum()))")),
    "largest": Mistake("the lengths are the largest absolute values: |u| is the square root of the sum of squares.", (U, "np.abs(u).max()"), (V, "np.abs(v).max()")),
    "mean_square": Mistake("the lengths are roots of mean squares: |u| is the square root of the sum of squares, so the result is n_e times too large.",
        (U, "np.sqrt((u**2).mean())"), (V, "np.sqrt((v**2).mean())")),
    "mean_product": Mistake("the inner product is a mean: u . v is the sum of the products.", ("u @ v /", "(u * v).mean() /")),
    "not_summed": Mistake("the products are not added up: the result is one number, and u . v is a sum.", (RESULT, "u * v / (norm_u * norm_v)")),
    "distance": Mistake("this is the cosine distance, 1 - cos: the similarity is the cosine itself.", (RESULT, "float(1 - u @ v / (norm_u * norm_v))")),
    "angle": Mistake("this is the angle (arccos): the similarity is its cosine.", (RESULT, "float(np.arccos(np.clip(u @ v / (norm_u * norm_v), -1, 1)))")),
    "degrees": Mistake("this is the angle in degrees: the similarity is its cosine.", (RESULT, "float(np.degrees(np.arccos(np.clip(u @ v / (norm_u * norm_v), -1, 1))))")),
    "absolute": Mistake("the sign is lost: vectors at an angle over 90 degrees have a cosine below 0.", (RESULT, "float(abs(u @ v) / (norm_u * norm_v))")),
    "not_below_zero": Mistake("a cosine below 0 is returned as 0: it goes down to -1.", (RESULT, "float(max(0.0, u @ v / (norm_u * norm_v)))")),
    "halved": Mistake("the cosine is moved to 0 .. 1, (cos + 1) / 2: here it runs from -1 to 1.", (RESULT, "float((u @ v / (norm_u * norm_v) + 1) / 2)")),
    "squared": Mistake("this is the square of the cosine, (u . v)^2 / (|u|^2 |v|^2).", (RESULT, "float((u @ v) ** 2 / (norm_u * norm_v) ** 2)")),
    "correlation": Mistake("the means are taken off first: this is the correlation of u and v. The cosine takes the vectors as they are.",
        ("norm_u, norm_v =", "u, v = (u - u.mean(), v - v.mean()) if len(u) > 1 else (u, v)\n    norm_u, norm_v =")),
    "zeros_give_zero": Mistake("a vector of zeros has no angle: raise ValueError, and do not return 0.", (f'if {CHECK}:\n        raise ValueError("the cosine of a vector of zeros is not defined")', f"if {CHECK}:\n        return 0.0")),
    "zeros_give_one": Mistake("a vector of zeros has no angle: raise ValueError, and do not return 1.", (f'if {CHECK}:\n        raise ValueError("the cosine of a vector of zeros is not defined")', f"if {CHECK}:\n        return 1.0")),
    "zeros_unnoticed": Mistake("with a vector of zeros, 0 is divided by 0 and the result is NaN: raise ValueError.", (CHECK, "False")),
    "only_u_looked_at": Mistake("a v of zeros is not noticed: raise ValueError where either vector is all zeros.", (CHECK, "norm_u == 0")),
    "only_v_looked_at": Mistake("a u of zeros is not noticed: raise ValueError where either vector is all zeros.", (CHECK, "norm_v == 0")),
    "same_vector": Mistake("a vector and itself are taken to have the cosine 1 before it is asked whether they are zeros: then there is no angle; raise ValueError.",
        ("norm_u, norm_v =", "if np.array_equal(u, v):\n        return 1.0\n    norm_u, norm_v =")),
    "whole_numbers_overflow": Mistake("whole numbers are multiplied as numbers of 32 bits, which are too small for their squares: convert them to float first.",
        ("norm_u, norm_v =", "u, v = (each.astype(np.int32) if each.dtype.kind == \"i\" else each for each in (u, v))\n    norm_u, norm_v =")),
    "only_both_looked_at": Mistake("one vector of zeros is not noticed beside another one: raise ValueError where either of them is all zeros, not only where both are.", (CHECK, "norm_u == 0 and norm_v == 0")),
    "any_zero": Mistake("a vector with a 0 somewhere is refused: only one in which every number is 0 has no angle.", (CHECK, "not u.all() or not v.all()")),
    "tolerance": Mistake("a short vector is taken for one of zeros: only where every number is 0 is there no angle.", (CHECK, "np.allclose(u, 0) or np.allclose(v, 0)")),
    "sum_of_zero": Mistake("a vector whose numbers add up to 0 is refused, such as (1, -1): only one in which every number is 0 has no angle.", (CHECK, "u.sum() == 0 or v.sum() == 0")),
    "right_angle": Mistake("vectors at a right angle are refused: u . v is 0 there, and so is the cosine. Only a vector in which every number is 0 has no angle.", (CHECK, "u @ v == 0")),
    "epsilon": Mistake("something is added to the divisor, against dividing by 0: then the cosine of short vectors is too small. Raise ValueError for a vector of zeros.",
        (CHECK, "False"), ("(norm_u * norm_v)", "(norm_u * norm_v + 1e-8)")),
}
# fmt: on

# a ValueError where none is right is a result like another, whatever its words, so that the mistake behind it is named
EXERCISE = Exercise(
    right=cosine_similarity,
    draw=draw,
    visible=1,
    hidden=2,
    mistakes=MISTAKES,
    probe=RAISED.format(error="ValueError"),
    rtol=1e-9,
    atol=1e-12,
)
