"""`to_torch_lstm`: the NumPy path's weights into torch.nn.LSTM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, lstm_parameters, shuffled

# of the two biases only the sum means anything
PROBE = """
def probe(function, params):
    import torch

    state = function(params)
    if not isinstance(state, dict):
        return state
    kinds = sorted({str(v.dtype) if isinstance(v, torch.Tensor) else type(v).__name__ for v in state.values()})
    said = {"names": ", ".join(sorted(map(str, state))), "type": ", ".join(kinds)}
    for name in ("weight_ih_l0", "weight_hh_l0"):
        if name in state:
            said[name] = torch.as_tensor(state[name]).detach().numpy()
    biases = [torch.as_tensor(state[name]) for name in ("bias_ih_l0", "bias_hh_l0") if name in state]
    if len({tuple(bias.shape) for bias in biases}) == 1:
        said["bias"] = sum(biases).detach().numpy()
    return said
"""


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, aspect in (
        ("n_x = 3, n_a = 2", 3, 2, "several units"),
        ("n_x = 1, n_a = 4", 1, 4, "several units"),
        ("n_x = n_a = 3", 3, 3, "several units"),
        ("one unit (n_a = 1)", 2, 1, "one unit"),
    ):
        drawn = lstm_parameters(rng, n_x, n_a, 1)
        params = {kind + gate: drawn[kind + gate] for gate in shuffled("fuco", rng) for kind in "Wb"}
        yield Inputs(label, (params,), aspect=aspect)


def to_torch_lstm(params: dict[str, np.ndarray]) -> Any:
    n_a = len(params["bf"])
    gates = ("u", "f", "c", "o")
    W = torch.tensor(np.concatenate([params["W" + gate] for gate in gates]))  # (4 n_a, n_a + n_x)
    b = torch.tensor(np.concatenate([params["b" + gate] for gate in gates])[:, 0])  # (4 n_a,)
    weight_hh, weight_ih = W[:, :n_a], W[:, n_a:]
    return {"weight_ih_l0": weight_ih, "weight_hh_l0": weight_hh, "bias_ih_l0": b, "bias_hh_l0": torch.zeros_like(b)}


GATES, BLOCKS = '("u", "f", "c", "o")', "weight_hh, weight_ih = W[:, :n_a], W[:, n_a:]"
STACKED, BIAS = (
    'np.concatenate([params["W" + gate] for gate in gates])',
    'np.concatenate([params["b" + gate] for gate in gates])[:, 0]',
)
SECOND = "torch.zeros_like(b)"

# fmt: off
MISTAKES = {
    "order_of_the_course": Mistake("the gates stand in the order forget, update, candidate, output: torch's order is input (Gamma_u), forget, candidate, output.", (GATES, '("f", "u", "c", "o")')),
    "output_third": Mistake("the output gate stands in the third place: torch's order is input, forget, candidate (g), output.", (GATES, '("u", "f", "o", "c")')),
    "forget_update_output": Mistake("the gates stand in the order forget, update, output, candidate: torch's order is input, forget, candidate, output.", (GATES, '("f", "u", "o", "c")')),
    "candidate_first": Mistake("the gates stand in the order candidate, update, forget, output: torch's order is input, forget, candidate, output.", (GATES, '("c", "u", "f", "o")')),
    "candidate_second": Mistake("the candidate stands in the second place: torch's order is input, forget, candidate, output.", (GATES, '("u", "c", "f", "o")')),
    "alphabet": Mistake("the gates stand in the order of the alphabet, c, f, o, u: torch's order is input (u), forget, candidate, output.", (GATES, 'sorted("ufco")')),
    "as_in_the_dict": Mistake("the gates stand in the order in which the dict has them: torch's order is input (u), forget, candidate, output, whatever the dict's.", (GATES, '[name[1] for name in params if name[0] == "W"]')),
    "blocks_swapped": Mistake("the columns for the state and for the input have changed places: W acts on [a<t-1>; x<t>], so its first n_a columns are weight_hh.", (BLOCKS, "weight_ih, weight_hh = W[:, :-n_a], W[:, -n_a:]")),
    "names_swapped": Mistake("weight_ih and weight_hh have changed places: ih is from the input (n_x columns), hh from the hidden state (n_a columns).", (BLOCKS, "weight_ih, weight_hh = W[:, :n_a], W[:, n_a:]")),
    "cut_in_the_middle": Mistake("the matrices are cut in the middle: of the n_a + n_x columns the first n_a belong to the state, however many inputs there are.",
        (BLOCKS, "weight_hh, weight_ih = W[:, : W.shape[1] // 2], W[:, W.shape[1] // 2 :]")),
    "through_float32": Mistake("the numbers have passed through float32, and half of their digits are gone, though the type is float64: torch.Tensor(...) makes float32, torch.tensor(...) keeps the type.",
        (f"torch.tensor({STACKED})", f"torch.tensor({STACKED}, dtype=torch.float32).double()"), (f"torch.tensor({BIAS})", f"torch.tensor({BIAS}, dtype=torch.float32).double()")),
    "squeezed": Mistake("an axis of length 1 is lost: squeeze() drops that of a single unit or input; the weights have two axes always.",
        ('"weight_ih_l0": weight_ih, "weight_hh_l0": weight_hh', '"weight_ih_l0": weight_ih.squeeze(), "weight_hh_l0": weight_hh.squeeze()')),
    "side_by_side": Mistake("the gates' matrices stand side by side: they stand on top of each other, (4 n_a, ...), axis 0.", (STACKED, 'np.concatenate([params["W" + gate] for gate in gates], axis=1)')),
    "transposed": Mistake("the weights are transposed: torch.nn keeps (4 n_a, n_x) and (4 n_a, n_a), and transposes when it multiplies.", ('"weight_ih_l0": weight_ih, "weight_hh_l0": weight_hh', '"weight_ih_l0": weight_ih.T, "weight_hh_l0": weight_hh.T')),
    "bias_twice": Mistake("the bias stands in both places: torch.nn adds them, so it would count twice. One of the two is 0.", (SECOND, "b.clone()")),
    "bias_column": Mistake("the biases are columns: torch.nn keeps a bias as one axis, (4 n_a,).", ("for gate in gates])[:, 0]", "for gate in gates])")),
    "no_bias": Mistake("both biases are 0: bf, bu, bc and bo are missing.", ('"bias_ih_l0": b', '"bias_ih_l0": torch.zeros_like(b)')),
    "one_bias": Mistake("bias_hh_l0 is missing: torch.nn has two biases; the second one is 0.", (f', "bias_hh_l0": {SECOND}', "")),
    "bias_order": Mistake("the weights are in torch's order and the biases are not: both are stacked as input, forget, candidate, output.", (BIAS, 'np.concatenate([params["b" + gate] for gate in ("f", "u", "c", "o")])[:, 0]')),
    "no_layer": Mistake("the names lack the layer: they end in _l0, for the first (and only) layer.", ("weight_ih_l0", "weight_ih"), ("weight_hh_l0", "weight_hh"), ("bias_ih_l0", "bias_ih"), ("bias_hh_l0", "bias_hh")),
    "float32": Mistake("the tensors are float32: they have the type of the arrays, so that the numbers stay what they are.", (f"torch.tensor({STACKED})", f"torch.tensor({STACKED}, dtype=torch.float32)"), (f"torch.tensor({BIAS})", f"torch.tensor({BIAS}, dtype=torch.float32)")),
    "zeros_float32": Mistake("the zeros of the second bias are float32, as torch.zeros makes them where no type is named: torch.zeros_like(b) takes the type of b.", (SECOND, "torch.zeros(len(b))")),
    "arrays": Mistake("the values are NumPy arrays: load_state_dict takes tensors.", (f"W = torch.tensor({STACKED})", f"W = {STACKED}"), (f"b = torch.tensor({BIAS})", f"b = {BIAS}"), (SECOND, "np.zeros_like(b)")),
    "interleaved": Mistake("the rows of the gates are mixed, one row of each in turn: each gate's n_a rows stand together.", (STACKED, 'np.stack([params["W" + gate] for gate in gates], axis=1).reshape(4 * n_a, -1)'), (BIAS, 'np.stack([params["b" + gate] for gate in gates], axis=1).ravel()')),
}
# fmt: on

EXERCISE = Exercise(
    right=to_torch_lstm,
    home="seqlib.torch",
    draw=draw,
    visible=2,
    hidden=3,
    mistakes=MISTAKES,
    parts=(
        Part("the names", "names", dependent=True),
        Part("weight_ih_l0", "weight_ih_l0", 1, ("4 n_a", "n_x")),
        Part("weight_hh_l0", "weight_hh_l0", 1, ("4 n_a", "n_a")),
        Part("bias_ih_l0 + bias_hh_l0", "bias", 1, ("4 n_a",)),
        Part("the type", "type", dependent=True),
    ),
    probe=PROBE,
    rtol=1e-12,
    atol=1e-15,
)
