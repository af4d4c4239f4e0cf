"""`jacobian_norms`: how much of a gradient is left, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_a, m, T_x, size in (
        ("n_a = 3, m = 2, T_x = 5", 3, 2, 5, 1.0),
        ("all sizes equal to 4", 4, 4, 4, 1.0),
        ("one example (m = 1)", 2, 1, 6, 1.0),
        ("one step (T_x = 1)", 3, 2, 1, 1.0),
        ("one unit (n_a = 1)", 1, 2, 4, 1.0),
        ("small weights, norms down to 1e-90", 2, 3, 7, 1e-15),
    ):
        a = rng.uniform(0.2, 0.9, size=(n_a, m, T_x)) * rng.choice([-1.0, 1.0], size=(n_a, m, T_x))
        Waa = size * rng.uniform(0.5, 1.5, size=(n_a, n_a)) * rng.choice([-1.0, 1.0], size=(n_a, n_a))
        aspect = "one step" if T_x == 1 else "steps"
        yield Inputs(label, (a, Waa), aspect=aspect, unusual=n_a == 1 or size < 1, dependent=T_x == 1)


def jacobian_norms(a: np.ndarray, Waa: np.ndarray) -> Any:
    n_a, m, T_x = a.shape
    norms = np.ones((m, T_x))
    for i in range(m):
        product = np.eye(n_a)  # da<T>/da<T>
        for k in reversed(range(T_x - 1)):
            slopes = 1 - a[:, i, k + 1] ** 2
            product = product @ (np.diag(slopes) @ Waa)
            norms[i, k] = np.linalg.norm(product, 2)
    return norms


STEP, SLOPES, NORM, RETURN = (
    "product @ (np.diag(slopes) @ Waa)",
    "1 - a[:, i, k + 1] ** 2",
    "np.linalg.norm(product, 2)",
    "return norms",
)

# fmt: off
MISTAKES = {
    "frobenius": Mistake("this is the root of the sum of squares (np.linalg.norm without an order): the largest singular value is np.linalg.norm(..., 2).", (NORM, "np.linalg.norm(product)")),
    "frobenius_everywhere": Mistake("this is the root of the sum of squares (np.linalg.norm without an order), also for da<T>/da<T>: the largest singular value is np.linalg.norm(..., 2), and 1 for the identity.",
        (NORM, "np.linalg.norm(product)"), (RETURN, "norms[:, -1] = np.sqrt(n_a)\n    return norms")),
    "spectral_radius": Mistake("this is the spectral radius of the product: the norm is its largest singular value, which is never smaller.", (NORM, "np.abs(np.linalg.eigvals(product)).max()")),
    "smallest": Mistake("this is the smallest singular value (np.linalg.svd gives the largest first): the norm is the largest.", (NORM, "np.linalg.norm(product, -2)")),
    "mean_singular_value": Mistake("this is the mean of the singular values: the norm is the largest of them.", (NORM, "np.linalg.svd(product)[1].mean()")),
    "column_sums": Mistake("this is the largest column sum (order 1): the largest singular value is order 2.", (NORM, "np.linalg.norm(product, 1)")),
    "sign_of_one_unit": Mistake("with one unit the product itself stands in the place of its norm: the norm is its absolute value.", (NORM, "np.linalg.norm(product, 2) if n_a > 1 else product[0, 0]")),
    "squared_norm": Mistake("this is the eigenvalue of the product times its transpose: the singular value is its square root.", (NORM, "np.linalg.norm(product, 2) ** 2")),
    "slopes_one_early": Mistake("the slope is taken at a<k>: the step from a<k> to a<k+1> has the slope 1 - (a<k+1>)^2.", ("a[:, i, k + 1]", "a[:, i, k]")),
    "no_slopes": Mistake("the slopes of tanh are left out: each step has the factor diag(1 - a^2) W_aa, not W_aa alone.", (STEP, "product @ Waa")),
    "not_squared": Mistake("the slope of tanh is 1 - a^2; the square is missing.", (SLOPES, "1 - a[:, i, k + 1]")),
    "tanh_again": Mistake("tanh is applied once more: the states are tanh(z) already, and the slope is 1 - a^2.", (SLOPES, "1 - np.tanh(a[:, i, k + 1]) ** 2")),
    "sigmoid": Mistake("a (1 - a) is the slope of the sigmoid; that of tanh is 1 - a^2.", (SLOPES, "a[:, i, k + 1] * (1 - a[:, i, k + 1])")),
    "other_side": Mistake("the slopes are on the wrong side of W_aa: da<k+1>/da<k> is diag(1 - a^2) W_aa, so row i of W_aa is multiplied by slope i.", ("np.diag(slopes) @ Waa", "Waa @ np.diag(slopes)")),
    "transposed": Mistake("W_aa is transposed: in the Jacobian of the step it is as it is; the transpose belongs to a gradient that is sent backward.", ("@ Waa", "@ Waa.T")),
    "order": Mistake("the factors are in the wrong order: going from k + 1 to k, the new factor comes on the right.", (STEP, "(np.diag(slopes) @ Waa) @ product")),
    "norms_multiplied": Mistake("the norms of the single steps are multiplied: that is only an upper bound; multiply the matrices, then take the norm.",
        (STEP, "np.diag(slopes) @ Waa"), (NORM, "norms[i, k + 1] * np.linalg.norm(product, 2)")),
    "one_step": Mistake("only the Jacobian of one step is taken: for da<T>/da<k> all steps from k to T are multiplied.", (STEP, "np.diag(slopes) @ Waa")),
    "elementwise": Mistake("* multiplies element by element: a product of matrices is @.", (STEP, "product * (np.diag(slopes) @ Waa)")),
    "by_lag": Mistake("the norms stand in the order of the lag: column k belongs to step k, so the last column is 1.", (RETURN, "return norms[:, ::-1]")),
    "from_the_first": Mistake("these are da<k>/da<1>, from the first step onward: wanted are da<T>/da<k>, with the last step on top.",
        ("product = np.eye(n_a)  # da<T>/da<T>\n        for k in reversed(range(T_x - 1)):", "product = np.eye(n_a)\n        for k in range(1, T_x):"),
        ("a[:, i, k + 1]", "a[:, i, k]"), (STEP, "np.diag(slopes) @ Waa @ product")),
    "one_too_many": Mistake("there is one factor too many: the last column is da<T>/da<T>, the identity, whose norm is 1.",
        ("reversed(range(T_x - 1))", "reversed(range(T_x))"), ("a[:, i, k + 1]", "a[:, i, k]")),
    "last_left_out": Mistake("the last column is missing: da<T>/da<T> is the identity, whose norm is 1.", (RETURN, "return norms[:, :-1]")),
    "last_zero": Mistake("the last column is 0: da<T>/da<T> is the identity, whose norm is 1.", ("np.ones", "np.zeros")),
    "mean_over_examples": Mistake("the norms are averaged over the examples: each example has a row of its own, (m, T_x).", (RETURN, "return norms.mean(axis=0)")),
    "first_example": Mistake("only the first example is done: is the return inside the loop?", (RETURN, "return norms[:1]")),
    "first_example_for_all": Mistake("every example gets the norms of the first: each has states of its own.", ("a[:, i, k + 1]", "a[:, 0, k + 1]")),
    "transposed_result": Mistake("the axes are swapped: the result is (m, T_x), a row for each example.", (RETURN, "return norms.T")),
    "not_restarted": Mistake("the product of one example goes on into the next: each begins with the identity again.",
        ("for i in range(m):\n        product = np.eye(n_a)  # da<T>/da<T>\n", "product = np.eye(n_a)\n    for i in range(m):\n")),
    "mean_state": Mistake("the slopes are those of the mean state: each example has states, and so a product, of its own.",
        ("a[:, i, k + 1]", "a[:, :, k + 1].mean(axis=1)")),
    "mean_slope": Mistake("the slopes are averaged over the examples: each example has slopes, and so a product, of its own.",
        (SLOPES, "1 - (a[:, :, k + 1] ** 2).mean(axis=1)")),
    "length_of_ones": Mistake("this is the length of the product times a vector of ones: the norm is the largest over all vectors of length 1.", (NORM, "np.linalg.norm(product @ np.ones(n_a))")),
}
# fmt: on

EXERCISE = Exercise(
    right=jacobian_norms,
    draw=draw,
    visible=2,
    hidden=3,
    again=True,
    mistakes=MISTAKES,
    parts=(Part("the norms", axes=("m", "T_x")),),
    atol=0.0,
)
