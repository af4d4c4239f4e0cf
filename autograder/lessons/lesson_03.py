"""Lesson 3, the recurrent network: parameters counted, stacked weights, one cell, the whole forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.lessons.exercise import Exercise, Inputs, Mistake, rnn_parameters
from seqlib import count_parameters, rnn_cell_forward, rnn_forward, softmax, stack_weights
from seqlib.exercises.verdict import Part

Params = dict[str, np.ndarray]


# ---------------------------------------------------------------------------------------------------------------
# count_parameters

GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def _draw_counts(rng: np.random.Generator) -> Iterator[Inputs]:
    def size(low: int, high: int) -> int:
        return int(rng.integers(low, high))

    n_x, n_a, n_y = size(11, 99), size(5, 10), size(2, 5)
    for cell in GATES:
        yield Inputs(f"{cell}, {n_a} units on {n_x} inputs", (cell, n_x, n_a), aspect="cells")
    yield Inputs(f"rnn with an output layer of {n_y}", ("rnn", n_x, n_a, n_y), aspect="output layer")
    yield Inputs(
        f"bidirectional rnn with an output layer of {n_y}",
        ("rnn", n_x, n_a, n_y),
        {"bidirectional": True},
        aspect="output layer",
    )
    yield Inputs("rnn with two biases", ("rnn", n_x, n_a), {"biases": 2}, aspect="biases")
    yield Inputs("lstm with two biases and an output layer", ("lstm", n_x, n_a, n_y), {"biases": 2}, aspect="biases")
    for layers in (2, 3):
        yield Inputs(f"lstm of {layers} layers", ("lstm", n_x, n_a), {"layers": layers}, aspect="layers")
    yield Inputs("bidirectional lstm", ("lstm", n_x, n_a), {"bidirectional": True}, aspect="directions")
    yield Inputs(
        "bidirectional rnn of 2 layers", ("rnn", n_x, n_a), {"layers": 2, "bidirectional": True}, aspect="directions"
    )


def _counted(
    *,
    gates: dict[str, int] = GATES,
    own: Callable[[int, int], int] = lambda n_x, n_a: n_a,
    bias: Callable[[int], int] = lambda biases: biases,
    bias_sets: Callable[[int], int] = lambda sets: sets,
    most: int = 99,
    deeper: Callable[[int, int, int], int] = lambda n_x, n_a, directions: n_a * directions,
    doubled: bool = True,
    top: Callable[[int, int], int] = lambda n_a, directions: n_a * directions,
    out_bias: Callable[[int, int], int] = lambda biases, directions: 1,
) -> Callable[..., int]:
    """A wrong `count_parameters`: the right one with one of its ingredients replaced."""

    def count(
        cell: str,
        n_x: int,
        n_a: int,
        n_y: int | None = None,
        *,
        layers: int = 1,
        bidirectional: bool = False,
        biases: int = 1,
    ) -> int:
        directions = 2 if bidirectional else 1
        total, width = 0, n_x
        for _ in range(min(layers, most)):
            sets = gates[cell]
            each = n_a * (sets * (width + own(n_x, n_a)) + bias_sets(sets) * bias(biases))
            total += each * (directions if doubled else 1)
            width = deeper(n_x, n_a, directions)
        if n_y is not None:
            total += n_y * (top(n_a, directions) + out_bias(biases, directions))
        return total

    return count


COUNT = Exercise(
    name="count_parameters",
    reference=count_parameters,
    draw=_draw_counts,
    visible=1,
    hidden=2,
    mistakes={
        "no_bias": Mistake("the biases b are missing: n_a of them for each gate.", _counted(bias=lambda biases: 0)),
        "one_bias_element": Mistake(
            "a bias has n_a elements, one for each unit, not one for the whole layer.",
            lambda cell, n_x, n_a, n_y=None, *, layers=1, bidirectional=False, biases=1: (
                _counted(bias=lambda b: 0)(cell, n_x, n_a, n_y, layers=layers, bidirectional=bidirectional)
                + GATES[cell] * biases * layers * (2 if bidirectional else 1)
            ),
        ),
        "biases_ignored": Mistake(
            "`biases` is ignored: with biases=2 each gate has two bias vectors.", _counted(bias=lambda biases: 1)
        ),
        "one_bias_set": Mistake(
            "each set of weights has a bias of its own: a GRU has three, an LSTM four, not one for the whole layer.",
            _counted(bias_sets=lambda sets: 1),
        ),
        "no_recurrent": Mistake("the recurrent weights W_aa (n_a, n_a) are missing.", _counted(own=lambda n_x, n_a: 0)),
        "recurrent_of_inputs": Mistake(
            "W_aa is counted as (n_a, n_x): it leads from the state to the state, so it is (n_a, n_a).",
            _counted(own=lambda n_x, n_a: n_x),
        ),
        "one_gate": Mistake(
            "every cell is counted as a plain RNN: a GRU has 3 sets of weights (two gates and a candidate), an LSTM 4.",
            _counted(gates={"rnn": 1, "gru": 1, "lstm": 1}),
        ),
        "no_candidate": Mistake(
            "the candidate has weights of its own: GRU = two gates + candidate = 3 sets, LSTM = three gates + candidate = 4.",
            _counted(gates={"rnn": 1, "gru": 2, "lstm": 3}),
        ),
        "gru_two": Mistake(
            "the full GRU has an update gate, a reset gate and a candidate: 3 sets of weights.",
            _counted(gates={"rnn": 1, "gru": 2, "lstm": 4}),
        ),
        "lstm_three": Mistake(
            "an LSTM has 4 sets of weights: three gates and a candidate.",
            _counted(gates={"rnn": 1, "gru": 3, "lstm": 3}),
        ),
        "rnn_as_gru": Mistake(
            "a plain RNN has one set of weights: it has no gates.", _counted(gates={"rnn": 3, "gru": 3, "lstm": 4})
        ),
        "layers_see_input": Mistake(
            "from the second layer on, the input of a layer is the state below, not x: its width is not n_x.",
            _counted(deeper=lambda n_x, n_a, directions: n_x),
        ),
        "layers_ignored": Mistake("`layers` is ignored: each layer has weights of its own.", _counted(most=1)),
        "two_layers_at_most": Mistake(
            "with `layers` above 1, one more layer is counted; there are layers - 1 more.", _counted(most=2)
        ),
        "one_direction_up": Mistake(
            "a bidirectional layer hands both directions up: the next layer's input has 2 * n_a features.",
            _counted(deeper=lambda n_x, n_a, directions: n_a),
        ),
        "output_one_direction": Mistake(
            "the output layer of a bidirectional network sees both directions: n_y * 2 * n_a weights.",
            _counted(top=lambda n_a, directions: n_a),
        ),
        "direction_ignored": Mistake(
            "`bidirectional` is ignored: the two directions have separate weights.",
            lambda cell, n_x, n_a, n_y=None, *, layers=1, bidirectional=False, biases=1: _counted()(
                cell, n_x, n_a, n_y, layers=layers, biases=biases
            ),
        ),
        "direction_not_doubled": Mistake(
            "the two directions have separate weights: a bidirectional layer has twice as many.",
            _counted(doubled=False),
        ),
        "direction_widens": Mistake(
            "a bidirectional layer is counted as one layer of 2 * n_a units: it is two layers of n_a units, and each sees only its own state.",
            lambda cell, n_x, n_a, n_y=None, *, layers=1, bidirectional=False, biases=1: _counted()(
                cell, n_x, 2 * n_a if bidirectional else n_a, n_y, layers=layers, biases=biases
            ),
        ),
        "no_output_bias": Mistake(
            "the output layer's bias b_y (n_y elements) is missing.", _counted(out_bias=lambda biases, directions: 0)
        ),
        "output_biases": Mistake(
            "the output layer has one bias b_y; `biases` is about the sets of the recurrent layers.",
            _counted(out_bias=lambda biases, directions: biases),
        ),
        "output_bias_twice": Mistake(
            "the bias b_y is counted twice: the output layer is there once, whatever the directions.",
            _counted(out_bias=lambda biases, directions: directions),
        ),
        "no_output": Mistake(
            "with n_y given, the output layer counts too: n_y weights for each feature of the top layer, and n_y biases.",
            lambda cell, n_x, n_a, n_y=None, *, layers=1, bidirectional=False, biases=1: _counted()(
                cell, n_x, n_a, layers=layers, bidirectional=bidirectional, biases=biases
            ),
        ),
    },
    parts=(Part("the count"),),
)


# ---------------------------------------------------------------------------------------------------------------
# stack_weights


def _draw_weights(rng: np.random.Generator) -> Iterator[Inputs]:
    for label, n_a, n_x in (
        ("n_a = 3, n_x = 5", 3, 5),
        ("one unit, one input", 1, 1),
    ):
        yield Inputs(label, (rng.normal(size=(n_a, n_a)), rng.normal(size=(n_a, n_x))))


STACK = Exercise(
    name="stack_weights",
    reference=stack_weights,
    draw=_draw_weights,
    visible=1,
    hidden=1,
    mistakes={
        "swapped": Mistake(
            "the order is [W_aa | W_ax], as in the stacked vector [a; x]; here W_ax stands first.",
            lambda Waa, Wax: np.hstack([Wax, Waa]),
        ),
        "on_top": Mistake(
            "the two matrices stand side by side, (n_a, n_a + n_x); here one is on top of the other (axis=0).",
            lambda Waa, Wax: np.concatenate([Waa, Wax]),
        ),
        "row_convention": Mistake(
            "this is the row-vector convention, (n_a + n_x, n_a); with column vectors W_a is its transpose.",
            lambda Waa, Wax: np.hstack([Waa, Wax]).T,
        ),
        "transposed_blocks": Mistake(
            "W_aa is transposed before it is put in place; it goes in as it is.",
            lambda Waa, Wax: np.hstack([Waa.T, Wax]),
        ),
        "added": Mistake(
            "the two products are added, not the two matrices: the matrices only stand beside each other.",
            lambda Waa, Wax: Waa + Wax,
        ),
        "product": Mistake(
            "this is the product W_aa W_ax: the two matrices are not multiplied, they stand beside each other.",
            lambda Waa, Wax: Waa @ Wax,
        ),
        "flat": Mistake(
            "the result is flat: np.append needs an axis, axis=1 here.", lambda Waa, Wax: np.append(Waa, Wax)
        ),
        "filled_in_order": Mistake(
            "the numbers are filled in row by row (reshape), so that those of W_aa and W_ax do not stay in their own rows.",
            lambda Waa, Wax: np.append(Waa, Wax).reshape(len(Waa), -1),
        ),
        "new_axis": Mistake(
            "np.stack puts arrays of the same shape along a new axis; to put matrices beside each other use np.concatenate with axis=1.",
            lambda Waa, Wax: np.stack([Waa, Wax], axis=1),
        ),
        "axis_2": Mistake(
            "axes count from 0: a matrix has the axes 0 (down) and 1 (to the right); there is no axis 2.",
            lambda Waa, Wax: np.concatenate([Waa, Wax], axis=2),
        ),
        "diagonal": Mistake(
            "the two matrices stand on a diagonal, with zeros beside them: both belong in the same n_a rows.",
            lambda Waa, Wax: np.block(
                [[Waa, np.zeros(Wax.shape)], [np.zeros(Waa.shape), Wax]],
            ),
        ),
        "integers": Mistake(
            "the fractions are cut off: the result is an array of integers (dtype=int).",
            lambda Waa, Wax: np.hstack([Waa, Wax]).astype(int),
        ),
    },
    parts=(Part("W_a", axes=("n_a", "n_a + n_x")),),
)


# ---------------------------------------------------------------------------------------------------------------
# rnn_cell_forward


def _draw_cells(rng: np.random.Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, n_y, m in (
        ("n_x = 3, n_a = 5, n_y = 2, m = 4", 3, 5, 2, 4),
        ("one example (m = 1)", 3, 3, 4, 1),
        ("all sizes equal to 3", 3, 3, 3, 3),
    ):
        # Small pre-activations: where tanh saturates, different answers look alike.
        x_t, a_prev = 0.5 * rng.normal(size=(n_x, m)), 0.5 * rng.normal(size=(n_a, m))
        yield Inputs(label, (x_t, a_prev, rnn_parameters(rng, n_x, n_a, n_y)))


def _cell(
    *,
    product: Callable[[Params, np.ndarray, np.ndarray], np.ndarray] = lambda p, x, a: p["Waa"] @ a + p["Wax"] @ x,
    ba: Callable[[np.ndarray], Any] = lambda b: b,
    by: Callable[[np.ndarray], Any] = lambda b: b,
    g1: Callable[[np.ndarray], np.ndarray] = np.tanh,
    g2: Callable[[np.ndarray], np.ndarray] = lambda z: softmax(z),
    seen: str = "a_next",
) -> Callable[..., Any]:
    """A wrong `rnn_cell_forward`: the right one with one of its ingredients replaced."""

    def cell(x_t: np.ndarray, a_prev: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
        z = product(params, x_t, a_prev) + ba(params["ba"])
        a_next = g1(z)
        y_hat_t = g2(params["Wya"] @ {"a_next": a_next, "a_prev": a_prev, "z": z}[seen] + by(params["by"]))
        return a_next, y_hat_t, None

    return cell


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


def _softmax_over(axis: int | None) -> Callable[[np.ndarray], np.ndarray]:
    return lambda z: np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)


def _then(a_next: Callable[[Params, np.ndarray, np.ndarray], np.ndarray]) -> Callable[..., Any]:
    """A wrong `rnn_cell_forward`: another formula for the state, and the right output of that state."""
    return _cell(product=lambda p, x, a: a_next(p, x, a) - p["ba"], g1=lambda z: z)


def _reordered(x_t: np.ndarray, a_prev: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    a_next, y_hat_t, _ = _cell()(x_t, a_prev, params)
    return y_hat_t, a_next, None


CELL_MISTAKES = {
    "waa_transposed": Mistake(
        "W_aa is transposed: with column vectors the product is W_aa @ a_prev.",
        _cell(product=lambda p, x, a: p["Waa"].T @ a + p["Wax"] @ x),
    ),
    "wax_transposed": Mistake(
        "W_ax is transposed: it is (n_a, n_x) and stands to the left of x_t.",
        _cell(product=lambda p, x, a: p["Waa"] @ a + p["Wax"].T @ x),
    ),
    "row_vectors": Mistake(
        "the products are in the row-vector order (x @ W); the columns of x_t and a_prev are the examples here: W @ x.",
        _cell(product=lambda p, x, a: a @ p["Waa"] + x @ p["Wax"]),
    ),
    "weights_swapped": Mistake(
        "W_aa and W_ax are swapped: W_ax multiplies x and W_aa multiplies a.",
        _cell(product=lambda p, x, a: p["Wax"] @ a + p["Waa"] @ x),
    ),
    "element_wise": Mistake(
        "`*` multiplies element by element; a matrix product is `@` or np.dot.",
        _cell(product=lambda p, x, a: p["Waa"] * a + p["Wax"] * x),
    ),
    "no_state": Mistake(
        "the previous state is not used: W_aa a<t-1> is missing.", _cell(product=lambda p, x, a: p["Wax"] @ x)
    ),
    "no_input": Mistake("the input is not used: W_ax x<t> is missing.", _cell(product=lambda p, x, a: p["Waa"] @ a)),
    "minus": Mistake(
        "a term is subtracted: the two products are added.", _cell(product=lambda p, x, a: p["Waa"] @ a - p["Wax"] @ x)
    ),
    "no_ba": Mistake("the bias b_a is missing.", _cell(ba=lambda b: 0)),
    "no_by": Mistake("the bias b_y is missing.", _cell(by=lambda b: 0)),
    "no_biases": Mistake("the biases b_a and b_y are missing.", _cell(ba=lambda b: 0, by=lambda b: 0)),
    "ba_row": Mistake(
        "b_a is flattened or turned into a row: it is a column (n_a, 1) and is added to every example's column.",
        _cell(ba=lambda b: b.ravel()),
    ),
    "by_row": Mistake(
        "b_y is flattened or turned into a row: it is a column (n_y, 1) and is added to every example's column.",
        _cell(by=lambda b: b.ravel()),
    ),
    "sigmoid_state": Mistake("the state uses a sigmoid; g1 is tanh.", _cell(g1=_sigmoid)),
    "relu_state": Mistake("the state uses ReLU; in this exercise g1 is tanh.", _cell(g1=lambda z: np.maximum(z, 0))),
    "bias_outside": Mistake(
        "b_a is added outside of tanh, which acts on the whole sum: tanh(W_aa a<t-1> + W_ax x<t> + b_a).",
        _then(a_next=lambda p, x, a: np.tanh(p["Waa"] @ a + p["Wax"] @ x) + p["ba"]),
    ),
    "tanh_of_each": Mistake(
        "tanh of each term is taken before they are added: the terms are added first, then tanh once.",
        _then(a_next=lambda p, x, a: np.tanh(p["Waa"] @ a) + np.tanh(p["Wax"] @ x) + np.tanh(p["ba"])),
    ),
    "linear_state": Mistake("the state has no activation: tanh is missing.", _cell(g1=lambda z: z)),
    "logits": Mistake("y_hat_t holds the logits: the softmax is missing.", _cell(g2=lambda z: z)),
    "softmax_over_examples": Mistake(
        "the softmax runs over the examples (axis=1): it runs over the classes, axis=0, so that each column sums to 1.",
        _cell(g2=_softmax_over(1)),
    ),
    "softmax_over_all": Mistake(
        "the softmax divides by the sum of everything: each example's column must sum to 1 (axis=0, keepdims=True).",
        _cell(g2=_softmax_over(None)),
    ),
    "sigmoid_output": Mistake("the output uses a sigmoid; here g2 is softmax.", _cell(g2=_sigmoid)),
    "tanh_output": Mistake(
        "the output has tanh as well; here g2 is softmax alone.", _cell(g2=lambda z: softmax(np.tanh(z)))
    ),
    "output_of_a_prev": Mistake(
        "y_hat_t is computed from a_prev: the output sees the new state a_next.", _cell(seen="a_prev")
    ),
    "output_of_z": Mistake(
        "y_hat_t is computed from z, before tanh: the output sees the state a_next.", _cell(seen="z")
    ),
    "order_of_results": Mistake("the results are in another order: return a_next, y_hat_t, cache.", _reordered),
}

CELL = Exercise(
    name="rnn_cell_forward",
    reference=rnn_cell_forward,
    draw=_draw_cells,
    visible=2,
    hidden=3,
    mistakes=CELL_MISTAKES,
    parts=(Part("a_next", 0, 2, ("n_a", "m")), Part("y_hat_t", 1, 1, ("n_y", "m"))),
)


# ---------------------------------------------------------------------------------------------------------------
# rnn_forward


def _draw_sequences(rng: np.random.Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, n_y, m, T_x in (
        ("n_x = 3, n_a = 5, n_y = 2, m = 4, T_x = 6", 3, 5, 2, 4, 6),
        ("one step (T_x = 1)", 4, 4, 2, 2, 1),
        ("one example (m = 1)", 3, 3, 4, 1, 3),
    ):
        x, a0 = 0.5 * rng.normal(size=(n_x, m, T_x)), 0.5 * rng.normal(size=(n_a, m))
        yield Inputs(label, (x, a0, rnn_parameters(rng, n_x, n_a, n_y)))


def _loop(
    x: np.ndarray,
    a0: np.ndarray,
    params: Params,
    *,
    start: str = "a0",
    carry: bool = True,
    order: str = "forward",
    fed: str = "before",
) -> tuple[np.ndarray, np.ndarray, None]:
    T_x = x.shape[2]
    hidden = np.zeros((*a0.shape, T_x))
    outputs = np.zeros((params["by"].shape[0], x.shape[1], T_x))
    a = np.zeros_like(a0) if start == "zeros" else a0
    for t in range(T_x) if order == "forward" else range(T_x - 1, -1, -1):
        a_next, y_hat_t, _ = _cell()(x[:, :, t], a, params)
        hidden[:, :, t], outputs[:, :, t] = (a_next if fed == "before" else a), y_hat_t
        a = a_next if carry else a0
    return hidden, outputs, None


def _with_a0(x: np.ndarray, a0: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    hidden, outputs, _ = _loop(x, a0, params)
    return np.concatenate([a0[:, :, None], hidden], axis=2), outputs, None


def _time_first(x: np.ndarray, a0: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    hidden, outputs, _ = _loop(x, a0, params)
    return np.moveaxis(hidden, 2, 0), np.moveaxis(outputs, 2, 0), None


def _last_only(x: np.ndarray, a0: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    hidden, outputs, _ = _loop(x, a0, params)
    return hidden[:, :, -1], outputs[:, :, -1], None


def _over_examples(x: np.ndarray, a0: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    return _loop(np.swapaxes(x, 1, 2), a0, params)


def _over_features(x: np.ndarray, a0: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    return _loop(np.moveaxis(x, 0, 2), a0, params)


def _one_short(x: np.ndarray, a0: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    hidden, outputs, _ = _loop(x, a0, params)
    hidden[:, :, -1] = outputs[:, :, -1] = 0
    return hidden, outputs, None


def _first_left_out(x: np.ndarray, a0: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    hidden, outputs, _ = _loop(x[:, :, 1:], a0, params)
    return (
        np.concatenate([np.zeros((*a0.shape, 1)), hidden], axis=2),
        np.concatenate([np.zeros((outputs.shape[0], x.shape[1], 1)), outputs], axis=2),
        None,
    )


def _last_output_only(x: np.ndarray, a0: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    hidden, outputs, _ = _loop(x, a0, params)
    return hidden, outputs[:, :, -1], None


def _first_only(x: np.ndarray, a0: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    hidden, outputs, _ = _loop(x, a0, params)
    hidden[:, :, 1:] = outputs[:, :, 1:] = 0
    return hidden, outputs, None


def _sizes_swapped(x: np.ndarray, a0: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    _, T_x, m = x.shape
    hidden, outputs = np.zeros((len(a0), m, T_x)), np.zeros((len(params["by"]), m, T_x))
    a = a0
    for t in range(T_x):
        a, outputs[:, :, t], _ = _cell()(x[:, :, t], a, params)
        hidden[:, :, t] = a
    return hidden, outputs, None


def _same_array(x: np.ndarray, a0: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    hidden, outputs, _ = _loop(x, a0, params)
    return np.repeat(hidden[:, :, -1:], x.shape[2], axis=2), outputs, None


def _side_by_side(x: np.ndarray, a0: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    hidden, outputs, _ = _loop(x, a0, params)
    return np.concatenate(np.moveaxis(hidden, 2, 0), axis=1), np.concatenate(np.moveaxis(outputs, 2, 0), axis=1), None


def _inputs_late(x: np.ndarray, a0: np.ndarray, params: Params) -> tuple[np.ndarray, np.ndarray, None]:
    return _loop(np.roll(x, 1, axis=2), a0, params)


def _variant(**changes: Any) -> Callable[..., Any]:
    return lambda x, a0, params: _loop(x, a0, params, **changes)


FORWARD = Exercise(
    name="rnn_forward",
    reference=rnn_forward,
    draw=_draw_sequences,
    visible=2,
    hidden=3,
    follow="rnn_forward",
    mistakes={
        "a0_forgotten": Mistake(
            "a<0> is not used: the first step starts from zeros instead of the a0 that was given.",
            _variant(start="zeros"),
        ),
        "state_not_carried": Mistake(
            "every step starts from a0: a_next must become the a_prev of the next step.", _variant(carry=False)
        ),
        "backward_in_time": Mistake(
            "the loop runs from the last step to the first: time runs from t = 0 to T_x - 1.",
            _variant(order="backward"),
        ),
        "state_before_step": Mistake(
            "a[:, :, t] holds the state before step t: store a_next, not a_prev.", _variant(fed="after")
        ),
        "a0_included": Mistake("a<0> is included in a: a holds the T_x states a<1> .. a<T_x> only.", _with_a0),
        "time_first": Mistake(
            "time is the first axis of the results; here it is the last: (n_a, m, T_x).", _time_first
        ),
        "last_step_only": Mistake("only the last step is returned; a and y_hat hold all T_x steps.", _last_only),
        "last_output_only": Mistake(
            "y_hat is that of the last step only; it holds the outputs of all T_x steps.", _last_output_only
        ),
        "first_step_only": Mistake("only the first step is filled in: is the return inside the loop?", _first_only),
        "same_array": Mistake(
            "a holds the last state at every step: one and the same array, changed in place, is kept T_x times; keep a copy.",
            _same_array,
        ),
        "side_by_side": Mistake(
            "the steps stand side by side, among the examples: time needs an axis of its own, the last (np.stack with axis=2).",
            _side_by_side,
        ),
        "sizes_swapped": Mistake("m and T_x have changed places: x.shape is (n_x, m, T_x).", _sizes_swapped),
        "inputs_late": Mistake(
            "step t takes x[:, :, t - 1] (and the first step the last input): its input is x[:, :, t].", _inputs_late
        ),
        "over_examples": Mistake(
            "the loop runs over the examples (axis 1): time is the last axis of x.", _over_examples
        ),
        "over_features": Mistake(
            "the loop runs over the features (axis 0): time is the last axis of x.", _over_features
        ),
        "last_left_out": Mistake(
            "the last step is missing: the loop runs over range(T_x), not range(T_x - 1).", _one_short
        ),
        "first_left_out": Mistake(
            "the first step is missing: in code the first step is t = 0, not t = 1.", _first_left_out
        ),
    },
    parts=(Part("a", 0, 2, ("n_a", "m", "T_x")), Part("y_hat", 1, 1, ("n_y", "m", "T_x"))),
)

EXERCISES = (COUNT, STACK, CELL, FORWARD)
