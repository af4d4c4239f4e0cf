"""`gru_cell_backward`: the gradients of one step, simplified and with the reset before the product."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, gradient_parts, gru_parameters
from seqlib import gru_cell_forward

ENDS = 'reset="before", gates that are 0 or 1, a memory of 0'


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, m, reset in (
        ("reset=None, n_x = 3, n_a = 4, m = 2", 3, 4, 2, None),
        ("reset=None, one example (m = 1), n_x = n_a = 3", 3, 3, 1, None),
        ('reset="before", n_x = 4, n_a = 3, m = 5', 4, 3, 5, "before"),
        ('reset="before", one example (m = 1), n_x = 2, n_a = 4', 2, 4, 1, "before"),
        ('one unit, one input, reset="before"', 1, 1, 3, "before"),
        (ENDS, 2, 4, 3, "before"),
    ):
        params = gru_parameters(rng, n_x, n_a, 2, reset)
        x_t, c_prev = 0.5 * rng.normal(size=(n_x, m)), rng.uniform(-1, 1, size=(n_a, m))
        if label == ENDS:
            params["bu"][:2, 0], params["br"][1:3, 0], c_prev[:, 0] = [1000, -1000], [1000, -1000], 0
        given = (rng.normal(size=(n_a, m)), gru_cell_forward(x_t, c_prev, params, reset)[2])
        yield Inputs(label, given, aspect="full" if reset else "simplified", unusual=n_a == 1 or label == ENDS)


def gru_cell_backward(dc_next: np.ndarray, cache: Any) -> dict[str, Any]:
    c_next, c_prev, gamma_u, gamma_r, c_tilde, x_t, params, reset = cache
    n_a = len(c_prev)
    concat = np.concatenate([c_prev, x_t])  # (n_a + n_x, m)
    dz_u = dc_next * (c_tilde - c_prev) * gamma_u * (1 - gamma_u)  # (n_a, m)
    dz_c = dc_next * gamma_u * (1 - c_tilde**2)
    kept = dc_next * (1 - gamma_u)
    through_u = params["Wu"].T @ dz_u  # (n_a + n_x, m)
    through_c = params["Wc"].T @ dz_c
    through_r = np.zeros_like(through_u)
    seen, scale = concat, 1.0
    gradients = {}
    if reset == "before":
        seen, scale = np.concatenate([gamma_r * c_prev, x_t]), gamma_r
        dz_r = through_c[:n_a] * c_prev * gamma_r * (1 - gamma_r)
        through_r = params["Wr"].T @ dz_r
        gradients = {"dWr": dz_r @ concat.T, "dbr": dz_r.sum(axis=1, keepdims=True)}
    dc_prev = kept + through_u[:n_a] + through_r[:n_a] + scale * through_c[:n_a]
    dx_t = through_u[n_a:] + through_r[n_a:] + through_c[n_a:]
    return {
        "dx_t": dx_t,  # (n_x, m)
        "dc_prev": dc_prev,  # (n_a, m)
        "dWu": dz_u @ concat.T,  # (n_a, n_a + n_x)
        "dbu": dz_u.sum(axis=1, keepdims=True),  # (n_a, 1)
        "dWc": dz_c @ seen.T,
        "dbc": dz_c.sum(axis=1, keepdims=True),
        **gradients,
    }


DZ_U, DZ_C = "dc_next * (c_tilde - c_prev) * gamma_u * (1 - gamma_u)", "dc_next * gamma_u * (1 - c_tilde**2)"
DZ_R, SEEN = (
    "through_c[:n_a] * c_prev * gamma_r * (1 - gamma_r)",
    "seen, scale = np.concatenate([gamma_r * c_prev, x_t]), gamma_r",
)
DC_PREV = "kept + through_u[:n_a] + through_r[:n_a] + scale * through_c[:n_a]"
DX = "through_u[n_a:] + through_r[n_a:] + through_c[n_a:]"
DWU, DWR, DWC = "dz_u @ concat.T", "dz_r @ concat.T", "dz_c @ seen.T"
DBU, DBR, DBC = (f"dz_{gate}.sum(axis=1, keepdims=True)" for gate in "urc")


def _everywhere(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """The edits of all three biases' gradients."""
    return tuple((one, one.replace(old, new)) for one in (DBU, DBR, DBC))


# fmt: off
MISTAKES = {
    "no_sigmoid_u": Mistake("the slope of the sigmoid of Gamma_u is missing in dz_u: times Gamma_u (1 - Gamma_u).", (DZ_U, "dc_next * (c_tilde - c_prev)")),
    "no_sigmoid_r": Mistake("the slope of the sigmoid of Gamma_r is missing in dz_r: times Gamma_r (1 - Gamma_r).", (DZ_R, "through_c[:n_a] * c_prev")),
    "no_tanh": Mistake("the slope of tanh is missing in dz_c: times 1 - c_tilde^2.", (DZ_C, "dc_next * gamma_u")),
    "not_squared": Mistake("the slope of tanh is 1 - c_tilde^2; the square is missing.", ("c_tilde**2", "c_tilde")),
    "tanh_of_c_next": Mistake("the slope of tanh is taken at c_next: tanh made c_tilde, so it is 1 - c_tilde^2.", ("c_tilde**2", "c_next**2")),
    "tanh_twice": Mistake("tanh is applied once more: c_tilde is already tanh(z), so its slope is 1 - c_tilde^2.", ("c_tilde**2", "np.tanh(c_tilde) ** 2")),
    "sigmoid_twice": Mistake("the sigmoid is applied once more: gamma_u is already a gate, and its slope is Gamma_u (1 - Gamma_u).",
        (DZ_U, "dc_next * (c_tilde - c_prev) * (1 / (1 + np.exp(-gamma_u))) * (1 - 1 / (1 + np.exp(-gamma_u)))")),
    "sigmoid_slope_of_tanh": Mistake("1 - Gamma_u^2 is the slope of tanh: that of the sigmoid is Gamma_u (1 - Gamma_u).", (DZ_U, "dc_next * (c_tilde - c_prev) * (1 - gamma_u**2)")),
    "sigmoid_slope_of_tanh_r": Mistake("1 - Gamma_r^2 is the slope of tanh: that of the sigmoid is Gamma_r (1 - Gamma_r).", (DZ_R, "through_c[:n_a] * c_prev * (1 - gamma_r**2)")),
    "candidate_without_gate": Mistake("dz_c lacks the factor Gamma_u, the candidate's share in c<t>.", (DZ_C, "dc_next * (1 - c_tilde**2)")),
    "candidate_other_share": Mistake("dz_c has the factor 1 - Gamma_u: that is the share of c<t-1>; the candidate's is Gamma_u.", (DZ_C, "dc_next * (1 - gamma_u) * (1 - c_tilde**2)")),
    "gate_sees_candidate_only": Mistake("dz_u lacks c<t-1>: Gamma_u occurs twice in c<t> = Gamma_u * c_tilde + (1 - Gamma_u) * c<t-1>, so the factor is c_tilde - c<t-1>.", ("(c_tilde - c_prev)", "c_tilde")),
    "gate_plus": Mistake("dz_u has c_tilde + c<t-1>: the second term of c<t> holds -Gamma_u, so the factor is c_tilde - c<t-1>.", ("(c_tilde - c_prev)", "(c_tilde + c_prev)")),
    "gate_reversed": Mistake("dz_u has the wrong sign: the factor is c_tilde - c<t-1>.", ("(c_tilde - c_prev)", "(c_prev - c_tilde)")),
    "gate_of_c_next": Mistake("dz_u is made with c_next in the place of c<t-1>: the factor is c_tilde - c<t-1>.", ("(c_tilde - c_prev)", "(c_tilde - c_next)")),
    "not_kept": Mistake("dc_prev lacks the direct path: c<t-1> comes into c<t> with the factor 1 - Gamma_u, so dc_next * (1 - Gamma_u) is one of its terms.", (DC_PREV, "through_u[:n_a] + through_r[:n_a] + scale * through_c[:n_a]")),
    "kept_other_share": Mistake("the direct path has the factor Gamma_u: c<t-1> comes into c<t> with 1 - Gamma_u.", ("dc_next * (1 - gamma_u)\n", "dc_next * gamma_u\n")),
    "kept_only": Mistake("dc_prev is the direct path alone: c<t-1> is also seen by the gates and by the candidate.", (DC_PREV, "kept")),
    "dc_prev_without_u": Mistake("dc_prev lacks the way through the update gate, which sees c<t-1> too: the first n_a rows of W_u^T dz_u.", ("kept + through_u[:n_a]", "kept")),
    "dc_prev_without_r": Mistake("dc_prev lacks the way through the reset gate, which sees c<t-1> too: the first n_a rows of W_r^T dz_r.", ("through_r[:n_a] + scale", "scale")),
    "dc_prev_without_c": Mistake("dc_prev lacks the way through the candidate: the first n_a rows of W_c^T dz_c (times Gamma_r where there is a reset gate).", (" + scale * through_c[:n_a]", "")),
    "candidate_not_reset": Mistake("the candidate saw Gamma_r * c<t-1>, so what comes back through W_c is multiplied by Gamma_r before it joins dc_prev.", ("scale * through_c", "through_c")),
    "dx_without_u": Mistake("dx_t lacks the way through the update gate: the last n_x rows of W_u^T dz_u.", (DX, "through_r[n_a:] + through_c[n_a:]")),
    "dx_without_r": Mistake("dx_t lacks the way through the reset gate: the last n_x rows of W_r^T dz_r.", (DX, "through_u[n_a:] + through_c[n_a:]")),
    "without_r": Mistake("the way through the reset gate is missing in dc_prev and in dx_t: both get their rows of W_r^T dz_r.",
        ("through_r[:n_a] + scale", "scale"), (DX, "through_u[n_a:] + through_c[n_a:]")),
    "dx_without_c": Mistake("dx_t lacks the way through the candidate: the last n_x rows of W_c^T dz_c.", (DX, "through_u[n_a:] + through_r[n_a:]")),
    "dx_of_c_only": Mistake("dx_t is the way through the candidate alone: the gates see x<t> too.", (DX, "through_c[n_a:]")),
    "x_reset_too": Mistake("what comes back to x<t> through W_c is multiplied by Gamma_r: only c<t-1> was reset.", (DX, "through_u[n_a:] + through_r[n_a:] + (gamma_r * through_c[n_a:] if reset else through_c[n_a:])")),
    "dWc_of_concat": Mistake("dW_c is made with c<t-1>: W_c multiplied [Gamma_r * c<t-1>; x<t>].", (DWC, "dz_c @ concat.T")),
    "dWr_of_seen": Mistake("dW_r is made with Gamma_r * c<t-1>: the reset gate saw c<t-1> as it is.", (DWR, "dz_r @ seen.T")),
    "dWu_of_seen": Mistake("dW_u is made with Gamma_r * c<t-1>: the update gate saw c<t-1> as it is.", (DWU, "dz_u @ seen.T")),
    "gates_of_seen": Mistake("dW_u and dW_r are made with Gamma_r * c<t-1>: the gates saw c<t-1> as it is.", (DWU, "dz_u @ seen.T"), (DWR, "dz_r @ seen.T")),
    "weights_of_c_next": Mistake("the gradients of the weights are made with c_next: the gates and the candidate saw c<t-1>.", ("concat = np.concatenate([c_prev, x_t])", "concat = np.concatenate([c_next, x_t])"), (SEEN, SEEN.replace("c_prev", "c_next"))),
    "input_first": Mistake("x<t> is stacked on top of c<t-1>: the order is [c<t-1>; x<t>], for the columns of dW as well.", ("concat = np.concatenate([c_prev, x_t])", "concat = np.concatenate([x_t, c_prev])"), (SEEN, "seen, scale = np.concatenate([x_t, gamma_r * c_prev]), gamma_r")),
    "rows_swapped": Mistake("the rows of W^T dz are cut the wrong way round: the first n_a belong to c<t-1>, the last n_x to x<t>.",
        (DC_PREV, "kept + through_u[len(x_t):] + through_r[len(x_t):] + scale * through_c[len(x_t):]"), (DX, "through_u[:len(x_t)] + through_r[:len(x_t)] + through_c[:len(x_t)]")),
    "dz_r_without_c": Mistake("dz_r lacks the factor c<t-1>: the reset gate multiplied it.", (DZ_R, "through_c[:n_a] * gamma_r * (1 - gamma_r)")),
    "dz_r_of_dc_next": Mistake("dz_r is made from dc_next: the reset gate reaches c<t> only through the candidate, so it gets the first n_a rows of W_c^T dz_c.", (DZ_R, DZ_R.replace("through_c[:n_a]", "dc_next"))),
    "dz_r_of_dz_c": Mistake("dz_r is made from dz_c: between the two stands W_c, so it gets the first n_a rows of W_c^T dz_c.", (DZ_R, DZ_R.replace("through_c[:n_a]", "dz_c"))),
    "reset_twice": Mistake("Gamma_r is multiplied in twice on the way to dz_r: what comes back through W_c belongs to Gamma_r * c<t-1>; its derivative with respect to Gamma_r is c<t-1>.", (DZ_R, f"gamma_r * {DZ_R}")),
    "r_not_transposed": Mistake("the candidate's weights for c<t-1> are not transposed on the way to the reset gate: the first n_a rows of W_c^T dz_c.", (DZ_R, DZ_R.replace("through_c[:n_a]", '(params["Wc"][:, :n_a] @ dz_c)'))),
    "db_flat": Mistake("the gradients of the biases are flat: they stay columns (n_a, 1); keepdims=True.", *_everywhere(", keepdims=True", "")),
    "db_not_summed": Mistake("the gradients of the biases are not summed: one bias serves all examples, so their columns are added.", *((one, one.partition(".")[0]) for one in (DBU, DBR, DBC))),
    "db_over_units": Mistake("the gradients of the biases are summed over the units: the sum runs over the examples, axis=1.", *_everywhere("sum(axis=1, keepdims=True)", "sum(axis=0)[:, None]")),
    "db_total": Mistake("the gradients of the biases are the sum of everything: each unit has a bias of its own, so only the examples are added.", *_everywhere("axis=1, keepdims=True", "")),
    "db_mean": Mistake("the gradients of the biases are means over the examples: gradients are added; the 1/m of the cost is already in dc_next.", *_everywhere("sum", "mean")),
    "all_mean": Mistake("the gradients of the weights are divided by m: the 1/m of the cost is already in dc_next.",
        *_everywhere("sum", "mean"), *((one, f"{one} / dz_c.shape[1]") for one in (DWU, DWR, DWC))),
    "dW_transposed": Mistake("the gradients of the matrices are transposed: dz stands on the left, dz [c<t-1>; x<t>]^T, (n_a, n_a + n_x).",
        (DWU, "concat @ dz_u.T"), (DWR, "concat @ dz_r.T"), (DWC, "seen @ dz_c.T")),
    "dz_over_m": Mistake("every gradient is divided by m: the 1/m of the cost is already in dc_next.",
        ("n_a = len(c_prev)", "n_a = len(c_prev)\n    dc_next = dc_next / dc_next.shape[1]")),
    "minus": Mistake("every gradient has the wrong sign.", ("n_a = len(c_prev)", "n_a = len(c_prev)\n    dc_next = -dc_next")),
    "cache_order": Mistake("the cache is unpacked in another order: c_next comes first, then c_prev.", ("c_next, c_prev, gamma_u", "c_prev, c_next, gamma_u")),
    "cache_gates_swapped": Mistake("the cache is unpacked in another order: gamma_u comes before gamma_r.", ("gamma_u, gamma_r, c_tilde", "gamma_r, gamma_u, c_tilde")),
    "always_with_reset": Mistake("with reset=None there is no reset gate: gamma_r is None, and params hold no W_r. Ask for `reset` before you use them.",
        ('    if reset == "before":\n        seen', "    if True:\n        seen")),
    "always_with_reset_weights": Mistake("with reset=None there is no reset gate, and params hold no W_r: read it only where there is one.", ("n_a = len(c_prev)", 'n_a, Wr = len(c_prev), params["Wr"]')),
    "reset_ignored": Mistake("the reset gate is left out: with reset=\"before\" there are dW_r, db_r and a way through it to dc_prev and dx_t.", ('if reset == "before"', "if False")),
    "candidate_recovered": Mistake("c_tilde - c<t-1> is worked out as (c<t> - c<t-1>) / Gamma_u, which is 0 / 0 where the gate is 0: c_tilde is in the cache.", ("(c_tilde - c_prev)", "((c_next - c_prev) / gamma_u)")),
    "reset_of_zero": Mistake("a reset gate with a 0 in it is taken for none: ask whether `reset` is None, not the numbers of gamma_r.", ('if reset == "before"', 'if reset == "before" and gamma_r.all()')),
    "squeezed": Mistake("np.squeeze and reshape(-1) take away axes of length 1 as well, such as that of a single unit: keep (n_a, m).",
        ('"dc_prev": dc_prev,', '"dc_prev": dc_prev.squeeze() if n_a == 1 else dc_prev,')),
}
for gate, one in (("u", DBU), ("r", DBR), ("c", DBC)):
    MISTAKES |= {
        f"db{gate}_flat": Mistake(f"db_{gate} is flat: it stays a column (n_a, 1); keepdims=True.", (one, one.replace(", keepdims=True", ""))),
        f"db{gate}_not_summed": Mistake(f"db_{gate} is not summed: one bias serves all examples, so their columns are added.", (one, f"dz_{gate}")),
    }
# fmt: on

EXERCISE = Exercise(
    right=gru_cell_backward,
    draw=draw,
    visible=3,
    hidden=5,
    rtol=1e-8,
    mistakes=MISTAKES,
    parts=(
        Part("dx_t", "dx_t", 1, ("n_x", "m")),
        Part("dc_prev", "dc_prev", 1, ("n_a", "m")),
        *gradient_parts("urc", 0.5),
    ),
)
