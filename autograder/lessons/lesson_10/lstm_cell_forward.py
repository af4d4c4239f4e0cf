"""`lstm_cell_forward`: one step of an LSTM, with and without peepholes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, lstm_parameters
from seqlib import sigmoid, softmax


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, n_y, m in (
        ("n_x = 4, n_a = 3, n_y = 2, m = 5", 4, 3, 2, 5),
        ("one example (m = 1)", 2, 3, 4, 1),
        ("all sizes equal to 3", 3, 3, 3, 3),
    ):
        yield Inputs(label, _given(rng, n_x, m, lstm_parameters(rng, n_x, n_a, n_y)), aspect=label)
    for label, params in peepholes(rng):
        yield Inputs(label, _given(rng, 2, 4, params), aspect="peepholes", unusual=True)
    one = _given(rng, 1, 4, lstm_parameters(rng, 1, 1, 1))
    yield Inputs("one unit, one input, one class", one, aspect="sizes of 1, large numbers", unusual=True)
    params = lstm_parameters(rng, 2, 4, 3)
    for unit, gate in enumerate("fuoc"):  # one element each, so that it shows whose exponential overflows
        params[f"b{gate}"][unit] = 1000
    params["by"][:2, 0] = [1000, 999]
    yield Inputs("biases of 1000", _given(rng, 2, 3, params), aspect="sizes of 1, large numbers", unusual=True)


def peepholes(rng: Generator) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Parameters of three units with peepholes, and with some of them 0: such a weight is one like any other."""
    for label, zeros in (
        ("peepholes (pf, pu, po)", []),
        ("peepholes, pf all 0", ["pf"]),
        ("peepholes, pu and po all 0", ["pu", "po"]),
    ):
        params = lstm_parameters(rng, 2, 3, 2, peepholes=True)
        yield label, params | {name: np.zeros((3, 1)) for name in zeros}


def _given(rng: Generator, n_x: int, m: int, params: dict[str, np.ndarray]) -> tuple[Any, ...]:
    """x_t, a_prev, c_prev and params; a memory cell is not bounded by 1."""
    n_a = len(params["bf"])
    return (
        0.7 * rng.normal(size=(n_x, m)),
        rng.uniform(-0.8, 0.8, size=(n_a, m)),
        1.2 * rng.normal(size=(n_a, m)),
        params,
    )


def lstm_cell_forward(x_t: np.ndarray, a_prev: np.ndarray, c_prev: np.ndarray, params: dict[str, np.ndarray]) -> Any:
    concat = np.concatenate([a_prev, x_t])  # (n_a + n_x, m)
    z_f = params["Wf"] @ concat + params["bf"]
    z_u = params["Wu"] @ concat + params["bu"]
    z_o = params["Wo"] @ concat + params["bo"]
    if "pf" in params:
        z_f = z_f + params["pf"] * c_prev
        z_u = z_u + params["pu"] * c_prev
    gamma_f = sigmoid(z_f)
    gamma_u = sigmoid(z_u)
    c_tilde = np.tanh(params["Wc"] @ concat + params["bc"])
    c_next = gamma_u * c_tilde + gamma_f * c_prev
    if "po" in params:
        z_o = z_o + params["po"] * c_next
    gamma_o = sigmoid(z_o)
    a_next = gamma_o * np.tanh(c_next)
    scores = params["Wy"] @ a_next + params["by"]
    y_hat_t = softmax(scores)
    cache = (a_next, c_next, a_prev, c_prev, gamma_f, gamma_u, gamma_o, c_tilde, x_t, params)
    return a_next, c_next, y_hat_t, cache


STACK, C_NEXT, A_NEXT = "[a_prev, x_t]", "gamma_u * c_tilde + gamma_f * c_prev", "gamma_o * np.tanh(c_next)"
C_TILDE, FORGET, UPDATE, OUTPUT = (
    'np.tanh(params["Wc"] @ concat + params["bc"])',
    "sigmoid(z_f)",
    "sigmoid(z_u)",
    "sigmoid(z_o)",
)
SOFTMAX, RETURN = "softmax(scores)", "return a_next, c_next, y_hat_t"
FOUND_F, FOUND_O = 'if "pf" in params', 'if "po" in params'
HALF_F, HALF_U, HALF_O = 'z_f + params["pf"] * c_prev', 'z_u + params["pu"] * c_prev', 'z_o + params["po"] * c_next'
BIASES = {gate: (f' + params["b{gate}"]', "") for gate in "fuco"}
OTHER_MATRIX = "the gate is computed with the weights of another gate: every gate and the candidate has a matrix and a bias of its own."

# fmt: off
MISTAKES = {
    "no_tanh_at_output": Mistake("the tanh at the output is missing: a<t> = Gamma_o * tanh(c<t>).", (A_NEXT, "gamma_o * c_next")),
    "second_tanh": Mistake("there is a second tanh around the candidate: c_tilde is a tanh already, and goes into c<t> as it is.",
        (C_NEXT, "gamma_u * np.tanh(c_tilde) + gamma_f * c_prev")),
    "tanh_kept_in_c": Mistake("c<t> has been put through tanh: that tanh belongs to a<t> alone; c<t> itself is not squashed.",
        (C_NEXT, f"np.tanh({C_NEXT})"), (A_NEXT, "gamma_o * c_next")),
    "tanh_kept_in_c_and_again": Mistake("c<t> has been put through tanh: only a<t> has a tanh around c<t>; c<t> itself is not squashed.",
        (C_NEXT, f"np.tanh({C_NEXT})")),
    "x_on_top": Mistake("the stack is in the other order: it is [a<t-1>; x<t>], the state on top of the input.", (STACK, "[x_t, a_prev]")),
    "stacked_beside": Mistake("a and x are put side by side (axis=1): they are stacked on top of each other, axis=0.", (STACK, "[a_prev, x_t], axis=1")),
    "c_in_the_stack": Mistake("c_prev is in the stack: without peepholes the gates see a<t-1> and x<t>; c<t-1> enters only through Gamma_f * c<t-1>.",
        (STACK, "[c_prev, x_t]")),
    "transposed": Mistake("the weights are transposed: they are (n_a, n_a + n_x), with columns as examples the product is W @ [a; x].",
        ('params["Wf"] @ concat', 'params["Wf"].T @ concat')),
    "as_a_gru": Mistake("c<t> is that of a GRU, with 1 - Gamma_u for the old memory: an LSTM has a forget gate of its own, Gamma_f * c<t-1>.",
        (C_NEXT, "gamma_u * c_tilde + (1 - gamma_u) * c_prev")),
    "coupled_to_forget": Mistake("1 - Gamma_f stands where the update gate belongs: an LSTM has both gates, Gamma_u * c_tilde + Gamma_f * c<t-1>.",
        (C_NEXT, "(1 - gamma_f) * c_tilde + gamma_f * c_prev")),
    "f_and_u_swapped": Mistake("the forget and the update gate have changed places: Gamma_u is on the candidate, Gamma_f on c<t-1>.",
        (C_NEXT, "gamma_f * c_tilde + gamma_u * c_prev")),
    "forget_inverted": Mistake("the forget gate is inverted: Gamma_f says how much of c<t-1> is kept, not how much is lost.",
        (C_NEXT, "gamma_u * c_tilde + (1 - gamma_f) * c_prev")),
    "update_and_output_swapped": Mistake("the update and the output gate have changed places: Gamma_u is on the candidate, Gamma_o on tanh(c<t>).",
        ("gamma_u = sigmoid(z_u)", "gamma_u = sigmoid(z_o)"), ("gamma_o = sigmoid(z_o)", "gamma_o = sigmoid(z_u)")),
    "forget_and_output_swapped": Mistake("the forget and the output gate have changed places: Gamma_f is on c<t-1>, Gamma_o on tanh(c<t>).",
        ("gamma_f = sigmoid(z_f)", "gamma_f = sigmoid(z_o)"), ("gamma_o = sigmoid(z_o)", "gamma_o = sigmoid(z_f)")),
    "no_update_gate": Mistake("the update gate is missing: the candidate enters as Gamma_u * c_tilde.", (C_NEXT, "c_tilde + gamma_f * c_prev")),
    "no_forget_gate": Mistake("the forget gate is missing: the old memory enters as Gamma_f * c<t-1>.", (C_NEXT, "gamma_u * c_tilde + c_prev")),
    "no_memory": Mistake("the old memory is missing: c<t> = Gamma_u * c_tilde + Gamma_f * c<t-1>.", (C_NEXT, "gamma_u * c_tilde")),
    "no_output_gate": Mistake("the output gate is missing: a<t> = Gamma_o * tanh(c<t>).", (A_NEXT, "np.tanh(c_next)")),
    "a_in_the_sum": Mistake("a_prev stands in the place of c_prev: what is kept is the memory cell, Gamma_f * c<t-1>.", (C_NEXT, "gamma_u * c_tilde + gamma_f * a_prev")),
    "forget_around_all": Mistake("the forget gate multiplies the whole sum: it is on c<t-1> alone.", (C_NEXT, "gamma_f * (gamma_u * c_tilde + c_prev)")),
    "matrix_product": Mistake("@ is a matrix product: gates act element by element, with *.", (C_NEXT, "gamma_u @ c_tilde + gamma_f @ c_prev")),
    "a_of_c_prev": Mistake("a<t> is made from c<t-1>: it shows the new memory, Gamma_o * tanh(c<t>).", (A_NEXT, "gamma_o * np.tanh(c_prev)")),
    "a_of_candidate": Mistake("a<t> is made from the candidate: it shows the memory cell, Gamma_o * tanh(c<t>).", (A_NEXT, "gamma_o * c_tilde")),
    "tanh_around_product": Mistake("tanh is around the whole product: the output gate comes after it, Gamma_o * tanh(c<t>).", (A_NEXT, "np.tanh(gamma_o * c_next)")),
    "sigmoid_candidate": Mistake("the candidate uses a sigmoid: only gates are sigmoids, c_tilde is a tanh.", (C_TILDE, 'sigmoid(params["Wc"] @ concat + params["bc"])')),
    "linear_candidate": Mistake("the tanh of the candidate is missing: c_tilde = tanh(W_c [a; x] + b_c).", (C_TILDE, 'params["Wc"] @ concat + params["bc"]')),
    "tanh_gates": Mistake("the gates use tanh: a gate is a sigmoid, between 0 and 1.", (FORGET, "np.tanh(z_f)"), (UPDATE, "np.tanh(z_u)"), (OUTPUT, "np.tanh(z_o)")),
    "sigmoid_at_output": Mistake("a sigmoid stands in the place of the tanh at the output: a<t> = Gamma_o * tanh(c<t>).", (A_NEXT, "gamma_o * sigmoid(c_next)")),
    "linear_gates": Mistake("the sigmoids of the gates are missing: Gamma = sigmoid(W [a; x] + b).", (FORGET, "z_f"), (UPDATE, "z_u"), (OUTPUT, "z_o")),
    "one_matrix_for_gates": Mistake("all gates use the weights of the forget gate: every gate has a matrix and a bias of its own.",
        ("gamma_u = sigmoid(z_u)", "gamma_u = sigmoid(z_f)"), ("gamma_o = sigmoid(z_o)", "gamma_o = sigmoid(z_f)")),
    "update_of_forget": Mistake(f"Gamma_u is Gamma_f: {OTHER_MATRIX}", (UPDATE, "sigmoid(z_f)")),
    "output_of_update": Mistake(f"Gamma_o is Gamma_u: {OTHER_MATRIX}", (OUTPUT, "sigmoid(z_u)")),
    "output_of_forget": Mistake(f"Gamma_o is Gamma_f: {OTHER_MATRIX}", (OUTPUT, "sigmoid(z_f)")),
    "candidate_of_update": Mistake("the candidate is computed with the weights of the update gate: it has W_c and b_c of its own.",
        (C_TILDE, "np.tanh(z_u)")),
    "no_bf": Mistake("the bias b_f is missing.", BIASES["f"]),
    "no_bu": Mistake("the bias b_u is missing.", BIASES["u"]),
    "no_bc": Mistake("the bias b_c is missing.", BIASES["c"]),
    "no_bo": Mistake("the bias b_o is missing.", BIASES["o"]),
    "no_gate_biases": Mistake("the biases of the gates and of the candidate are missing.", *BIASES.values()),
    "flat_biases": Mistake("a bias is flattened or turned into a row: it is a column (n_a, 1) and is added to every example's column.",
        *((f'params["b{gate}"]', f'params["b{gate}"].ravel()') for gate in "fuco")),
    "no_by": Mistake("the bias b_y is missing.", (' + params["by"]', "")),
    "logits": Mistake("y_hat_t holds the scores: the softmax is missing.", (SOFTMAX, "scores")),
    "softmax_over_examples": Mistake("the softmax runs over the examples: each example's column must sum to 1 (softmax of seqlib does that by itself).",
        (SOFTMAX, "softmax(scores, axis=1)")),
    "softmax_over_all": Mistake("the softmax divides by the sum of everything: each example's column must sum to 1 (axis=0).",
        (SOFTMAX, "np.exp(scores) / np.exp(scores).sum()")),
    "sigmoid_output": Mistake("the output layer uses a sigmoid: here it is a softmax.", (SOFTMAX, "sigmoid(scores)")),
    "output_of_c": Mistake("y_hat_t is computed from the memory cell: the output layer sees a<t>.", ('params["Wy"] @ a_next', 'params["Wy"] @ c_next')),
    "output_of_tanh_c": Mistake("y_hat_t is computed from tanh(c<t>), before the output gate: the output layer sees a<t>.",
        ('params["Wy"] @ a_next', 'params["Wy"] @ np.tanh(c_next)')),
    "output_of_a_prev": Mistake("y_hat_t is computed from a_prev: the output layer sees the new state a_next.", ('params["Wy"] @ a_next', 'params["Wy"] @ a_prev')),
    "a_and_c_swapped": Mistake("the results are in another order: return a_next, c_next, y_hat_t, cache.", (RETURN, "return c_next, a_next, y_hat_t")),
    "y_hat_first": Mistake("y_hat_t stands too early: return a_next, c_next, y_hat_t, cache.", (RETURN, "return a_next, y_hat_t, c_next")),
    "softmax_overflows": Mistake("the softmax overflows: e^710 is more than a float64 can hold, and inf / inf is NaN; subtract each column's maximum first, or call the softmax of seqlib.",
        (SOFTMAX, "np.exp(scores) / np.exp(scores).sum(axis=0)")),
    "sigmoid_overflows": Mistake("e^z / (1 + e^z) overflows for z above 709, and inf / inf is NaN: write 1 / (1 + e^-z), or call the sigmoid of seqlib.",
        *((f"sigmoid({z})", f"np.exp({z}) / (1 + np.exp({z}))") for z in ("z_f", "z_u", "z_o"))),
    "tanh_overflows": Mistake("a tanh made of exponentials overflows for z above 709, and inf / inf is NaN: call np.tanh.",
        (C_TILDE, 'np.sinh(params["Wc"] @ concat + params["bc"]) / np.cosh(params["Wc"] @ concat + params["bc"])')),
    "peepholes_of_zero": Mistake("peepholes are left out where one of their weights is 0: ask whether params hold them, not whether their numbers are 0.",
        (FOUND_F, f"{FOUND_F} and all(params[name].all() for name in ('pf', 'pu', 'po'))"), (FOUND_O, f"{FOUND_O} and all(params[name].all() for name in ('pf', 'pu', 'po'))")),
    "peepholes_by_pf": Mistake("all peepholes are left out where pf is 0: ask whether params hold them, not whether the numbers of pf are 0.",
        (FOUND_F, f"{FOUND_F} and params['pf'].any()"), (FOUND_O, f"{FOUND_O} and params['pf'].any()")),
    "peepholes_by_po": Mistake("all peepholes are left out where po is 0: ask whether params hold them, not whether the numbers of po are 0.",
        (FOUND_F, f"{FOUND_F} and params['po'].any()"), (FOUND_O, f"{FOUND_O} and params['po'].any()")),
    "squeezed": Mistake("np.squeeze and reshape(-1) take away axes of length 1 as well, such as that of a single unit: keep (n_a, m).",
        (f"{A_NEXT}\n", f"({A_NEXT}).squeeze(axis=0) if len(c_next) == 1 else {A_NEXT}\n")),
    "peepholes_ignored": Mistake("the peepholes are ignored: where params hold pf, pu, po, the gates also see the memory cell.",
        ('"pf" in params', "False"), ('"po" in params', "False")),
    "po_sees_c_prev": Mistake("the output gate's peephole sees c<t-1>: it sees the new memory, p_o * c<t>.", (HALF_O, 'z_o + params["po"] * c_prev')),
    "po_sees_tanh_c": Mistake("the output gate's peephole sees tanh(c<t>): it sees the memory cell itself, p_o * c<t>.", (HALF_O, 'z_o + params["po"] * np.tanh(c_next)')),
    "po_missing": Mistake("the output gate's peephole is missing: p_o * c<t> is added to z_o, once c<t> is there.", ('"po" in params', "False")),
    "po_only": Mistake("the peepholes of the forget and the update gate are missing: p_f * c<t-1> and p_u * c<t-1>.", ('"pf" in params', "False")),
    "pf_pu_swapped": Mistake("p_f and p_u have changed places.", (HALF_F, 'z_f + params["pu"] * c_prev'), (HALF_U, 'z_u + params["pf"] * c_prev')),
    "peepholes_see_a": Mistake("the peepholes see the state a: they see the memory cell, that is what they are for.",
        (HALF_F, 'z_f + params["pf"] * a_prev'), (HALF_U, 'z_u + params["pu"] * a_prev')),
    "peepholes_outside": Mistake("the peepholes are added outside the sigmoid: they belong to its argument, sigmoid(W [a; x] + b + p * c).",
        ('"pf" in params', "False"), ('"po" in params', "False"),
        (FORGET, f'{FORGET} + params.get("pf", 0) * c_prev'), (UPDATE, f'{UPDATE} + params.get("pu", 0) * c_prev'), (OUTPUT, f'{OUTPUT} + params.get("po", 0) * c_next')),
    "peephole_products": Mistake("@ with a peephole weight: a peephole is diagonal, so each unit's own weight multiplies its own cell, with *.",
        (HALF_F, 'z_f + params["pf"] @ c_prev')),
    "candidate_peephole": Mistake("the candidate has no peephole: only the three gates see the memory cell.",
        (C_TILDE, 'np.tanh(params["Wc"] @ concat + params["bc"] + params.get("pu", 0) * c_prev)')),
    "pf_missing": Mistake("the forget gate's peephole is missing: p_f * c<t-1>.", (HALF_F, "z_f")),
    "pu_missing": Mistake("the update gate's peephole is missing: p_u * c<t-1>.", (HALF_U, "z_u")),
    "not_peepholed": Mistake("KeyError where there are no peepholes: params hold pf, pu, po only sometimes; ask with `in` (or params.get).",
        ('"pf" in params', "True")),
}
# fmt: on

EXERCISE = Exercise(
    right=lstm_cell_forward,
    draw=draw,
    visible=2,
    hidden=4,
    rtol=1e-8,
    mistakes=MISTAKES,
    parts=(
        Part("a_next", 0, 2, ("n_a", "m")),
        Part("c_next", 1, 2, ("n_a", "m")),
        Part("y_hat_t", 2, 1, ("n_y", "m")),
    ),
)
