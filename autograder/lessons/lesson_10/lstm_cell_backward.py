"""`lstm_cell_backward`: the gradients of one step, with and without peepholes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, lstm_parameters
from autograder.lessons.lesson_10.lstm_cell_forward import peepholes
from seqlib import lstm_cell_forward, sigmoid  # noqa: F401 (an edit calls sigmoid)

# the gradients of a kind together; those of peepholes where there are any
PROBE = """
def probe(function, da_next, dc_next, cache):
    result = function(da_next, dc_next, cache)
    if not isinstance(result, dict):
        return result
    kinds = {"dW": "fuco", "db": "fuco", **({"dp": "fuo"} if "pf" in cache[-1] else {})}
    together = {kind: {kind + g: result[kind + g] for g in gates if kind + g in result} for kind, gates in kinds.items()}
    return {**{name: result[name] for name in ("dx_t", "da_prev", "dc_prev") if name in result}, **together}
"""


def draw(rng: Generator) -> Iterator[Inputs]:
    def given(n_x: int, m: int, params: dict[str, np.ndarray], start: float = 1.0) -> tuple[Any, ...]:
        n_a = len(params["bf"])
        x_t, a_prev, c_prev = (
            0.7 * rng.normal(size=(n_x, m)),
            rng.uniform(-0.8, 0.8, size=(n_a, m)),
            1.2 * rng.normal(size=(n_a, m)),
        )
        c_prev[:, 0] *= start
        cache = lstm_cell_forward(x_t, a_prev, c_prev, params)[3]
        return (*rng.normal(size=(2, n_a, m)), cache)

    for label, n_x, n_a, m in (
        ("n_x = 4, n_a = 3, m = 5", 4, 3, 5),
        ("one example (m = 1), n_x = n_a = 3", 3, 3, 1),
        ("one unit, one input", 1, 1, 4),
    ):
        args = given(n_x, m, lstm_parameters(rng, n_x, n_a, 2))
        yield Inputs(label, args, aspect="one unit" if n_a == 1 else "gates", unusual=n_a == 1)
    for label, params in peepholes(rng):
        yield Inputs(label, given(2, 4, params), aspect="peepholes", unusual=True)
    params = lstm_parameters(rng, 2, 6, 2)
    for i, gate in enumerate("fuo"):
        params[f"b{gate}"][2 * i : 2 * i + 2, 0] = [1000, -1000]
    yield Inputs("gates that are 0 or 1, a memory of 0", given(2, 3, params, start=0.0), aspect="gates", unusual=True)


def lstm_cell_backward(da_next: np.ndarray, dc_next: np.ndarray, cache: Any) -> Any:
    a_next, c_next, a_prev, c_prev, gamma_f, gamma_u, gamma_o, c_tilde, x_t, params = cache
    n_a = len(a_next)
    concat = np.concatenate([a_prev, x_t])  # (n_a + n_x, m)
    tanh_c = np.tanh(c_next)
    dz_o = da_next * tanh_c * gamma_o * (1 - gamma_o)
    dc = dc_next + da_next * gamma_o * (1 - tanh_c**2)
    if "po" in params:
        dc = dc + params["po"] * dz_o
    dz_c = dc * gamma_u * (1 - c_tilde**2)
    dz_u = dc * c_tilde * gamma_u * (1 - gamma_u)
    dz_f = dc * c_prev * gamma_f * (1 - gamma_f)
    dc_prev = dc * gamma_f
    gradients, dconcat = {}, np.zeros(concat.shape)
    for gate, dz in (("f", dz_f), ("u", dz_u), ("c", dz_c), ("o", dz_o)):
        gradients["dW" + gate] = dz @ concat.T  # (n_a, n_a + n_x)
        gradients["db" + gate] = dz.sum(axis=1, keepdims=True)  # (n_a, 1)
        dconcat = dconcat + params["W" + gate].T @ dz
    if "pf" in params:
        dc_prev = dc_prev + params["pf"] * dz_f + params["pu"] * dz_u
        for gate, dz, seen in (("f", dz_f, c_prev), ("u", dz_u, c_prev), ("o", dz_o, c_next)):
            gradients["dp" + gate] = (dz * seen).sum(axis=1, keepdims=True)  # (n_a, 1)
    return {"dx_t": dconcat[n_a:], "da_prev": dconcat[:n_a], "dc_prev": dc_prev, **gradients}


CACHE = "a_next, c_next, a_prev, c_prev, gamma_f, gamma_u, gamma_o, c_tilde, x_t, params = cache"
STACK = "np.concatenate([a_prev, x_t])"
DC, DZ_O = "dc_next + da_next * gamma_o * (1 - tanh_c**2)", "da_next * tanh_c * gamma_o * (1 - gamma_o)"
DZ_C, DZ_U, DZ_F = (
    "dc * gamma_u * (1 - c_tilde**2)",
    "dc * c_tilde * gamma_u * (1 - gamma_u)",
    "dc * c_prev * gamma_f * (1 - gamma_f)",
)
DC_PREV, DW = "dc_prev = dc * gamma_f", '"dW" + gate] = dz @ concat.T'
DB, DCONCAT = '"db" + gate] = dz.sum(axis=1, keepdims=True)', 'dconcat + params["W" + gate].T @ dz'
DX, DA_PREV, DP = '"dx_t": dconcat[n_a:]', '"da_prev": dconcat[:n_a]', "(dz * seen).sum(axis=1, keepdims=True)"
PEEP_PREV = 'dc_prev + params["pf"] * dz_f + params["pu"] * dz_u'
ALL_FOUR = "a<t-1> and x<t> went into all three gates and the candidate, so the four W^T dz are added"

# fmt: off
MISTAKES = {
    "a_part_missing": Mistake("dc lacks what comes through a<t>: c<t> goes into a<t> as well, so dc_next + da_next * Gamma_o * (1 - tanh(c<t>)^2).", (DC, "dc_next")),
    "dc_next_missing": Mistake("dc_next is not used: what comes from the next step's memory cell is added, dc_next + da_next * Gamma_o * (1 - tanh(c<t>)^2).",
        (DC, "da_next * gamma_o * (1 - tanh_c**2)")),
    "no_tanh_slope": Mistake("the slope of the tanh at the output is missing in dc: da_next * Gamma_o * (1 - tanh(c<t>)^2).", (DC, "dc_next + da_next * gamma_o")),
    "no_output_gate_in_dc": Mistake("Gamma_o is missing in dc: da_next * Gamma_o * (1 - tanh(c<t>)^2).", (DC, "dc_next + da_next * (1 - tanh_c**2)")),
    "gamma_o_on_dc_next": Mistake("Gamma_o and the slope of tanh multiply dc_next as well: they belong to da_next alone.", (DC, "(dc_next + da_next) * gamma_o * (1 - tanh_c**2)")),
    "slope_at_c": Mistake("the slope of the tanh is 1 - tanh(c<t>)^2, here it is 1 - c<t>^2: c<t> has not been through tanh.", (DC, "dc_next + da_next * gamma_o * (1 - c_next**2)")),
    "slope_at_a": Mistake("the slope of the tanh is taken at a<t>, which is Gamma_o * tanh(c<t>): it is 1 - tanh(c<t>)^2.", (DC, "dc_next + da_next * gamma_o * (1 - a_next**2)")),
    "slope_not_squared": Mistake("the slope of the tanh at the output is 1 - tanh(c<t>)^2: the square is missing.", (DC, "dc_next + da_next * gamma_o * (1 - tanh_c)")),
    "output_without_tanh": Mistake("this is the backward pass of a<t> = Gamma_o * c<t>: there is a tanh around c<t>, in dz_o and, as its slope, in dc.",
        (DZ_O, "da_next * c_next * gamma_o * (1 - gamma_o)"), (DC, "dc_next + da_next * gamma_o")),
    "dz_o_of_c": Mistake("dz_o has c<t> where tanh(c<t>) belongs: the gate multiplied tanh(c<t>).", (DZ_O, "da_next * c_next * gamma_o * (1 - gamma_o)")),
    "dz_o_of_a": Mistake("dz_o has a<t> where tanh(c<t>) belongs: Gamma_o is in a<t> already.", (DZ_O, "da_next * a_next * gamma_o * (1 - gamma_o)")),
    "dz_o_without_tanh_c": Mistake("tanh(c<t>) is missing in dz_o: Gamma_o multiplied it, so da_next * tanh(c<t>) arrives at the gate.", (DZ_O, "da_next * gamma_o * (1 - gamma_o)")),
    "dz_o_no_slope": Mistake("the slope of the output gate's sigmoid is missing: Gamma_o (1 - Gamma_o).", (DZ_O, "da_next * tanh_c")),
    "dz_o_of_dc": Mistake("dz_o is made from dc: the output gate acts on a<t>, so from da_next.", (DZ_O, "dc_next * tanh_c * gamma_o * (1 - gamma_o)")),
    "no_slopes": Mistake("the slopes of the sigmoids are missing in all gates: Gamma (1 - Gamma).", (DZ_O, "da_next * tanh_c"), (DZ_U, "dc * c_tilde"), (DZ_F, "dc * c_prev")),
    "dz_c_no_slope": Mistake("the slope of the candidate's tanh is missing: 1 - c_tilde^2.", (DZ_C, "dc * gamma_u")),
    "dz_c_sigmoid_slope": Mistake("the candidate is a tanh: its slope is 1 - c_tilde^2, not c_tilde (1 - c_tilde).", (DZ_C, "dc * gamma_u * c_tilde * (1 - c_tilde)")),
    "dz_c_tanh_twice": Mistake("tanh is applied to c_tilde once more: c_tilde is a tanh already, and its slope is 1 - c_tilde^2.", (DZ_C, "dc * gamma_u * (1 - np.tanh(c_tilde) ** 2)")),
    "dz_c_not_squared": Mistake("the slope of the candidate's tanh is 1 - c_tilde^2: the square is missing.", (DZ_C, "dc * gamma_u * (1 - c_tilde)")),
    "dz_c_no_gate": Mistake("Gamma_u is missing in dz_c: the candidate went into c<t> as Gamma_u * c_tilde.", (DZ_C, "dc * (1 - c_tilde**2)")),
    "dz_u_no_slope": Mistake("the slope of the update gate's sigmoid is missing: Gamma_u (1 - Gamma_u).", (DZ_U, "dc * c_tilde")),
    "dz_f_no_slope": Mistake("the slope of the forget gate's sigmoid is missing: Gamma_f (1 - Gamma_f).", (DZ_F, "dc * c_prev")),
    "slopes_squared": Mistake("a gate's slope is Gamma (1 - Gamma); here the sigmoid is applied to the gate once more.",
        (DZ_O, "da_next * tanh_c * sigmoid(gamma_o) * (1 - sigmoid(gamma_o))"), (DZ_U, "dc * c_tilde * sigmoid(gamma_u) * (1 - sigmoid(gamma_u))"), (DZ_F, "dc * c_prev * sigmoid(gamma_f) * (1 - sigmoid(gamma_f))")),
    "tanh_slopes_of_gates": Mistake("a gate is a sigmoid: its slope is Gamma (1 - Gamma), not 1 - Gamma^2.",
        (DZ_O, "da_next * tanh_c * (1 - gamma_o**2)"), (DZ_U, "dc * c_tilde * (1 - gamma_u**2)"), (DZ_F, "dc * c_prev * (1 - gamma_f**2)")),
    "dz_f_of_c_next": Mistake("dz_f has c<t>: the forget gate multiplied the memory before the step, c<t-1>.", (DZ_F, "dc * c_next * gamma_f * (1 - gamma_f)")),
    "dz_f_of_a_prev": Mistake("dz_f has a<t-1>: the forget gate multiplied the memory cell, c<t-1>.", (DZ_F, "dc * a_prev * gamma_f * (1 - gamma_f)")),
    "dz_u_of_c_prev": Mistake("dz_u has c<t-1>: the update gate multiplied the candidate, c_tilde.", (DZ_U, "dc * c_prev * gamma_u * (1 - gamma_u)")),
    "dz_f_of_candidate": Mistake("dz_f has the candidate: the forget gate multiplied c<t-1>.", (DZ_F, "dc * c_tilde * gamma_f * (1 - gamma_f)")),
    "f_and_u_of_each_other": Mistake("c_tilde and c<t-1> have changed places: Gamma_u multiplied c_tilde, Gamma_f multiplied c<t-1>.",
        (DZ_U, "dc * c_prev * gamma_u * (1 - gamma_u)"), (DZ_F, "dc * c_tilde * gamma_f * (1 - gamma_f)")),
    "dc_next_in_gates": Mistake("the gates' gradients are made from dc_next: what c<t> gets through a<t> belongs to them, too, so from dc.",
        (DZ_C, "dc_next * gamma_u * (1 - c_tilde**2)"), (DZ_U, "dc_next * c_tilde * gamma_u * (1 - gamma_u)"), (DZ_F, "dc_next * c_prev * gamma_f * (1 - gamma_f)")),
    "dc_prev_of_dc_next": Mistake("dc_prev is made from dc_next alone: what c<t> gets through a<t> goes on to c<t-1> as well.", (DC_PREV, "dc_prev = dc_next * gamma_f")),
    "dc_prev_no_gate": Mistake("Gamma_f is missing in dc_prev: c<t-1> went into c<t> as Gamma_f * c<t-1>.", (DC_PREV, "dc_prev = dc")),
    "dc_prev_of_gru": Mistake("dc_prev has 1 - Gamma_u, as in a GRU: in an LSTM c<t-1> went in as Gamma_f * c<t-1>.", (DC_PREV, "dc_prev = dc * (1 - gamma_u)")),
    "gates_swapped_in_cache": Mistake("the cache is unpacked in another order: gamma_f stands before gamma_u.", (CACHE, CACHE.replace("gamma_f, gamma_u", "gamma_u, gamma_f"))),
    "cache_as_torch": Mistake("the cache is unpacked in another order: it holds gamma_f, gamma_u, gamma_o, c_tilde.",
        (CACHE, CACHE.replace("gamma_f, gamma_u, gamma_o, c_tilde", "gamma_f, gamma_u, c_tilde, gamma_o"))),
    "not_transposed": Mistake("a matrix is used as it is: in the backward pass it is transposed, W^T dz.", (DCONCAT, 'dconcat + params["W" + gate] @ dz')),
    "state_block_not_transposed": Mistake("the columns that belong to a<t-1> are used as they are: in the backward pass they are transposed, da_prev = W[:, :n_a]^T dz.",
        (DA_PREV, '"da_prev": sum(params["W" + gate][:, :n_a] @ dz for gate, dz in (("f", dz_f), ("u", dz_u), ("c", dz_c), ("o", dz_o)))')),
    "not_added": Mistake(f"da_prev and dx_t hold the share of one gate only: {ALL_FOUR}.", (DCONCAT, 'params["W" + gate].T @ dz')),
    "without_output_gate": Mistake(f"da_prev and dx_t lack the share of the output gate: {ALL_FOUR}.", (DCONCAT, 'dconcat + (gate != "o") * params["W" + gate].T @ dz')),
    "without_candidate": Mistake(f"da_prev and dx_t lack the share of the candidate: {ALL_FOUR}.", (DCONCAT, 'dconcat + (gate != "c") * params["W" + gate].T @ dz')),
    "split_at_n_x": Mistake("the stack is cut in the wrong place or order: its first n_a rows belong to a<t-1>, the rest to x<t>.",
        (DX, '"dx_t": dconcat[:len(x_t)]'), (DA_PREV, '"da_prev": dconcat[len(x_t):]')),
    "parts_swapped": Mistake("da_prev and dx_t have changed places: the first n_a rows of the stack belong to a<t-1>.", (DX, '"dx_t": dconcat[:n_a]'), (DA_PREV, '"da_prev": dconcat[n_a:]')),
    "dx_only_of_x_block": Mistake("the columns of x come after those of a: dx_t is W[:, n_a:]^T dz, the last rows of the stack.", (DX, '"dx_t": dconcat[:len(x_t)]')),
    "stack_swapped": Mistake("dW is made with [x<t>; a<t-1>]: the stack has the state on top, as in the forward pass.", (STACK, "np.concatenate([x_t, a_prev])")),
    "stack_of_a_next": Mistake("dW is made with a<t>: the matrices multiplied the state before, a<t-1>.", (STACK, "np.concatenate([a_next, x_t])")),
    "dW_transposed": Mistake("dW is transposed: dz stands on the left, dz [a; x]^T, (n_a, n_a + n_x).", (DW, '"dW" + gate] = concat @ dz.T')),
    "db_flat": Mistake("db is flat: it stays a column (n_a, 1); keepdims=True.", (DB, '"db" + gate] = dz.sum(axis=1)')),
    "db_not_summed": Mistake("db is not summed: one bias serves all examples, so their columns are added.", (DB, '"db" + gate] = dz')),
    "db_total": Mistake("db is the sum of everything: each unit has a bias of its own, so only the examples are added.", (DB, '"db" + gate] = dz.sum()')),
    "db_mean": Mistake("db is the mean over the examples: gradients are added; the 1/m of the cost is already in da_next.", (DB, '"db" + gate] = dz.mean(axis=1, keepdims=True)')),
    "all_mean": Mistake("the gradients of the weights are divided by m: the 1/m of the cost is already in da_next.",
        (DW, '"dW" + gate] = dz @ concat.T / dz.shape[1]'), (DB, '"db" + gate] = dz.mean(axis=1, keepdims=True)')),
    "weights_named_by_another": Mistake("dWf and dWu (or dbf and dbu) have changed places: each gate's gradient is made from its own dz.",
        ('("f", dz_f), ("u", dz_u), ("c"', '("u", dz_f), ("f", dz_u), ("c"')),
    "tanh_recovered": Mistake("tanh(c<t>) is worked out as a<t> / Gamma_o, which is 0 / 0 where the gate is 0: take np.tanh(c_next).", ("tanh_c = np.tanh(c_next)", "tanh_c = a_next / gamma_o"), (DZ_O, "da_next * a_next * (1 - gamma_o)")),
    "candidate_recovered": Mistake("c_tilde is worked out from c<t>, which is 0 / 0 where Gamma_u is 0: it is in the cache.", (STACK + "  #", STACK + "; c_tilde = (c_next - gamma_f * c_prev) / gamma_u  #")),
    "peepholes_of_zero": Mistake("peepholes are left out where one of their weights is 0: ask whether params hold them, not whether their numbers are 0.",
        ('"po" in params', '"po" in params and all(params[name].all() for name in ("pf", "pu", "po"))'), ('"pf" in params', '"pf" in params and all(params[name].all() for name in ("pf", "pu", "po"))')),
    "peepholes_by_pf": Mistake("all peepholes are left out where pf is 0: ask whether params hold them, not whether the numbers of pf are 0.",
        ('"po" in params', '"po" in params and params["pf"].any()'), ('"pf" in params', '"pf" in params and params["pf"].any()')),
    "peepholes_by_po": Mistake("all peepholes are left out where po is 0: ask whether params hold them, not whether the numbers of po are 0.",
        ('"po" in params', '"po" in params and params["po"].any()'), ('"pf" in params', '"pf" in params and params["po"].any()')),
    "squeezed": Mistake("np.squeeze and reshape(-1) take away axes of length 1 as well, such as that of a single unit: keep (n_a, m).",
        ("tanh_c = np.tanh(c_next)", "tanh_c = np.tanh(c_next).squeeze()[:, None] if len(c_next) == 1 else np.tanh(c_next)")),
    "peepholes_ignored": Mistake("the peepholes are left out: with pf, pu, po the gates saw the memory cell, so it gets a gradient from them, and they get gradients of their own, dpf, dpu, dpo.",
        ('"po" in params', "False"), ('"pf" in params', "False")),
    "no_dp": Mistake("the peepholes' own gradients are missing: dpf, dpu, dpo (n_a, 1).", ('gradients["dp" + gate] = ', "seen = ")),
    "po_not_in_dc": Mistake("dc lacks the output gate's peephole: the gate saw c<t>, so p_o * dz_o is added to dc, before anything is made from it.", ('"po" in params', "False")),
    "po_too_late": Mistake("p_o * dz_o is added to dc after the gates have taken theirs: it belongs to dc before dz_c, dz_u and dz_f are made.",
        ('"po" in params', "False"), (DC_PREV, 'dc_prev = (dc + params.get("po", 0) * dz_o) * gamma_f')),
    "po_to_dc_prev": Mistake("p_o * dz_o is added to dc_prev: the output gate saw c<t>, not c<t-1>, so it belongs to dc.",
        ('"po" in params', "False"), (PEEP_PREV, f'{PEEP_PREV} + params["po"] * dz_o')),
    "no_peepholes_in_dc_prev": Mistake("dc_prev lacks the peepholes: c<t-1> was seen by two gates, so p_f * dz_f + p_u * dz_u is added.", (PEEP_PREV, "dc_prev")),
    "pf_only_in_dc_prev": Mistake("dc_prev lacks the update gate's peephole: p_u * dz_u is added as well.", (PEEP_PREV, 'dc_prev + params["pf"] * dz_f')),
    "pu_only_in_dc_prev": Mistake("dc_prev lacks the forget gate's peephole: p_f * dz_f is added as well.", (PEEP_PREV, 'dc_prev + params["pu"] * dz_u')),
    "dpo_of_c_prev": Mistake("dpo is made with c<t-1>: the output gate saw the new memory, c<t>.", ('("o", dz_o, c_next)', '("o", dz_o, c_prev)')),
    "dp_of_c_next": Mistake("dpf and dpu are made with c<t>: these gates saw the memory before the step, c<t-1>.",
        ('("f", dz_f, c_prev), ("u", dz_u, c_prev)', '("f", dz_f, c_next), ("u", dz_u, c_next)')),
    "dp_of_tanh": Mistake("dpo is made with tanh(c<t>): the peephole saw c<t> itself.", ('("o", dz_o, c_next)', '("o", dz_o, tanh_c)')),
    "dp_not_summed": Mistake("dp is not summed: one peephole weight serves all examples, so their columns are added.", (DP, "dz * seen")),
    "dp_flat": Mistake("dp is flat: it stays a column (n_a, 1); keepdims=True.", (DP, "(dz * seen).sum(axis=1)")),
    "dp_matrix": Mistake("dp is a matrix: a peephole is diagonal, so its gradient is (dz * c) summed over the examples, (n_a, 1).", (DP, "dz @ seen.T")),
    "dp_without_cell": Mistake("dp lacks the memory cell that the gate saw: (dz * c) summed over the examples.", (DP, "dz.sum(axis=1, keepdims=True)")),
}
# fmt: on

EXERCISE = Exercise(
    right=lstm_cell_backward,
    draw=draw,
    visible=3,
    hidden=5,
    rtol=1e-8,
    probe=PROBE,
    mistakes=MISTAKES,
    parts=(
        Part("dx_t", "dx_t", 1, ("n_x", "m")),
        Part("da_prev", "da_prev", 1, ("n_a", "m")),
        Part("dc_prev", "dc_prev", 1, ("n_a", "m")),
        Part("the gradients of the matrices", "dW", 2),
        Part("the gradients of the biases", "db", 1),
        Part("the gradients of the peepholes", "dp", 1),
    ),
)
