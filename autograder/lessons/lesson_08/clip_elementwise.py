"""`clip_elementwise`: every element cut to a range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

Params = dict[str, np.ndarray]


def draw(rng: Generator) -> Iterator[Inputs]:
    def signed(*shape: int, least: float = 0.2, most: float = 3.0) -> np.ndarray:
        return np.asarray(rng.uniform(least, most, size=shape) * rng.choice([-1.0, 1.0], size=shape))

    limit = float(rng.uniform(0.6, 0.9))
    weights, bias = signed(2, 3), signed(2, 1)
    weights[0] = [-2.5, 0.4, 1.7]  # beyond the limit on both sides, and within
    weights[1, 1], bias[:, 0] = 0.0, [-0.3, 1.9]
    yield Inputs(
        "two arrays, elements beyond the limit on both sides", ({"dWaa": weights, "dba": bias}, limit), aspect="finite"
    )
    within = {"dW": signed(2, 1, 2, least=1.02, most=1.4), "dscale": signed(3, least=1.02, most=1.4)}
    yield Inputs(
        "arrays with three axes and with one, all within the limit",
        (within, float(rng.uniform(1.5, 1.9))),
        aspect="finite",
    )
    yield Inputs("an array without axes", ({"dscale": signed(least=1.5)}, limit), aspect="finite", unusual=True)
    infinite = {"dWax": np.array([[np.inf, -0.5], [0.25, -np.inf]])}
    yield Inputs(
        "infinite elements (they are cut, and no error)",
        (infinite, limit),
        aspect="not finite",
        raises="FloatingPointError",
        unusual=True,
    )
    bad = {"dWaa": signed(2, 2), "dWax": np.array([[1.5, np.nan, 0.2]]), "dba": signed(2, 1)}
    yield Inputs(
        "NaN in one element of the second array of three (FloatingPointError)",
        (bad, limit),
        aspect="not finite",
        raises="FloatingPointError",
        unusual=True,
    )


def clip_elementwise(gradients: Params, limit: float) -> Any:
    for name in gradients:
        if np.isnan(gradients[name]).any():
            raise FloatingPointError(f"NaN in {name}")
    return {name: np.clip(gradients[name], -limit, limit) for name in gradients}


CLIP = "np.clip(gradients[name], -limit, limit)"
CHECK = "if np.isnan(gradients[name]).any()"

# fmt: off
MISTAKES = {
    "above_only": Mistake("only large positive elements are cut: elements below -limit have to be raised to -limit as well.",
        (CLIP, "np.minimum(gradients[name], limit)")),
    "below_only": Mistake("only large negative elements are cut: elements above limit have to be lowered to limit as well.",
        (CLIP, "np.maximum(gradients[name], -limit)")),
    "from_zero": Mistake("the range starts at 0, so that negative elements are lost: it is -limit to limit.", ("-limit, limit", "0, limit")),
    "sign_lost": Mistake("the signs are lost: cut the element itself, not its absolute value.", ("np.clip(gradients[name]", "np.clip(np.abs(gradients[name])")),
    "set_to_zero": Mistake("elements beyond the limit become 0: they become limit or -limit.",
        (CLIP, "np.where(np.abs(gradients[name]) > limit, 0.0, gradients[name])")),
    "all_to_the_limit": Mistake("every element becomes limit or -limit: elements within the range stay as they are.",
        (CLIP, "limit * np.sign(gradients[name])")),
    "positive_limit": Mistake("elements beyond the limit become +limit whatever their sign: negative ones become -limit.",
        (CLIP, "np.where(np.abs(gradients[name]) > limit, limit, gradients[name])")),
    "scaled_each": Mistake("each array is scaled until its largest element fits: only the elements beyond the limit are changed.",
        (CLIP, "gradients[name] * min(1.0, limit / np.abs(gradients[name]).max())")),
    "scaled_together": Mistake("all arrays are scaled by one factor: only the elements beyond the limit are changed.",
        (CLIP, "gradients[name] * min(1.0, limit / max(np.abs(g).max() for g in gradients.values()))")),
    "by_norm": Mistake("this clips by the norm of all arrays together, which is the next function: here each element is cut by itself.",
        (CLIP, "gradients[name] * min(1.0, limit / np.sqrt(sum((g**2).sum() for g in gradients.values())))")),
    "by_own_norm": Mistake("each array is scaled by its own norm: here each element is cut by itself.",
        (CLIP, "gradients[name] * min(1.0, limit / np.linalg.norm(gradients[name]))")),
    "swapped_bounds": Mistake("np.clip takes the lower bound first, then the upper one; with the two swapped every element becomes -limit.",
        ("-limit, limit", "limit, -limit")),
    "limit_one": Mistake("`limit` is ignored: the range is -limit to limit, not -1 to 1.", ("-limit, limit", "-1.0, 1.0")),
    "nan_passes": Mistake("NaN goes through np.clip unchanged: look for it in every array with np.isnan (NaN == np.nan is False), and raise FloatingPointError.", (CHECK, "if False")),
    "nan_as_zero": Mistake("NaN is replaced by a number: nobody will notice then that training has broken; raise FloatingPointError.",
        (CHECK, "if False"), (CLIP, "np.clip(np.nan_to_num(gradients[name], posinf=np.inf, neginf=-np.inf), -limit, limit)")),
    "nan_as_limit": Mistake("NaN has become limit (np.fmin and the min of Python hide it): nobody will notice then that training has broken; raise FloatingPointError.",
        (CHECK, "if False"), (CLIP, "np.fmax(-limit, np.fmin(limit, gradients[name]))")),
    "nan_as_minus_limit": Mistake("NaN has become -limit (np.fmax and the max of Python hide it): nobody will notice then that training has broken; raise FloatingPointError.",
        (CHECK, "if False"), (CLIP, "np.fmin(limit, np.fmax(-limit, gradients[name]))")),
    "factor_for_each": Mistake("an infinite element becomes NaN, which is inf times limit / inf: cut it, np.clip or np.minimum and np.maximum.",
        (CLIP, "gradients[name] * np.minimum(1.0, limit / np.abs(gradients[name]))")),
    "rows": Mistake("an array without axes has no rows to go through: np.clip works on arrays of any shape, no loop is needed.",
        (CLIP, "np.array([np.clip(row, -limit, limit) for row in gradients[name]])")),
    "infinite_refused": Mistake("infinite elements raise an error: they are cut to limit or -limit; only NaN is an error.", ("np.isnan(gradients[name]).any()", "not np.isfinite(gradients[name]).all()")),
    "first_only": Mistake("only one array is returned: is the return inside the loop?", ("limit) for name in gradients}", "limit) for name in list(gradients)[:1]}")),
    "values_only": Mistake("the arrays come back in a list: return a dict with the same names.", ("{name: np.clip(gradients[name], -limit, limit) for name in gradients}", "[np.clip(gradients[name], -limit, limit) for name in gradients]")),
    "flat": Mistake("the arrays have lost their shape: np.clip works on arrays of any shape, no loop over elements is needed.", (CLIP, f"{CLIP}.ravel()")),
}
# fmt: on

EXERCISE = Exercise(
    right=clip_elementwise,
    draw=draw,
    visible=1,
    hidden=1,
    mistakes=MISTAKES,
    parts=(Part("the gradients"),),
    again=True,
    rtol=1e-8,
    atol=0.0,
)
