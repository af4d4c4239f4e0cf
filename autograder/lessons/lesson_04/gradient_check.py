"""`gradient_check`: gradients compared with central differences."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

import seqlib
from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

Params = dict[str, np.ndarray]
COLUMNS = ("the name", "exact", "the relative error", "the largest difference", "passed")
PROBE = """
def probe(function, arrays, gradients, **options):
    def loss(arrays):
        return float((arrays["W"] ** 3).sum() + (arrays["W"].sum() ** 2 * arrays["b"] ** 3).sum())

    rows = function(loss, arrays, gradients, **options)
    return [tuple(row) if isinstance(row, (tuple, list)) else row for row in rows] if isinstance(rows, (tuple, list)) else rows
"""


def draw(rng: Generator) -> Iterator[Inputs]:
    # Cubic in every element: a central difference is never exact, so that no verdict hangs on the last bit.
    def arrays(*shapes: tuple[int, ...]) -> tuple[Params, Params]:
        W, b = (np.array(rng.uniform(0.5, 1.5, size=shape)) for shape in shapes or ((2, 3), (2, 1)))
        return {"W": W, "b": b}, {"dW": 3 * W**2 + 2 * W.sum() * (b**3).sum(), "db": 3 * W.sum() ** 2 * b**2}

    values, right = arrays()
    yield Inputs("right gradients, db before dW", (values, {"db": right["db"], "dW": right["dW"]}), aspect="right")
    values, right = arrays()
    values["x"] = rng.normal(size=(2, 2))
    yield Inputs("an array without a gradient", (values, right), {"step": 0.02}, aspect="right")
    yield Inputs("W with three axes, b with one", arrays((2, 1, 2), (3,)), {"step": 0.03}, aspect="right")
    values, right = arrays()
    right["dW"][1, 2] *= 1.5
    yield Inputs("one element of dW wrong", (values, right), aspect="wrong")
    values, right = arrays()
    right["db"] = 0.9 * right["db"]
    yield Inputs("db too small", (values, right), {"tolerance": 0.2, "step": 0.05}, aspect="wrong")
    values, right = arrays()
    right = {name: 0.9 * value for name, value in right.items()}
    values["dense"], right["ddense"] = rng.normal(size=(2, 1)), np.zeros((2, 1))
    options = {"step": 0.01, "tolerance": 0.0}
    yield Inputs("a loss that does not depend on the array dense", (values, right), options, aspect="zero")
    small = 1e-3 * arrays()[0]["W"]
    gradient = 3 * small**2
    gradient[0, 1] *= 1.5
    no_b = {"W": small, "b": np.zeros((2, 1))}
    yield Inputs("a small gradient with one element wrong", (no_b, {"dW": gradient}), {"step": 1e-4}, aspect="wrong")
    values, right = arrays()
    values["W"], right["dW"] = np.asfortranarray(values["W"]), np.asfortranarray(right["dW"])
    yield Inputs("W is a transposed view", (values, right), aspect="layout", unusual=True, dependent=True)
    values, right = arrays((2, 2), ())
    right["db"] = np.array(right["db"])
    yield Inputs("b has the shape ()", (values, right), {"step": 0.03}, aspect="right", unusual=True)


def gradient_check(
    loss: Any, arrays: Params, gradients: Params, *, tolerance: float = 1e-7, step: float = 1e-5
) -> list[Any]:
    rows = []
    for name in [name for name in arrays if "d" + name in gradients]:
        moved = {key: value.copy() for key, value in arrays.items()}
        numerical = np.empty(arrays[name].shape)
        for i in np.ndindex(numerical.shape):
            value = moved[name][i]
            moved[name][i] = value + step
            above = loss(moved)
            moved[name][i] = value - step
            below = loss(moved)
            moved[name][i] = value
            numerical[i] = (above - below) / (2 * step)
        analytic = gradients["d" + name]
        norms = np.linalg.norm(analytic) + np.linalg.norm(numerical)
        error = np.linalg.norm(analytic - numerical) / norms if norms else 0.0
        passed = error <= tolerance
        largest = np.abs(analytic - numerical).max()
        rows.append(("d" + name, np.array_equal(analytic, numerical), error, largest, passed))
    return rows


BODY = """value = moved[name][i]
            moved[name][i] = value + step
            above = loss(moved)
            moved[name][i] = value - step
            below = loss(moved)
            moved[name][i] = value
            numerical[i] = (above - below) / (2 * step)"""
NORMS, ERROR = (
    "np.linalg.norm(analytic) + np.linalg.norm(numerical)",
    "np.linalg.norm(analytic - numerical) / norms if norms else 0.0",
)
DISTANCE, EXACT = "np.linalg.norm(analytic - numerical)", "np.array_equal(analytic, numerical)"
LARGEST = "np.abs(analytic - numerical).max()"
NAMES = '[name for name in arrays if "d" + name in gradients]'
BESIDE = "np.abs(analytic - numerical) / np.maximum(np.abs(analytic) + np.abs(numerical), 1e-12)"

# fmt: off
MISTAKES = {
    "forward_difference": Mistake("this is the one-sided difference (L(W + step) - L(W)) / step: go step to both sides.",
        ("value - step", "value"), ("(2 * step)", "step")),
    "no_two": Mistake("the difference is divided by step: the two points are 2 * step apart.", ("(2 * step)", "step")),
    "not_restored": Mistake("an element keeps its moved value while the next one is checked: put it back.", ("            moved[name][i] = value\n", "")),
    "together": Mistake("all elements are moved at once: each element has a derivative of its own, so move one at a time.",
        ("value = moved[name][i]", "value = moved[name]"), ("moved[name][i] = value + step", "moved[name] = value + step"),
        ("moved[name][i] = value - step", "moved[name] = value - step"), ("moved[name][i] = value\n", "moved[name] = value\n")),
    "whole_rows": Mistake("all elements of a row are moved at once: each element has a derivative of its own, so go through all indices (np.ndindex).",
        ("np.ndindex(numerical.shape)", "range(len(numerical))"), ("value = moved[name][i]\n", "value = moved[name][i].copy()\n")),
    "whole_rows_of_a_view": Mistake("all elements of a row are moved at once, and moved[name][i] is a part of the array, not a copy: go through all indices (np.ndindex).",
        ("np.ndindex(numerical.shape)", "range(len(numerical))")),
    "shallow_copies": Mistake("dict(arrays) and arrays.copy() copy the dict, not the arrays in it, so that what is moved up is moved down as well: copy the array that is moved.",
        (BODY, "up, down = dict(moved), dict(moved)\n            up[name][i] += step\n            down[name][i] -= step\n            numerical[i] = (loss(up) - loss(down)) / (2 * step)")),
    "shallow_copies_in_turn": Mistake("dict(arrays) and arrays.copy() copy the dict, not the arrays in it, so that an element that was moved up is still there when it is moved down: copy the array that is moved.",
        ("value - step", "value")),
    "moved_in_a_copy": Mistake("ravel() and reshape(-1) copy an array that is not contiguous in memory, such as a transposed one, so that nothing is moved: move array[i] (np.ndindex) or array.flat[k].",
        ("value.copy()", 'value.copy(order="K")'), ("for i in np.ndindex(numerical.shape)", "for place, i in enumerate(np.ndindex(numerical.shape))"),
        ("moved[name][i] = value + step", "moved[name].reshape(-1)[place] = value + step"),
        ("moved[name][i] = value - step", "moved[name].reshape(-1)[place] = value - step"),
        ("moved[name][i] = value\n", "moved[name].reshape(-1)[place] = value\n")),
    "name_stripped": Mistake('the name of an array is not its gradient\'s name without every "d": cut off the first letter only, name[1:], or go through `arrays`.',
        (NAMES, '[name for name in arrays if any(gradient.strip("d") == name for gradient in gradients)]')),
    "absolute": Mistake("the error is not divided by |analytic| + |numerical|: it is absolute, not relative.", (ERROR, DISTANCE)),
    "no_sum": Mistake("the error is divided by one norm only: the denominator is |analytic| + |numerical|.", (NORMS, "np.linalg.norm(numerical)")),
    "largest_norm": Mistake("the error is divided by the larger norm: the denominator is the sum of both.",
        (NORMS, "max(np.linalg.norm(analytic), np.linalg.norm(numerical))")),
    "difference_of_norms": Mistake("the norms are subtracted: take the norm of the difference, not the difference of the norms.",
        (DISTANCE, "abs(np.linalg.norm(analytic) - np.linalg.norm(numerical))")),
    "squared": Mistake("the norms lack their square root.",
        (NORMS, "np.linalg.norm(analytic) ** 2 + np.linalg.norm(numerical) ** 2"), (DISTANCE, f"{DISTANCE} ** 2")),
    "zero_by_zero": Mistake("0 / 0 where both gradients vanish: two zeros are equal, their relative error is 0.", (" if norms else 0.0", "")),
    "damped": Mistake("a small number is added to the norms, so that the error of a small gradient comes out too small: divide by the norms alone, and give 0 where both are 0.",
        (NORMS, f"{NORMS} + 1e-8")),
    "signed": Mistake("the largest difference lacks its absolute value.", ("np.abs(analytic - numerical)", "(analytic - numerical)")),
    "mean_difference": Mistake("the mean difference stands in place of the largest.", (".max()", ".mean()")),
    "name_without_d": Mistake('the name of a row is that of the gradient: "dW", not "W".', ('append(("d" + name', "append((name")),
    "inverted": Mistake("passed is inverted: it is True where the error is at most the tolerance.", ("<= tolerance", "> tolerance")),
    "below_tolerance": Mistake("passed also where the error equals the tolerance: at most is <=, not <.", ("<= tolerance", "< tolerance")),
    "close_not_exact": Mistake("exact says whether the two are equal in every bit (np.array_equal), not whether they are close.",
        ("np.array_equal", "np.allclose")),
    "every_array": Mistake("gradients need not hold one for every array: an array without a gradient is not checked.", (NAMES, "arrays")),
    "gradient_without_d": Mistake("`gradients` is asked for the array's own name: the gradient of arrays['W'] is gradients['dW'].",
        (NAMES, "arrays"), ('gradients["d" + name]', "gradients[name]")),
    "none_found": Mistake('no row: whether an array has a gradient is seen by the gradient\'s name, "d" + name.', ('if "d" + name in', "if name in")),
    "exact_is_passed": Mistake("exact says the same as passed: it is True only where the two are equal in every bit (np.array_equal).", (EXACT, "passed")),
    "sums_of_sizes": Mistake("the norms are sums of absolute values: the norm is the square root of the sum of all squares.",
        (NORMS, "np.abs(analytic).sum() + np.abs(numerical).sum()"), (DISTANCE, "abs(analytic - numerical).sum()")),
    "order_of_gradients": Mistake("the rows stand in the order of `gradients`; they are asked for in the order of `arrays`.",
        (NAMES, "[name[1:] for name in gradients]")),
    "largest_element": Mistake("this is the largest relative error of a single element: the norms are taken over the whole array first.",
        (ERROR, f"({BESIDE}).max()")),
    "largest_element_by_maximum": Mistake("this is the largest relative error of a single element, divided by the larger of the two: the norms are taken over the whole array first.",
        (ERROR, f"({BESIDE.replace('np.abs(analytic) + np.abs(numerical)', 'np.maximum(np.abs(analytic), np.abs(numerical))')}).max()")),
    "passed_by_difference": Mistake("passed compares the largest difference with the tolerance: compare the relative error with it.",
        ("error <= tolerance", f"{LARGEST} <= tolerance")),
    "step_ignored": Mistake("`step` is ignored.", ("rows = []", "rows, step = [], 1e-5")),
    "tolerance_ignored": Mistake("`tolerance` is ignored.", ("<= tolerance", "<= 1e-7")),
    "first_only": Mistake("only one array is checked: is the return inside the loop?", (NAMES, f"{NAMES}[:1]")),
}
# fmt: on

EXERCISE = Exercise(
    right=gradient_check,
    reference=functools.partial(seqlib.gradient_check, verbose=False),
    draw=draw,
    visible=2,
    hidden=3,
    probe=PROBE,
    rtol=1e-6,
    atol=1e-7,
    mistakes=MISTAKES,
    parts=(Part("the rows", columns=COLUMNS),),
)
