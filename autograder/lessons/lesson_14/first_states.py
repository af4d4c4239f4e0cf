"""`first_states`: the image's features become the decoder's first state, in the first layer alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, shuffled
from seqlib import initialise_deep


def captioner(
    rng: Generator, cell: str, n_f: int, n_words: int, n_e: int, n_a: int, layers: int = 1
) -> dict[str, np.ndarray]:
    """A captioner's parameters, none of them zero, in random order, and small enough that no state saturates."""
    params = initialise_deep(cell, n_e, [n_a] * layers, rng, n_y=n_words)
    drawn = {name: rng.normal(size=value.shape) / np.sqrt(value.shape[1]) for name, value in params.items()}
    drawn |= {"E": rng.normal(size=(n_e, n_words)), "Wi": rng.normal(size=(n_a, n_f)) / np.sqrt(n_f)}
    drawn["bi"] = rng.uniform(0.3, 0.9, size=(n_a, 1)) * rng.choice([-1, 1], size=(n_a, 1))
    return {name: drawn[name] for name in shuffled(list(drawn), rng)}


def draw(rng: Generator) -> Iterator[Inputs]:
    def given(cell: str, n_f: int, n_a: int, m: int, layers: int) -> tuple[Any, ...]:
        return rng.normal(size=(n_f, m)), captioner(rng, cell, n_f, 5, 3, n_a, layers)

    yield Inputs("n_f = 5, n_a = 4, m = 3, one layer", given("gru", 5, 4, 3, 1), aspect="one layer")
    yield Inputs("all sizes equal to 3, one layer", given("lstm", 3, 3, 3, 1), aspect="one layer")
    yield Inputs("n_f = 4, n_a = 6, m = 2, two layers", given("lstm", 4, 6, 2, 2), aspect="several layers")
    yield Inputs("all sizes equal to 2, three layers", given("rnn", 2, 2, 2, 3), aspect="several layers")
    yield Inputs("eleven layers", given("rnn", 3, 2, 4, 11), aspect="many layers", unusual=True)
    _, params = given("lstm", 3, 1, 1, 2)
    far = np.sign(params["Wi"].T) * rng.uniform(1e5, 2e5, size=(3, 1))
    label = "one image, one unit, features above 100,000"
    yield Inputs(label, (far, params), aspect="one of each", unusual=True, dependent=True)


def first_states(features: np.ndarray, params: dict[str, np.ndarray]) -> Any:
    layers = max(int(name.split("/")[0]) for name in params if "/" in name)
    z = params["Wi"] @ features + params["bi"]
    first = np.tanh(z)
    above = np.zeros(first.shape)
    return [first, *[above] * (layers - 1)]


Z, TANH, ABOVE, RESULT = (
    'params["Wi"] @ features + params["bi"]',
    "np.tanh(z)",
    "np.zeros(first.shape)",
    "return [first, *[above] * (layers - 1)]",
)
LAYERS = 'max(int(name.split("/")[0]) for name in params if "/" in name)'

# fmt: off
MISTAKES = {
    "no_tanh": Mistake("tanh is missing: a state lies between -1 and 1.", (TANH, "z")),
    "sigmoid": Mistake("a sigmoid stands in place of tanh: a state lies between -1 and 1.", (TANH, "1 / (1 + np.exp(-z))")),
    "relu": Mistake("max(0, z) stands in place of tanh.", (TANH, "np.maximum(z, 0)")),
    "no_bias": Mistake("the bias bi is forgotten.", (Z, 'params["Wi"] @ features')),
    "bias_outside": Mistake("bi is added after tanh: it belongs inside.", (Z, 'params["Wi"] @ features'), (TANH, 'np.tanh(z) + params["bi"]')),
    "bias_subtracted": Mistake("bi is subtracted.", (Z, 'params["Wi"] @ features - params["bi"]')),
    "bias_of_first_unit": Mistake("every unit gets the first unit's bias: bi is a column, one bias per unit.", (Z, 'params["Wi"] @ features + params["bi"][0]')),
    "bias_as_row": Mistake("the biases are added along the images, as a row: bi is a column (n_a, 1), one bias per unit. (Only with n_a = m does a row fit at all.)",
        (Z, 'params["Wi"] @ features + params["bi"].T')),
    "tanh_of_features": Mistake("tanh is applied to the features: it belongs around the whole of W_i features + b_i.", (Z, 'params["Wi"] @ np.tanh(features) + params["bi"]'), (TANH, "z")),
    "tanh_twice": Mistake("tanh is applied twice.", (TANH, "np.tanh(np.tanh(z))")),
    "transposed": Mistake("Wi is transposed: it is (n_a, n_f) already. (Only with n_f = n_a do the shapes fit.)", (Z, 'params["Wi"].T @ features + params["bi"]')),
    "features_transposed": Mistake("the features are transposed: they are (n_f, m), one column per image. (Only with n_f = m do the shapes fit.)", (Z, 'params["Wi"] @ features.T + params["bi"]')),
    "result_transposed": Mistake("each state is transposed: it is (n_a, m), one column per image.", (TANH, "np.tanh(z).T")),
    "elementwise": Mistake("Wi is multiplied with the features element by element (*): a matrix product (@) is wanted.", (Z, 'params["Wi"] * features[:, :1].T + params["bi"]')),
    "every_layer": Mistake("every layer begins with the image: only the first layer does, those above begin with zeros.", (ABOVE, "first")),
    "top_layer": Mistake("the image is in the top layer's state: it belongs in the first layer's, and the others are zeros.", (RESULT, "return [*[above] * (layers - 1), first]")),
    "one_layer": Mistake("there is one array alone, however many layers the decoder has: the list holds one for each, zeros above the first.", (RESULT, "return [first]")),
    "array": Mistake("an array is returned: return a list with one array (n_a, m) for each layer, also where there is one layer.", (RESULT, "return first")),
    "stacked": Mistake("the states are stacked into one array: return a list with one array (n_a, m) for each layer.", (RESULT, "return np.stack([first, *[above] * (layers - 1)])")),
    "none_above": Mistake("the layers above have None: their first states are zeros (n_a, m).", (ABOVE, "None")),
    "column_above": Mistake("the zeros above are one column (n_a, 1): each layer's first state is (n_a, m), one column per image.", (ABOVE, "np.zeros((len(first), 1))")),
    "zeros_of_features": Mistake("the zeros above have the shape of the features: they are states, (n_a, m).", (ABOVE, "np.zeros(features.shape)")),
    "ones_above": Mistake("the layers above begin with ones: they begin with zeros.", (ABOVE, "np.ones(first.shape)")),
    "one_too_many": Mistake("there is one array too many: one for each layer of the decoder.", (LAYERS, f"1 + {LAYERS}")),
    "one_too_few": Mistake("there is one array too few: one for each layer of the decoder, zeros for those above the first.", (RESULT, "return [first, *[above] * (layers - 2)]")),
    "names_counted": Mistake("the parameters are counted in place of the layers: the number in front of the / says which layer a parameter belongs to, and each layer has several.",
        (LAYERS, 'sum("/" in name for name in params)')),
    "gates_counted": Mistake("the layers are counted by a name that only some cells have, such as Wu: a plain RNN has Wax and Waa. Count the different numbers in front of the /.",
        (LAYERS, 'max(1, sum(name.endswith("/Wu") for name in params))')),
    "plain_weights_counted": Mistake("the layers are counted by a name that only a plain RNN has, such as Wax: a GRU and an LSTM have others. Count the different numbers in front of the /.",
        (LAYERS, 'max(1, sum(name.endswith("/Wax") for name in params))')),
    "order_of_names": Mistake("the states stand in the order in which the layers' names come in the dict: the names come in any order, and the first layer's state is the first.",
        (RESULT, 'return [first if layer == "1" else above for layer in dict.fromkeys(name.split("/")[0] for name in params if "/" in name)]')),
    "overflow": Mistake("tanh is put together from exponentials, which overflow where features are large: np.tanh does not.", (TANH, "(np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))")),
    "image_axis_lost": Mistake("with one image its axis is lost: a state is (n_a, m), also where m is 1.", (RESULT, "return [state[:, 0] if state.shape[1] == 1 else state for state in (first, *[above] * (layers - 1))]")),
    "first_digit": Mistake("a layer's number is read by its first digit, or compared as text, where \"9\" comes after \"10\": turn what stands in front of the / into a whole number, or count the different ones.", (LAYERS, 'max(int(name[0]) for name in params if "/" in name)')),
}
# fmt: on

EXERCISE = Exercise(
    right=first_states,
    draw=draw,
    again=True,
    visible=1,
    hidden=2,
    mistakes=MISTAKES,
    parts=(Part("the first states"),),
)
