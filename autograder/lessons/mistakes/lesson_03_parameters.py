"""Known mistakes of lesson 3, `count_parameters` and `stack_weights`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.lessons.exercise import Mistake

# ---------------------------------------------------------------------------------------------------------------
# count_parameters

SETS = {"rnn": 1, "gru": 3, "lstm": 4}


def _counted(
    *,
    sets: dict[str, int] = SETS,
    own: Callable[[int, int], int] = lambda n_x, n_a: n_a,
    bias: Callable[[int, int], int] = lambda n_a, biases: n_a * biases,
    bias_sets: Callable[[int], int] = lambda sets: sets,
    bias_shared: bool = False,
    bias_layers: int = 99,
    most: int = 99,
    deeper: Callable[[int, int, int], int] = lambda n_x, n_a, directions: n_a * directions,
    both: bool = True,
    doubled: bool = True,
    wide: bool = False,
    output: bool = True,
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
        units = 2 * n_a if bidirectional and wide else n_a
        directions = 2 if bidirectional and both and not wide else 1
        total, width = 0, n_x
        times = directions if doubled else 1
        for layer in range(min(layers, most)):
            total += times * sets[cell] * units * (width + own(n_x, units))
            if layer < bias_layers:
                total += (1 if bias_shared else times) * bias_sets(sets[cell]) * bias(units, biases)
            width = deeper(n_x, units, directions)
        if n_y is not None and output:
            total += n_y * (top(units, directions) + out_bias(biases, directions))
        return total

    return count


COUNT = {
    "no_bias": Mistake("the biases b are missing: n_a of them for each gate.", _counted(bias=lambda n_a, biases: 0)),
    "one_bias_element": Mistake(
        "a bias has n_a elements, one for each unit, not one for the whole layer.",
        _counted(bias=lambda n_a, biases: biases),
    ),
    "biases_ignored": Mistake(
        "`biases` is ignored: with biases=2 each gate has two bias vectors.", _counted(bias=lambda n_a, biases: n_a)
    ),
    "one_bias_set": Mistake(
        "each set of weights has a bias of its own: a GRU has three, an LSTM four, not one for the whole layer.",
        _counted(bias_sets=lambda sets: 1),
    ),
    "bias_shared": Mistake(
        "the biases of both directions count: each direction has its own, as it has its own weights.",
        _counted(bias_shared=True),
    ),
    "bias_of_first_layer": Mistake(
        "the biases of the upper layers are missing: every layer has n_a of them for each gate.",
        _counted(bias_layers=1),
    ),
    "no_recurrent": Mistake("the recurrent weights W_aa (n_a, n_a) are missing.", _counted(own=lambda n_x, n_a: 0)),
    "recurrent_of_inputs": Mistake(
        "W_aa is counted as (n_a, n_x): it leads from the state to the state, so it is (n_a, n_a).",
        _counted(own=lambda n_x, n_a: n_x),
    ),
    "one_gate": Mistake(
        "every cell is counted as a plain RNN: a GRU has 3 sets of weights (two gates and a candidate), an LSTM 4.",
        _counted(sets={"rnn": 1, "gru": 1, "lstm": 1}),
    ),
    "no_candidate": Mistake(
        "the candidate has weights of its own: GRU = two gates + candidate = 3 sets, LSTM = three gates + candidate = 4.",
        _counted(sets={"rnn": 1, "gru": 2, "lstm": 3}),
    ),
    "gru_two": Mistake(
        "the full GRU has an update gate, a reset gate and a candidate: 3 sets of weights.",
        _counted(sets={"rnn": 1, "gru": 2, "lstm": 4}),
    ),
    "lstm_three": Mistake(
        "an LSTM has 4 sets of weights: three gates and a candidate.", _counted(sets={"rnn": 1, "gru": 3, "lstm": 3})
    ),
    "rnn_as_gru": Mistake(
        "a plain RNN has one set of weights: it has no gates.", _counted(sets={"rnn": 3, "gru": 3, "lstm": 4})
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
    "one_direction_seen": Mistake(
        "a bidirectional layer hands up 2 * n_a features, not n_a: the next layer and the output layer see both directions.",
        _counted(deeper=lambda n_x, n_a, directions: n_a, top=lambda n_a, directions: n_a),
    ),
    "direction_ignored": Mistake(
        "`bidirectional` is ignored: the two directions have separate weights.", _counted(both=False)
    ),
    "direction_not_doubled": Mistake(
        "the two directions have separate weights: a bidirectional layer has twice as many.", _counted(doubled=False)
    ),
    "direction_widens": Mistake(
        "a bidirectional layer is counted as one layer of 2 * n_a units: it is two layers of n_a units, and each sees only its own state.",
        _counted(wide=True),
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
        _counted(output=False),
    ),
}


# ---------------------------------------------------------------------------------------------------------------
# stack_weights

STACK = {
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
    "flat": Mistake("the result is flat: np.append needs an axis, axis=1 here.", lambda Waa, Wax: np.append(Waa, Wax)),
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
        lambda Waa, Wax: np.block([[Waa, np.zeros(Wax.shape)], [np.zeros(Waa.shape), Wax]]),
    ),
    "integers": Mistake(
        "the fractions are cut off: the result is an array of integers (dtype=int).",
        lambda Waa, Wax: np.hstack([Waa, Wax]).astype(int),
    ),
}
