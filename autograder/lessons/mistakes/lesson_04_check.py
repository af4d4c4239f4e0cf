"""Known mistakes of lesson 4, `gradient_check`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.lessons.exercise import Mistake

Params = dict[str, np.ndarray]


def _with_gradient(arrays: Params, gradients: Params) -> list[str]:
    return [name for name in arrays if "d" + name in gradients]


def _checked(
    *,
    quotient: str = "central",
    error: Callable[[np.ndarray, np.ndarray], float] | None = None,
    largest: Callable[[np.ndarray], float] = lambda d: float(np.abs(d).max()),
    prefix: str = "d",
    compare: Callable[[float, float], bool] = operator.le,
    listed: Callable[[Params, Params], list[str]] = _with_gradient,
    default_step: bool = False,
    default_tolerance: bool = False,
    together: bool = False,
    restored: bool = True,
    exact: Callable[..., bool] | None = np.array_equal,
    first: bool = False,
) -> Callable[..., Any]:
    """A wrong `gradient_check`: the right one with one of its ingredients replaced."""

    def relative(g: np.ndarray, n: np.ndarray) -> float:
        norms = np.linalg.norm(g) + np.linalg.norm(n)
        return float(np.linalg.norm(g - n) / norms) if norms else 0.0

    def check(
        loss: Callable[[Params], float],
        arrays: Params,
        gradients: Params,
        *,
        tolerance: float = 1e-7,
        step: float = 1e-5,
    ) -> list[Any]:
        step, tolerance = 1e-5 if default_step else step, 1e-7 if default_tolerance else tolerance
        rows = []
        for name in listed(arrays, gradients)[: 1 if first else None]:
            moved = {key: value.copy() for key, value in arrays.items()}
            n = np.empty_like(arrays[name])
            for i in np.ndindex(n.shape):
                where: Any = ... if together else i
                value = moved[name][where].copy()
                moved[name][where] = value + step
                above = loss(moved)
                moved[name][where] = value if quotient == "forward" else value - step
                below = loss(moved)
                if restored:
                    moved[name][where] = value
                n[i] = (above - below) / (2 * step if quotient == "central" else step)
            g = gradients["d" + name]
            e = (error or relative)(g, n)
            passed = bool(compare(e, tolerance))
            same = passed if exact is None else bool(exact(g, n))
            rows.append((prefix + name, same, e, largest(g - n), passed))
        return rows

    return check


def _norm(value: np.ndarray) -> float:
    return float(np.linalg.norm(value))


def _of_elements(g: np.ndarray, n: np.ndarray) -> float:
    return float(np.max(np.abs(g - n) / np.maximum(np.abs(g) + np.abs(n), 1e-12)))


def _by_sums(g: np.ndarray, n: np.ndarray) -> float:
    sizes = float(np.abs(g).sum() + np.abs(n).sum())
    return float(np.abs(g - n).sum()) / sizes if sizes else 0.0


def _by_own_name(arrays: Params, gradients: Params) -> list[str]:
    for name in arrays:
        gradients[name]  # raises KeyError
    return list(arrays)


CHECK = {
    "forward_difference": Mistake(
        "this is the one-sided difference (L(W + step) - L(W)) / step: go step to both sides.",
        _checked(quotient="forward"),
    ),
    "no_two": Mistake(
        "the difference is divided by step: the two points are 2 * step apart.", _checked(quotient="single")
    ),
    "not_restored": Mistake(
        "an element keeps its moved value while the next one is checked: put it back.", _checked(restored=False)
    ),
    "together": Mistake(
        "all elements are moved at once: each element has a derivative of its own, so move one at a time.",
        _checked(together=True),
    ),
    "absolute": Mistake(
        "the error is not divided by |analytic| + |numerical|: it is absolute, not relative.",
        _checked(error=lambda g, n: _norm(g - n)),
    ),
    "no_sum": Mistake(
        "the error is divided by one norm only: the denominator is |analytic| + |numerical|.",
        _checked(error=lambda g, n: _norm(g - n) / _norm(n) if _norm(n) else 0.0),
    ),
    "largest_norm": Mistake(
        "the error is divided by the larger norm: the denominator is the sum of both.",
        _checked(error=lambda g, n: _norm(g - n) / max(_norm(g), _norm(n)) if _norm(n) else 0.0),
    ),
    "difference_of_norms": Mistake(
        "the norms are subtracted: take the norm of the difference, not the difference of the norms.",
        _checked(error=lambda g, n: abs(_norm(g) - _norm(n)) / (_norm(g) + _norm(n)) if _norm(n) else 0.0),
    ),
    "squared": Mistake(
        "the norms lack their square root.",
        _checked(error=lambda g, n: _norm(g - n) ** 2 / (_norm(g) ** 2 + _norm(n) ** 2) if _norm(n) else 0.0),
    ),
    "zero_by_zero": Mistake(
        "0 / 0 where both gradients vanish: two zeros are equal, their relative error is 0.",
        _checked(error=lambda g, n: float(np.float64(_norm(g - n)) / np.float64(_norm(g) + _norm(n)))),
    ),
    "signed": Mistake("the largest difference lacks its absolute value.", _checked(largest=lambda d: float(d.max()))),
    "mean_difference": Mistake(
        "the mean difference stands in place of the largest.", _checked(largest=lambda d: float(np.abs(d).mean()))
    ),
    "name_without_d": Mistake('the name of a row is that of the gradient: "dW", not "W".', _checked(prefix="")),
    "inverted": Mistake(
        "passed is inverted: it is True where the error is at most the tolerance.", _checked(compare=operator.gt)
    ),
    "below_tolerance": Mistake(
        "passed also where the error equals the tolerance: at most is <=, not <.", _checked(compare=operator.lt)
    ),
    "close_not_exact": Mistake(
        "exact says whether the two are equal in every bit (np.array_equal), not whether they are close.",
        _checked(exact=np.allclose),
    ),
    "every_array": Mistake(
        "gradients need not hold one for every array: an array without a gradient is not checked.",
        _checked(listed=lambda arrays, gradients: list(arrays)),
    ),
    "gradient_without_d": Mistake(
        "`gradients` is asked for the array's own name: the gradient of arrays['W'] is gradients['dW'].",
        _checked(listed=_by_own_name),
    ),
    "none_found": Mistake(
        'no row: whether an array has a gradient is seen by the gradient\'s name, "d" + name.',
        _checked(listed=lambda arrays, gradients: [name for name in arrays if name in gradients]),
    ),
    "exact_is_passed": Mistake(
        "exact says the same as passed: it is True only where the two are equal in every bit (np.array_equal).",
        _checked(exact=None),
    ),
    "sums_of_sizes": Mistake(
        "the norms are sums of absolute values: the norm is the square root of the sum of all squares.",
        _checked(error=_by_sums),
    ),
    "order_of_gradients": Mistake(
        "the rows stand in the order of `gradients`; they are asked for in the order of `arrays`.",
        _checked(listed=lambda arrays, gradients: [name[1:] for name in gradients]),
    ),
    "largest_element": Mistake(
        "this is the largest relative error of a single element: the norms are taken over the whole array first.",
        _checked(error=_of_elements),
    ),
    "step_ignored": Mistake("`step` is ignored.", _checked(default_step=True)),
    "tolerance_ignored": Mistake("`tolerance` is ignored.", _checked(default_tolerance=True)),
    "first_only": Mistake("only one array is checked: is the return inside the loop?", _checked(first=True)),
}
