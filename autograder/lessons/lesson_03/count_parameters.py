"""`count_parameters`: how many numbers a recurrent network learns."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part


def draw(rng: Generator) -> Iterator[Inputs]:
    n_x, n_a, n_y = (int(rng.integers(low, high)) for low, high in ((111, 999), (11, 99), (2, 9)))
    both = {"bidirectional": True}
    for cell in ("rnn", "gru", "lstm"):
        yield Inputs(f"{cell}, {n_a} units on {n_x} inputs", (cell, n_x, n_a), aspect="cells")
    top = f"an output layer of {n_y}"
    yield Inputs(f"rnn with {top}", ("rnn", n_x, n_a, n_y), aspect="output layer")
    yield Inputs(f"bidirectional rnn with {top}", ("rnn", n_x, n_a, n_y), both, aspect="output layer")
    yield Inputs("rnn with two biases", ("rnn", n_x, n_a), {"biases": 2}, aspect="biases")
    yield Inputs("lstm with two biases and an output layer", ("lstm", n_x, n_a, n_y), {"biases": 2}, aspect="biases")
    for layers in (2, 3):
        yield Inputs(f"lstm of {layers} layers", ("lstm", n_x, n_a), {"layers": layers}, aspect="layers")
    yield Inputs("bidirectional lstm", ("lstm", n_x, n_a), both, aspect="directions")
    yield Inputs("bidirectional rnn of 2 layers", ("rnn", n_x, n_a), {"layers": 2, **both}, aspect="directions")
    everything = {"layers": 3, "biases": 2, **both}
    yield Inputs(
        f"gru with everything and {top}", ("gru", n_x, n_a, n_y), everything, aspect="all together", unusual=True
    )


def count_parameters(
    cell: str,
    n_x: int,
    n_a: int,
    n_y: int | None = None,
    *,
    layers: int = 1,
    bidirectional: bool = False,
    biases: int = 1,
) -> int:
    groups = {"rnn": 1, "gru": 3, "lstm": 4}[cell]
    directions = 2 if bidirectional else 1
    total, width = 0, n_x
    for layer in range(layers):
        weights = groups * n_a * (width + n_a)
        total += directions * (weights + groups * n_a * biases)
        width = directions * n_a
    if n_y is not None:
        total += n_y * (directions * n_a + 1)
    return total


BIAS = "groups * n_a * biases"

# fmt: off
MISTAKES = {
    "no_bias": Mistake("the biases b are missing: n_a of them for each gate.", (f" + {BIAS}", "")),
    "one_bias_element": Mistake("a bias has n_a elements, one for each unit, not one for the whole layer.", (BIAS, "groups * biases")),
    "biases_ignored": Mistake("`biases` is ignored: with biases=2 each gate has two bias vectors.", (BIAS, "groups * n_a")),
    "one_bias_set": Mistake("each group of weights has a bias of its own: a GRU has three, an LSTM four, not one for the whole layer.", (BIAS, "n_a * biases")),
    "bias_shared": Mistake("the biases of both directions count: each direction has its own, as it has its own weights.",
        ("(weights + groups * n_a * biases)", "weights + groups * n_a * biases")),
    "bias_of_first_layer": Mistake("the biases of the upper layers are missing: every layer has n_a of them for each gate.", (BIAS, f"{BIAS} * (layer == 0)")),
    "no_recurrent": Mistake("the recurrent weights W_aa (n_a, n_a) are missing.", ("(width + n_a)", "width")),
    "recurrent_of_inputs": Mistake("W_aa is counted as (n_a, n_x): it leads from the state to the state, so it is (n_a, n_a).",
        ("(width + n_a)", "(width + n_x)")),
    "one_gate": Mistake("every cell is counted as a plain RNN: a GRU has 3 groups of weights (two gates and a candidate), an LSTM 4.",
        ('{"rnn": 1, "gru": 3, "lstm": 4}[cell]', "1")),
    "no_candidate": Mistake("the candidate has weights of its own: GRU = two gates + candidate = 3 groups, LSTM = three gates + candidate = 4.",
        ('"gru": 3, "lstm": 4', '"gru": 2, "lstm": 3')),
    "gru_two": Mistake("the full GRU has an update gate, a reset gate and a candidate: 3 groups of weights.", ('"gru": 3', '"gru": 2')),
    "lstm_three": Mistake("an LSTM has 4 groups of weights: three gates and a candidate.", ('"lstm": 4', '"lstm": 3')),
    "rnn_as_gru": Mistake("a plain RNN has one group of weights: it has no gates.", ('"rnn": 1', '"rnn": 3')),
    "layers_see_input": Mistake("from the second layer on, the input of a layer is the state below, not x: its width is not n_x.",
        ("width = directions * n_a", "width = n_x")),
    "layers_ignored": Mistake("`layers` is ignored: each layer has weights of its own.", ("range(layers)", "range(1)")),
    "two_layers_at_most": Mistake("with `layers` above 1, one more layer is counted; there are layers - 1 more.", ("range(layers)", "range(min(layers, 2))")),
    "one_direction_up": Mistake("a bidirectional layer hands both directions up: the next layer's input has 2 * n_a features.",
        ("width = directions * n_a", "width = n_a")),
    "output_one_direction": Mistake("the output layer of a bidirectional network sees both directions: n_y * 2 * n_a weights.",
        ("(directions * n_a + 1)", "(n_a + 1)")),
    "one_direction_seen": Mistake("a bidirectional layer hands up 2 * n_a features, not n_a: the next layer and the output layer see both directions.",
        ("width = directions * n_a", "width = n_a"), ("(directions * n_a + 1)", "(n_a + 1)")),
    "direction_ignored": Mistake("`bidirectional` is ignored: the two directions have separate weights.", ("2 if bidirectional else 1", "1")),
    "direction_not_doubled": Mistake("the two directions have separate weights: a bidirectional layer has twice as many.",
        ("directions * (weights", "(weights")),
    "direction_widens": Mistake("a bidirectional layer is counted as one layer of 2 * n_a units: it is two layers of n_a units, and each sees only its own state.",
        ("directions = 2 if bidirectional else 1", "n_a, directions = 2 * n_a if bidirectional else n_a, 1")),
    "no_output_bias": Mistake("the output layer's bias b_y (n_y elements) is missing.", ("n_a + 1)", "n_a)")),
    "output_biases": Mistake("the output layer has one bias b_y; `biases` is about the groups of weights of the recurrent layers.", ("n_a + 1)", "n_a + biases)")),
    "output_bias_twice": Mistake("the bias b_y is counted twice: the output layer is there once, whatever the directions.", ("n_a + 1)", "n_a + directions)")),
    "no_output": Mistake("with n_y given, the output layer counts too: n_y weights for each feature of the top layer, and n_y biases.",
        ("n_y * (directions * n_a + 1)", "0")),
}
# fmt: on

EXERCISE = Exercise(
    right=count_parameters, draw=draw, visible=1, hidden=2, mistakes=MISTAKES, parts=(Part("the count"),)
)
