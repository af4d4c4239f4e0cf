"""`lstm_cell_batch_first`: one step of an LSTM on tensors, with the weights of torch.nn.LSTM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

PROBE = """
def probe(function, x_t, a_prev, c_prev, weights, asked):
    import numpy as np
    import torch

    def call(tensor):
        given = {"x_t": tensor(x_t), "a_prev": tensor(a_prev), "c_prev": tensor(c_prev)}
        named = {name: tensor(value) for name, value in weights.items()}
        kept = dict(named)
        result = function(*given.values(), kept)
        if {name: id(value) for name, value in kept.items()} != {name: id(value) for name, value in named.items()}:
            weights.clear()  # shows that an argument is changed
        pair = isinstance(result, (tuple, list)) and len(result) == 2
        if not pair or not all(isinstance(one, torch.Tensor) for one in result):
            kinds = [type(one).__name__ for one in result] if isinstance(result, (tuple, list)) else type(result).__name__
            raise TypeError(f"two tensors are expected, a_next and c_next, and what came is {kinds}")
        return {**given, **named}, *result

    if asked == "another device":
        tensors, *result = call(lambda array: torch.empty(array.shape, dtype=torch.float32, device="meta"))
        return {"place": [f"{one.dtype} on {one.device.type}, {tuple(one.shape)}" for one in result]}
    if asked == "gradients":
        tensors, a_next, c_next = call(lambda array: torch.tensor(array, requires_grad=True))
        total = (a_next.square() + 2 * c_next.square()).sum()
        if not total.requires_grad:
            return {"gradients": "none: the graph ends inside"}
        total.backward()
        return {"gradients": {n: "none" if t.grad is None else t.grad.numpy() for n, t in tensors.items()}}
    tensors, a_next, c_next = call(torch.from_numpy)
    return {"a_next": a_next.detach().numpy(), "c_next": c_next.detach().numpy()}
"""


def given(rng: Generator, n_x: int, n_a: int, m: int) -> tuple[Any, ...]:
    """x_t, a_prev, c_prev and weights with which no gate is nearly open or closed, and both biases are not 0."""
    rows = 4 * n_a
    weights = {
        "weight_ih": rng.normal(size=(rows, n_x)) / np.sqrt(n_x),
        "weight_hh": rng.normal(size=(rows, n_a)) / np.sqrt(n_a),
        "bias_ih": rng.uniform(0.2, 0.8, size=rows) * rng.choice([-1.0, 1.0], size=rows),
        "bias_hh": rng.uniform(0.2, 0.8, size=rows) * rng.choice([-1.0, 1.0], size=rows),
    }
    return rng.normal(size=(m, n_x)), 0.5 * rng.normal(size=(m, n_a)), rng.normal(size=(m, n_a)), weights


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, sizes in (
        ("n_x = 2, n_a = 3, m = 5", (2, 3, 5)),
        ("one example (m = 1)", (4, 2, 1)),
        ("all sizes equal to 4", (4, 4, 4)),
        ("one unit (n_a = 1)", (3, 1, 2)),
    ):
        yield Inputs(label, (*given(rng, *sizes), "numbers"), aspect="numbers")
    yield Inputs("the gradients of a loss", (*given(rng, 3, 2, 4), "gradients"), aspect="gradients")
    x_t, a_prev, c_prev, weights = given(rng, 2, 3, 2)
    weights["bias_ih"][0::3], weights["bias_ih"][1::3] = -800, 800
    extreme = (x_t, a_prev, c_prev, weights, "gradients")
    yield Inputs("gates quite shut and quite open, gradients", extreme, aspect="extreme gates", unusual=True)
    place = (*given(rng, 3, 2, 4), "another device")
    yield Inputs('every tensor on the device "meta"', place, aspect="another device")


def lstm_cell_batch_first(
    x_t: torch.Tensor, a_prev: torch.Tensor, c_prev: torch.Tensor, weights: dict[str, torch.Tensor]
) -> Any:
    from_x = x_t @ weights["weight_ih"].T + weights["bias_ih"]  # (m, 4 n_a)
    from_a = a_prev @ weights["weight_hh"].T + weights["bias_hh"]
    z_u, z_f, z_c, z_o = (from_x + from_a).chunk(4, dim=1)
    gamma_u, gamma_f, gamma_o = torch.sigmoid(z_u), torch.sigmoid(z_f), torch.sigmoid(z_o)
    c_tilde = torch.tanh(z_c)
    c_next = gamma_u * c_tilde + gamma_f * c_prev  # (m, n_a)
    a_next = gamma_o * torch.tanh(c_next)
    return a_next, c_next


def _in_a_buffer(
    x_t: torch.Tensor, a_prev: torch.Tensor, c_prev: torch.Tensor, weights: dict[str, torch.Tensor]
) -> Any:
    m, n_a = a_prev.shape
    gates = torch.zeros(4, m, n_a)
    z = x_t @ weights["weight_ih"].T + weights["bias_ih"] + a_prev @ weights["weight_hh"].T + weights["bias_hh"]
    for k, part in enumerate(z.chunk(4, dim=1)):
        gates[k] = torch.tanh(part) if k == 2 else torch.sigmoid(part)
    c_next = gates[0] * gates[2] + gates[1] * c_prev
    return gates[3] * torch.tanh(c_next), c_next


ORDER, CHUNKS = "z_u, z_f, z_c, z_o", "(from_x + from_a).chunk(4, dim=1)"
MEMORY, OUTPUT, RESULT = "gamma_u * c_tilde + gamma_f * c_prev", "gamma_o * torch.tanh(c_next)", "return a_next, c_next"
WEIGHT_X, WEIGHT_A = 'x_t @ weights["weight_ih"].T', 'a_prev @ weights["weight_hh"].T'
START = f"    from_x = {WEIGHT_X}"
GATES = "gamma_u, gamma_f, gamma_o = torch.sigmoid(z_u), torch.sigmoid(z_f), torch.sigmoid(z_o)"

# fmt: off
MISTAKES = {
    "forget_first": Mistake("the first two blocks have changed places: torch's order is input (Gamma_u, on the candidate), forget (Gamma_f, on c_prev), candidate, output.", (ORDER, "z_f, z_u, z_c, z_o")),
    "output_third": Mistake("the third block is taken for the output gate: torch's order is input, forget, candidate (g), output.", (ORDER, "z_u, z_f, z_o, z_c")),
    "output_third_forget_first": Mistake("the four blocks are read as forget, update, output, candidate: torch's order is input, forget, candidate, output.", (ORDER, "z_f, z_u, z_o, z_c")),
    "candidate_first": Mistake("the four blocks are read with the candidate first: torch's order is input, forget, candidate, output.", (ORDER, "z_c, z_u, z_f, z_o")),
    "candidate_last": Mistake("the four blocks are read as forget, output, update, candidate or in some other order with the candidate last: it is the third block of four.", (ORDER, "z_f, z_o, z_u, z_c")),
    "interleaved": Mistake("every fourth column is taken for a gate: each gate has a block of n_a columns that stand side by side.", (CHUNKS, "[(from_x + from_a)[:, gate::4] for gate in range(4)]")),
    "viewed": Mistake("examples and gates are mixed: view and reshape to (4, m, n_a) cut the numbers anew in their old order; the gates stand side by side in axis 1 (chunk(4, dim=1)).", (CHUNKS, "(from_x + from_a).reshape(4, *a_prev.shape)")),
    "rows_cut": Mistake("the examples are cut into four instead of the columns: the gates stand side by side in axis 1 (dim=1).", (CHUNKS, "(from_x + from_a).chunk(4)")),
    "not_transposed": Mistake("the weights are not transposed: examples are rows here, so the product is x_t @ weight_ih.T.", (WEIGHT_X, 'x_t @ weights["weight_ih"]'), (WEIGHT_A, 'a_prev @ weights["weight_hh"]')),
    "weight_first": Mistake("the products are in the order for columns, weight @ x: examples are rows here, so it is x_t @ weight_ih.T.", (WEIGHT_X, 'weights["weight_ih"] @ x_t'), (WEIGHT_A, 'weights["weight_hh"] @ a_prev')),
    "no_bias_hh": Mistake("bias_hh is missing: torch.nn has two biases, and both are added.", (' + weights["bias_hh"]', "")),
    "no_bias_ih": Mistake("bias_ih is missing: torch.nn has two biases, and both are added.", (' + weights["bias_ih"]', "")),
    "no_biases": Mistake("both biases are missing: bias_ih and bias_hh are added to the products.", (' + weights["bias_ih"]', ""), (' + weights["bias_hh"]', "")),
    "bias_ih_twice": Mistake("bias_ih is added twice and bias_hh not at all.", ('weights["bias_hh"]', 'weights["bias_ih"]')),
    "no_state": Mistake("a_prev is not used: weight_hh @ a_prev is missing from every gate.", (f"{WEIGHT_A} + ", "")),
    "memory_for_state": Mistake("the gates see c_prev where they should see a_prev: weight_hh acts on the hidden state.", (WEIGHT_A, 'c_prev @ weights["weight_hh"].T')),
    "sigmoid_candidate": Mistake("the candidate has a sigmoid: its activation is tanh; sigmoids are for the three gates.", ("torch.tanh(z_c)", "torch.sigmoid(z_c)")),
    "sigmoid_by_formula": Mistake("the gradient of 1 / (1 + exp(-z)) is nan for z far below 0, where exp(-z) is infinite: torch.sigmoid has a gradient everywhere.",
        (GATES, "gamma_u, gamma_f, gamma_o = (1 / (1 + torch.exp(-z)) for z in (z_u, z_f, z_o))")),
    "tanh_by_formula": Mistake("the tanh by its formula is nan far from 0, where exp is infinite: torch.tanh has a value and a gradient everywhere.",
        ("torch.tanh(z_c)", "(torch.exp(z_c) - torch.exp(-z_c)) / (torch.exp(z_c) + torch.exp(-z_c))")),
    "no_tanh_candidate": Mistake("the candidate has no activation: tanh is missing.", ("torch.tanh(z_c)", "z_c")),
    "no_tanh_output": Mistake("tanh of the memory cell is missing in the hidden state: a_next = Gamma_o * tanh(c_next).", (OUTPUT, "gamma_o * c_next")),
    "old_memory_out": Mistake("the hidden state is made from c_prev: it sees the new memory cell, Gamma_o * tanh(c_next).", (OUTPUT, "gamma_o * torch.tanh(c_prev)")),
    "no_output_gate": Mistake("the output gate is missing: a_next = Gamma_o * tanh(c_next).", (OUTPUT, "torch.tanh(c_next)")),
    "one_minus": Mistake("the memory cell keeps 1 - Gamma_u of itself, as a GRU does: an LSTM has a forget gate for that.", (MEMORY, "gamma_u * c_tilde + (1 - gamma_u) * c_prev")),
    "a_for_c": Mistake("the new memory cell keeps part of a_prev: what it keeps is Gamma_f * c_prev.", (MEMORY, "gamma_u * c_tilde + gamma_f * a_prev")),
    "no_old_memory": Mistake("the old memory cell is forgotten altogether: Gamma_f * c_prev is missing.", (" + gamma_f * c_prev", "")),
    "matrix_product": Mistake("a matrix product stands where gates act element by element: that is `*`, not `@`.", (MEMORY, "gamma_u @ c_tilde.T @ c_tilde + gamma_f * c_prev")),
    "swapped_results": Mistake("the results are in another order: return a_next, c_next.", (RESULT, "return c_next, a_next")),
    "cut_graph": Mistake("the graph is cut, so that no gradient comes back: detach(), .data, numpy() and torch.tensor(...) of a tensor all do that.", (RESULT, "return a_next.detach(), c_next.detach()")),
    "cut_weights": Mistake("the weights are cut from the graph, so that they get no gradient: a module made inside the function copies them, as detach() does.", (START, f"    weights = {{name: value.detach() for name, value in weights.items()}}\n{START}")),
    "cut_a": Mistake("a_prev is cut from the graph: no gradient reaches the steps before through the hidden state.", (START, f"    a_prev = a_prev.detach()\n{START}")),
    "cut_c": Mistake("c_prev is cut from the graph: no gradient reaches the steps before through the memory cell, the way on which an LSTM carries it furthest.", (START, f"    c_prev = c_prev.detach()\n{START}")),
    "cut_state": Mistake("a_prev and c_prev are cut from the graph: no gradient reaches the steps before.", (START, f"    a_prev, c_prev = a_prev.detach(), c_prev.detach()\n{START}")),
    "cut_memory": Mistake("the new memory cell is cut from the graph before the hidden state is made of it.", (OUTPUT, "gamma_o * torch.tanh(c_next.detach())")),
    "plain_buffer": Mistake("the gates are collected in a tensor that torch.zeros makes: without device=x_t.device and dtype=x_t.dtype it lies on the CPU and is float32, whatever the others are (new_zeros and zeros_like take both over).",
        _in_a_buffer),
    "buffer_on_the_cpu": Mistake("a tensor made inside is on the CPU, whatever the device of the others, and is filled from them: give it device=x_t.device (and dtype=x_t.dtype), or take new_zeros and zeros_like.",
        (CHUNKS, "torch.zeros(len(x_t), 4 * a_prev.shape[1], dtype=x_t.dtype).copy_(from_x + from_a).chunk(4, dim=1)")),
    "on_the_cpu": Mistake("a new tensor is made on the CPU, whatever the device of the others: give it device=x_t.device (and dtype=x_t.dtype), or take new_zeros and zeros_like.",
        (MEMORY, "torch.zeros(c_prev.shape, dtype=c_prev.dtype) + gamma_u * c_tilde + gamma_f * c_prev")),
}
# fmt: on

EXERCISE = Exercise(
    right=lstm_cell_batch_first,
    home="seqlib.torch",
    draw=draw,
    visible=2,
    hidden=4,
    mistakes=MISTAKES,
    parts=(
        Part("a_next", "a_next", 2, ("m", "n_a")),
        Part("c_next", "c_next", 2, ("m", "n_a")),
        Part("the gradients", "gradients", 2),
        Part("type, device and shape of a_next and c_next", "place", dependent=True),
    ),
    probe=PROBE,
    rtol=1e-9,
    atol=1e-12,
)
