"""`output_backward`: from the loss to the hidden states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, rnn_parameters
from seqlib import softmax  # noqa: F401 (an edit calls it)


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_a, n_y, m, T_x in (
        ("n_a = 5, n_y = 2, m = 3, T_x = 4", 5, 2, 3, 4),
        ("all sizes equal to 3", 3, 3, 3, 3),
        ("one output, one example, one step", 2, 1, 1, 1),
    ):
        params = {name: value for name, value in rnn_parameters(rng, 2, n_a, n_y).items() if name in ("Wya", "by")}
        a = np.tanh(rng.normal(size=(n_a, m, T_x)))
        yield Inputs(label, (rng.normal(size=(n_y, m, T_x)), a, params), unusual=n_y == 1)


def output_backward(dlogits: np.ndarray, a: np.ndarray, params: dict[str, np.ndarray]) -> Any:
    da = np.zeros(a.shape)
    dWya, dby = np.zeros(params["Wya"].shape), np.zeros(params["by"].shape)
    for t in range(a.shape[2]):
        dz = dlogits[:, :, t]  # (n_y, m)
        da[:, :, t] = params["Wya"].T @ dz
        dWya += dz @ a[:, :, t].T
        dby += dz.sum(axis=1, keepdims=True)
    return {"da": da, "dWya": dWya, "dby": dby}


DZ, DA, DWYA, DBY = "dz = dlogits[:, :, t]", '"da": da', '"dWya": dWya', '"dby": dby'
ADDED = "dby += dz.sum(axis=1, keepdims=True)"

# fmt: off
MISTAKES = {
    "no_transpose": Mistake("da uses W_ya as it is: in the backward pass it is transposed, da<t> = W_ya^T dz<t>.", ('["Wya"].T', '["Wya"]')),
    "dWya_transposed": Mistake("dW_ya is transposed: it has the shape of W_ya, dz<t> a<t>^T.", (DWYA, f"{DWYA}.T")),
    "dWya_last_step": Mistake("dW_ya holds the last step only: W_ya is used at every step, so the steps are added.", ("dWya +=", "dWya =")),
    "last_step_only": Mistake("dW_ya and db_y hold the last step only: both are used at every step, so the steps are added.",
        ("dWya +=", "dWya ="), ("dby +=", "dby =")),
    "first_step_only": Mistake("dW_ya and db_y hold the first step only: is the return inside the loop, or are they set instead of added to?",
        ("dz @", "(t == 0) * dz @"), ("dz.sum", "(t == 0) * dz.sum")),
    "dby_flat": Mistake("db_y is flat: it stays a column (n_y, 1), as b_y is.", (DBY, f"{DBY}.ravel()")),
    "dby_without_keepdims": Mistake("the sum for db_y is flat, and a flat array cannot be added into a column (n_y, 1): sum with keepdims=True.",
        (", keepdims=True", "")),
    "dby_spread": Mistake("db_y has become (n_y, n_y): the sum is flat, and added to a column it spreads out; sum with keepdims=True.",
        (ADDED, "dby = dby + dz.sum(axis=1)")),
    "all_over_m": Mistake("everything is divided by m once more: the 1/m of the cost is already in dlogits.", (DZ, f"{DZ} / a.shape[1]")),
    "dby_mean": Mistake("db_y is a mean over the examples: gradients are added, and the 1/m of the cost is already in dlogits.", ("dz.sum", "dz.mean")),
    "dby_mean_of_all": Mistake("db_y is a mean over examples and steps: gradients are added, and the 1/m of the cost is already in dlogits.",
        (DBY, f"{DBY} / dlogits[0].size")),
    "dWya_over_m": Mistake("dW_ya is divided by m: gradients are added, and the 1/m of the cost is already in dlogits.", (DWYA, f"{DWYA} / a.shape[1]")),
    "sums_first": Mistake("dW_ya is the product of two sums: multiply first, dz<t> a<t>^T, and add these products over the steps.",
        (DWYA, '"dWya": dlogits.sum(axis=2) @ a.sum(axis=2).T')),
    "return_inside": Mistake("only the first step is done: is the return inside the loop?", (ADDED, f"{ADDED}\n        break")),
    "dby_row": Mistake("db_y is a row: it stays a column (n_y, 1), as b_y is.", (DBY, f"{DBY}.T")),
    "dby_not_summed": Mistake("db_y is not summed: one bias serves all examples and all steps, so they are added.", (DBY, '"dby": dlogits')),
    "dby_over_examples": Mistake("db_y is summed over the examples only: the steps are added too.", (DBY, '"dby": dlogits.sum(axis=1)')),
    "dby_over_steps": Mistake("db_y is summed over the steps only: the examples are added too.", (DBY, '"dby": dlogits.sum(axis=2)')),
    "dby_total": Mistake("db_y is the sum of everything: each of the n_y outputs has a bias of its own.", ("dz.sum(axis=1, keepdims=True)", "dz.sum()")),
    "mean_over_examples": Mistake("the gradients of the weights are divided by m: the 1/m of the cost is already in dlogits; here one sums.",
        (DWYA, f"{DWYA} / a.shape[1]"), (DBY, f"{DBY} / a.shape[1]")),
    "mean_over_steps": Mistake("the gradients of the weights are divided by T_x: the loss of a sequence is a sum over its steps.",
        (DWYA, f"{DWYA} / a.shape[2]"), (DBY, f"{DBY} / a.shape[2]")),
    "da_summed": Mistake("da is summed over the steps: every state has a gradient of its own, (n_a, m, T_x).", (DA, f"{DA}.sum(axis=2)")),
    "da_by_dot": Mistake("np.dot of a matrix and an array with three axes adds up over the examples: multiply step by step, or say the axes (np.einsum, np.tensordot).",
        (DA, '"da": np.dot(params["Wya"].T, dlogits)')),
    "da_by_matmul": Mistake("@ of a matrix and an array with three axes adds up over the examples: multiply step by step, or say the axes (np.einsum, np.tensordot).",
        (DA, '"da": params["Wya"].T @ dlogits')),
    "second_axis": Mistake("dlogits[:, t, :] is example t at all steps: time is the last axis, so step t is dlogits[:, :, t].",
        (DZ, "dz = dlogits[:, t, :]")),  # raises, unless m = T_x
    "reshaped": Mistake("time was the first axis of da, which was then given another shape: reshape fills in the numbers anew; np.stack(..., axis=2) or np.moveaxis moves an axis.",
        (DA, '"da": np.moveaxis(da, 2, 0).reshape(da.shape)')),
    "tanh_too_early": Mistake("da is multiplied by 1 - a^2: the derivative of tanh belongs to rnn_cell_backward.", (DA, f"{DA} * (1 - a**2)")),
    "softmax_twice": Mistake("a derivative of the softmax is multiplied in: dlogits is already the gradient before the softmax.",
        (DZ, f'y_hat = softmax(params["Wya"] @ a[:, :, t] + params["by"])\n        {DZ} * y_hat * (1 - y_hat)')),
    "squeezed": Mistake("np.squeeze and reshape(-1) take away axes of length 1 as well, such as that of a single example or output: index the axes, and sum with keepdims=True.",
        (DZ, f"{DZ}.squeeze()")),  # raises where one size is 1
    "minus": Mistake("every gradient has the wrong sign.", (DZ, "dz = -dlogits[:, :, t]")),
}
# fmt: on

EXERCISE = Exercise(
    right=output_backward,
    draw=draw,
    visible=1,
    hidden=2,
    mistakes=MISTAKES,
    parts=(
        Part("da", "da", 1, ("n_a", "m", "T_x")),
        Part("dWya", "dWya", 1, ("n_y", "n_a")),
        Part("dby", "dby", 1, ("n_y", "1")),
    ),
)
