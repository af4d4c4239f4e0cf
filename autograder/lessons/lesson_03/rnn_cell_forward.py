"""`rnn_cell_forward`: one step in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import seqlib
from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, rnn_parameters
from seqlib import softmax


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, n_y, m in (
        ("n_x = 3, n_a = 5, n_y = 2, m = 4", 3, 5, 2, 4),
        ("one example (m = 1)", 3, 3, 4, 1),
        ("all sizes equal to 3", 3, 3, 3, 3),
    ):
        # Small pre-activations: where tanh saturates, different answers look alike.
        x_t, a_prev = 0.5 * rng.normal(size=(n_x, m)), 0.5 * rng.normal(size=(n_a, m))
        yield Inputs(label, (x_t, a_prev, rnn_parameters(rng, n_x, n_a, n_y)), aspect="small numbers")
    one_hot, zeros = np.eye(3, dtype=bool)[:, rng.permutation(3)[:2]], np.zeros((2, 2), dtype=int)
    given = (one_hot, zeros, rnn_parameters(rng, 3, 2, 2))
    yield Inputs("a one-hot input of truth values, a state of zeros", given, aspect="whole numbers", unusual=True)
    # The formula of the softmax as it stands is right here, and so is subtracting each column's largest score.
    x_t, a_prev = 0.5 * rng.normal(size=(2, 2)), 0.5 * rng.normal(size=(3, 2))
    params = rnn_parameters(rng, 2, 3, 2)
    a_next = rnn_cell_forward(x_t, a_prev, params)[0]
    params["Wya"] += np.linalg.lstsq(a_next.T, np.array([500.0, -500.0]), rcond=None)[0]
    yield Inputs("scores of about 500 and -500", (x_t, a_prev, params), aspect="large scores", unusual=True)


def rnn_cell_forward(x_t: np.ndarray, a_prev: np.ndarray, params: dict[str, np.ndarray]) -> Any:
    z = params["Waa"] @ a_prev + params["Wax"] @ x_t + params["ba"]  # (n_a, m)
    a_next = np.tanh(z)
    scores = params["Wya"] @ a_next + params["by"]  # (n_y, m)
    y_hat_t = softmax(scores)
    return a_next, y_hat_t, (a_next, a_prev, x_t, params)


WAA, WAX = 'params["Waa"] @ a_prev', 'params["Wax"] @ x_t'
PRODUCTS = f"{WAA} + {WAX}"

# fmt: off
MISTAKES = {
    "waa_transposed": Mistake("W_aa is transposed: with column vectors the product is W_aa @ a_prev.", ('["Waa"]', '["Waa"].T')),
    "wax_transposed": Mistake("W_ax is transposed: it is (n_a, n_x) and stands to the left of x_t.", ('["Wax"]', '["Wax"].T')),
    "row_vectors": Mistake("the products are in the row-vector order (x @ W); the columns of x_t and a_prev are the examples here: W @ x.",
        (PRODUCTS, 'a_prev @ params["Waa"] + x_t @ params["Wax"]')),
    "weights_swapped": Mistake("W_aa and W_ax are swapped: W_ax multiplies x and W_aa multiplies a.",
        (PRODUCTS, 'params["Wax"] @ a_prev + params["Waa"] @ x_t')),
    "element_wise": Mistake("`*` multiplies element by element; a matrix product is `@` or np.dot.",
        (PRODUCTS, 'params["Waa"] * a_prev + params["Wax"] * x_t')),
    "no_state": Mistake("the previous state is not used: W_aa a<t-1> is missing.", (f"{WAA} + ", "")),
    "no_input": Mistake("the input is not used: W_ax x<t> is missing.", (f" + {WAX}", "")),
    "minus": Mistake("a term is subtracted: the two products are added.", (f"+ {WAX}", f"- {WAX}")),
    "no_ba": Mistake("the bias b_a is missing.", (' + params["ba"]', "")),
    "no_by": Mistake("the bias b_y is missing.", (' + params["by"]', "")),
    "no_biases": Mistake("the biases b_a and b_y are missing.", (' + params["ba"]', ""), (' + params["by"]', "")),
    "ba_row": Mistake("b_a is flattened or turned into a row: it is a column (n_a, 1) and is added to every example's column.", ('["ba"]', '["ba"].ravel()')),
    "by_row": Mistake("b_y is flattened or turned into a row: it is a column (n_y, 1) and is added to every example's column.", ('["by"]', '["by"].ravel()')),
    "sigmoid_state": Mistake("the state uses a sigmoid; g1 is tanh.", ("np.tanh(z)", "1 / (1 + np.exp(-z))")),
    "relu_state": Mistake("the state uses ReLU; in this exercise g1 is tanh.", ("np.tanh(z)", "np.maximum(z, 0)")),
    "bias_outside": Mistake("b_a is added outside of tanh, which acts on the whole sum: tanh(W_aa a<t-1> + W_ax x<t> + b_a).",
        (' + params["ba"]', ""), ("np.tanh(z)", 'np.tanh(z) + params["ba"]')),
    "tanh_of_each": Mistake("tanh of each term is taken before they are added: the terms are added first, then tanh once.",
        (f'{PRODUCTS} + params["ba"]', f'np.tanh({WAA}) + np.tanh({WAX}) + np.tanh(params["ba"])'), ("np.tanh(z)", "z")),
    "a_prev_added": Mistake("a_prev is added to the new state as it is: it enters only through W_aa, inside tanh.", ("np.tanh(z)", "a_prev + np.tanh(z)")),
    "linear_state": Mistake("the state has no activation: tanh is missing.", ("np.tanh(z)", "z")),
    "logits": Mistake("y_hat_t holds the logits: the softmax is missing.", ("softmax(scores)", "scores")),
    "softmax_over_examples": Mistake("the softmax runs over the examples (axis=1): it runs over the classes, axis=0, so that each column sums to 1.",
        ("softmax(scores)", "softmax(scores, axis=1)")),
    "softmax_over_all": Mistake("the softmax divides by the sum of everything: each example's column must sum to 1 (axis=0, keepdims=True).",
        ("softmax(scores)", "np.exp(scores) / np.exp(scores).sum()")),
    "batch_largest": Mistake("the largest score of the whole batch is subtracted, so that all exponentials of a column far below it are 0, and 0 / 0 is nan: subtract each column's own largest (axis=0, keepdims=True).",
        ("softmax(scores)", "np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum(axis=0)")),
    "type_of_a_prev": Mistake("a_next takes the type of a_prev: where that holds whole numbers, the fractions are cut off; np.zeros(...) without dtype is float64.",
        ("np.tanh(z)", "np.tanh(z).astype(a_prev.dtype)")),
    "no_exp": Mistake("the scores are divided by their sum without exp: softmax is exp(z) / sum of exp(z).",
        ("softmax(scores)", "scores / scores.sum(axis=0)")),
    "sigmoid_output": Mistake("the output uses a sigmoid; here g2 is softmax.", ("softmax(scores)", "1 / (1 + np.exp(-scores))")),
    "tanh_output": Mistake("the output has tanh as well; here g2 is softmax alone.", ("softmax(scores)", "softmax(np.tanh(scores))")),
    "output_of_a_prev": Mistake("y_hat_t is computed from a_prev: the output sees the new state a_next.", ('["Wya"] @ a_next', '["Wya"] @ a_prev')),
    "output_of_z": Mistake("y_hat_t is computed from z, before tanh: the output sees the state a_next.", ('["Wya"] @ a_next', '["Wya"] @ z')),
    "order_of_results": Mistake("the results are in another order: return a_next, y_hat_t, cache.", ("return a_next, y_hat_t", "return y_hat_t, a_next")),
}
# fmt: on


def _of_floats(x_t: np.ndarray, a_prev: np.ndarray, params: dict[str, np.ndarray]) -> Any:
    """The library's function, which takes floats only."""
    return seqlib.rnn_cell_forward(x_t.astype(float), a_prev.astype(float), params)


EXERCISE = Exercise(
    right=rnn_cell_forward,
    reference=_of_floats,
    draw=draw,
    visible=2,
    hidden=3,
    mistakes=MISTAKES,
    parts=(Part("a_next", 0, 2, ("n_a", "m")), Part("y_hat_t", 1, 1, ("n_y", "m"))),
)
