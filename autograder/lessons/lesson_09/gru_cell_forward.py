"""`gru_cell_forward`: one step of a GRU, simplified, with the reset before the product and after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, gru_parameters
from seqlib import sigmoid, softmax

LARGE = 'reset="before", biases of 1000'


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, n_y, m, kwargs in (
        ("reset=None, n_x = 3, n_a = 4, n_y = 2, m = 5", 3, 4, 2, 5, {"reset": None}),
        ("reset not given, n_x = 2, n_a = 3, n_y = 4, m = 5", 2, 3, 4, 5, {}),
        ('reset="before", one example (m = 1), n_x = n_a = 3', 3, 3, 2, 1, {"reset": "before"}),
        ('reset="after", n_x = 4, n_a = 3, n_y = 5, m = 2', 4, 3, 5, 2, {"reset": "after"}),
        ('one unit, one input, one class, reset="before"', 1, 1, 1, 4, {"reset": "before"}),
        (LARGE, 2, 3, 3, 4, {"reset": "before"}),
    ):
        reset = kwargs.get("reset", "before")
        # moderate numbers: where gates and candidates saturate, different answers look alike
        x_t, c_prev = 0.7 * rng.normal(size=(n_x, m)), rng.uniform(-1, 1, size=(n_a, m))
        params = gru_parameters(rng, n_x, n_a, n_y, reset)
        if label == LARGE:  # one element each, so that it shows whose exponential overflows
            params["bu"][0], params["br"][1], params["bc"][2], params["by"][:2, 0] = 1000, 1000, 1000, [1000, 999]
        aspect = {None: "simplified", "before": "before the product", "after": "after the product"}[reset]
        by_place = (reset,) if reset == "after" else ()
        yield Inputs(
            label,
            (x_t, c_prev, params, *by_place),
            {} if by_place else kwargs,
            aspect=aspect,
            unusual=n_a == 1 or label == LARGE,
        )


def gru_cell_forward(x_t: np.ndarray, c_prev: np.ndarray, params: dict[str, np.ndarray], reset: Any = "before") -> Any:
    n_a = len(c_prev)
    concat = np.concatenate([c_prev, x_t])  # (n_a + n_x, m)
    gamma_u = sigmoid(params["Wu"] @ concat + params["bu"])  # (n_a, m)
    gamma_r = None
    if reset is None:
        z_c = params["Wc"] @ concat
    else:
        gamma_r = sigmoid(params["Wr"] @ concat + params["br"])
        if reset == "before":
            z_c = params["Wc"] @ np.concatenate([gamma_r * c_prev, x_t])
        else:
            z_c = gamma_r * (params["Wc"][:, :n_a] @ c_prev) + params["Wc"][:, n_a:] @ x_t
    c_tilde = np.tanh(z_c + params["bc"])
    c_next = gamma_u * c_tilde + (1 - gamma_u) * c_prev
    y_hat_t = softmax(params["Wy"] @ c_next + params["by"])  # (n_y, m)
    return c_next, y_hat_t, (c_next, c_prev, gamma_u, gamma_r, c_tilde, x_t, params, reset)


CONCAT, GAMMA_U = "np.concatenate([c_prev, x_t])  #", 'sigmoid(params["Wu"] @ concat + params["bu"])'
GAMMA_R, C_TILDE = 'sigmoid(params["Wr"] @ concat + params["br"])', 'np.tanh(z_c + params["bc"])'
BEFORE, AFTER = (
    'params["Wc"] @ np.concatenate([gamma_r * c_prev, x_t])',
    'gamma_r * (params["Wc"][:, :n_a] @ c_prev) + params["Wc"][:, n_a:] @ x_t',
)
NEXT, Y_HAT = "gamma_u * c_tilde + (1 - gamma_u) * c_prev", 'softmax(params["Wy"] @ c_next + params["by"])'
SIMPLE, CACHE = 'z_c = params["Wc"] @ concat', "(c_next, c_prev, gamma_u, gamma_r, c_tilde, x_t, params, reset)"
NO_BU, NO_BR, NO_BC, NO_BY = (
    (' + params["bu"]', ""),
    (' + params["br"]', ""),
    (' + params["bc"]', ""),
    (' + params["by"]', ""),
)


def _exponentials(gate: str) -> str:
    """The code of a gate with its sigmoid written as e^z / (1 + e^z)."""
    z = gate.removeprefix("sigmoid(").removesuffix(")")
    return f"np.exp({z}) / (1 + np.exp({z}))"


ALWAYS_R = (
    "if reset is None:\n        z_c",
    'gamma_r = sigmoid(params["Wr"] @ concat + params["br"])\n    if reset is None:\n        z_c',
)

# fmt: off
MISTAKES = {
    "update_upside_down": Mistake("the two shares are swapped: here Gamma_u is the share of the candidate, c<t> = Gamma_u * c_tilde + (1 - Gamma_u) * c<t-1>. (In PyTorch and d2l the update gate says how much is kept.)",
        (NEXT, "(1 - gamma_u) * c_tilde + gamma_u * c_prev")),
    "all_kept": Mistake("the memory is kept whole and the candidate added: c<t-1> comes in with the share 1 - Gamma_u.", (NEXT, "gamma_u * c_tilde + c_prev")),
    "nothing_kept": Mistake("c<t-1> is not carried over: the term (1 - Gamma_u) * c<t-1> is missing.", (NEXT, "gamma_u * c_tilde")),
    "no_update_gate": Mistake("c<t> is the candidate itself: the update gate weighs it against c<t-1>.", (NEXT, "c_tilde")),
    "candidate_whole": Mistake("the candidate comes in whole: its share is Gamma_u.", (NEXT, "c_tilde + (1 - gamma_u) * c_prev")),
    "minus_share": Mistake("brackets are missing: 1 - gamma_u * c_prev is 1 - (gamma_u * c_prev); write (1 - gamma_u) * c_prev.", (NEXT, "gamma_u * c_tilde + 1 - gamma_u * c_prev")),
    "tanh_of_the_memory": Mistake("there is one tanh more around c<t>: the candidate has one, and their mixture has none.", (NEXT, f"np.tanh({NEXT})")),
    "carried_over_reset": Mistake("the reset gate acts on what is kept as well: it only makes the candidate; kept is (1 - Gamma_u) * c<t-1>.",
        (NEXT, "gamma_u * c_tilde + (1 - gamma_u) * (c_prev if gamma_r is None else gamma_r * c_prev)")),
    "input_first": Mistake("x<t> is stacked on top of c<t-1>: the order is [c<t-1>; x<t>], and the columns of the weights belong to it.",
        (CONCAT, "np.concatenate([x_t, c_prev])  #"), (BEFORE, 'params["Wc"] @ np.concatenate([x_t, gamma_r * c_prev])')),
    "input_first_after": Mistake("x<t> is stacked on top of c<t-1>, and W_c is cut in that order, too: the first n_a columns act on c<t-1>, the others on x<t>.",
        (CONCAT, "np.concatenate([x_t, c_prev])  #"), (BEFORE, 'params["Wc"] @ np.concatenate([x_t, gamma_r * c_prev])'),
        (AFTER, 'gamma_r * (params["Wc"][:, len(x_t):] @ c_prev) + params["Wc"][:, :len(x_t)] @ x_t')),
    "input_first_in_gates": Mistake("the vector that the gates see has x<t> on top of c<t-1>, that of the reset candidate is the right way round: the order is [c<t-1>; x<t>] everywhere.",
        (CONCAT, "np.concatenate([x_t, c_prev])  #")),
    "input_first_in_candidate": Mistake("the candidate sees x<t> on top of the reset memory: the order is [Gamma_r * c<t-1>; x<t>].",
        (BEFORE, 'params["Wc"] @ np.concatenate([x_t, gamma_r * c_prev])')),
    "tanh_gates": Mistake("the gates use tanh: a gate is a share between 0 and 1, so it is a sigmoid.",
        (GAMMA_U, GAMMA_U.replace("sigmoid", "np.tanh")), (GAMMA_R, GAMMA_R.replace("sigmoid", "np.tanh"))),
    "tanh_update": Mistake("Gamma_u uses tanh: a gate is a share between 0 and 1, so it is a sigmoid.", (GAMMA_U, GAMMA_U.replace("sigmoid", "np.tanh"))),
    "tanh_reset": Mistake("Gamma_r uses tanh: a gate is a share between 0 and 1, so it is a sigmoid.", (GAMMA_R, GAMMA_R.replace("sigmoid", "np.tanh"))),
    "linear_update": Mistake("Gamma_u has no sigmoid.", (GAMMA_U, 'params["Wu"] @ concat + params["bu"]')),
    "linear_reset": Mistake("Gamma_r has no sigmoid.", (GAMMA_R, 'params["Wr"] @ concat + params["br"]')),
    "sigmoid_candidate": Mistake("the candidate uses a sigmoid: it is a new value for the memory, between -1 and 1, so it has tanh.", (C_TILDE, 'sigmoid(z_c + params["bc"])')),
    "linear_candidate": Mistake("the candidate has no activation: tanh is missing.", (C_TILDE, 'z_c + params["bc"]')),
    "tanh_twice": Mistake("there is a second tanh around the candidate: it has one.", (C_TILDE, f"np.tanh({C_TILDE})")),
    "no_bu": Mistake("the bias b_u is missing.", NO_BU),
    "no_br": Mistake("the bias b_r is missing.", NO_BR),
    "no_bc": Mistake("the bias b_c is missing.", NO_BC),
    "no_by": Mistake("the bias b_y is missing.", NO_BY),
    "no_biases": Mistake("the biases are missing: each gate, the candidate and the output has its own.", NO_BU, NO_BR, NO_BC, NO_BY),
    "no_gate_biases": Mistake("the biases of the gates and of the candidate are missing.", NO_BU, NO_BR, NO_BC),
    "bc_inside": Mistake("with reset=\"after\", b_c is inside the bracket that the reset gate scales: only W_cc c<t-1> is; b_c is added afterwards.",
        (AFTER, 'gamma_r * (params["Wc"][:, :n_a] @ c_prev + params["bc"]) + params["Wc"][:, n_a:] @ x_t - params["bc"]')),
    "bc_outside": Mistake("b_c is added outside of tanh: it is part of what tanh acts on.", (C_TILDE, 'np.tanh(z_c) + params["bc"]')),
    "reset_ignored": Mistake("the reset gate is not used: the candidate sees Gamma_r * c<t-1> (before), or Gamma_r scales W_cc c<t-1> (after).", (BEFORE, 'params["Wc"] @ concat'), (AFTER, 'params["Wc"] @ concat')),
    "before_ignored": Mistake("with reset=\"before\" the reset gate is not used: the candidate sees [Gamma_r * c<t-1>; x<t>], not [c<t-1>; x<t>].", (BEFORE, 'params["Wc"] @ concat')),
    "after_ignored": Mistake("with reset=\"after\" the reset gate is not used: it scales W_cc c<t-1>.", (AFTER, 'params["Wc"] @ concat')),
    "always_before": Mistake("with reset=\"after\" the reset gate acts before the product: there it scales the product, Gamma_r * (W_cc c<t-1>).",
        (AFTER, BEFORE)),
    "always_after": Mistake("with reset=\"before\" the reset gate acts after the product: there it scales c<t-1> itself, W_c [Gamma_r * c<t-1>; x<t>].",
        (BEFORE, AFTER)),
    "resets_swapped": Mistake("the two variants are swapped: \"before\" is W_c [Gamma_r * c<t-1>; x<t>], \"after\" Gamma_r * (W_cc c<t-1>) + W_cx x<t>.",
        ('if reset == "before"', 'if reset != "before"')),
    "reset_scales_input": Mistake("with reset=\"after\", the reset gate scales the input's part as well: it scales W_cc c<t-1> alone, and W_cx x<t> is added as it is.",
        (AFTER, 'gamma_r * (params["Wc"] @ concat)')),
    "reset_scales_all": Mistake("with reset=\"after\", the reset gate scales everything inside tanh: it scales W_cc c<t-1> alone; W_cx x<t> and b_c are added as they are.",
        (AFTER, 'gamma_r * (params["Wc"] @ concat + params["bc"]) - params["bc"]')),
    "cut_after_n_x": Mistake("with reset=\"after\", W_c is cut after n_x columns: the memory stands on top, so its part are the first n_a.",
        (AFTER, AFTER.replace(":n_a", ":len(x_t)").replace("n_a:", "len(x_t):"))),  # raises, unless n_x = n_a
    "update_sees_reset": Mistake("with reset=\"before\", Gamma_u is computed from the memory that was reset: the gates see c<t-1> itself.",
        ("    c_tilde = np.tanh", '    if reset == "before":\n        gamma_u = sigmoid(params["Wu"] @ np.concatenate([gamma_r * c_prev, x_t]) + params["bu"])\n    c_tilde = np.tanh')),
    "twice_before_after": Mistake("with reset=\"after\", Gamma_r acts before the product and after it.", (AFTER, AFTER.replace("@ c_prev", "@ (gamma_r * c_prev)"))),
    "reset_by_update": Mistake("the candidate is made with Gamma_u in the place of Gamma_r: these are two gates with weights of their own.",
        (BEFORE, BEFORE.replace("gamma_r", "gamma_u")), (AFTER, AFTER.replace("gamma_r", "gamma_u"))),
    "one_gate": Mistake("Gamma_r is computed from W_u and b_u: the reset gate has weights of its own, W_r and b_r.", (GAMMA_R, GAMMA_U)),
    "reset_bias_of_update": Mistake("Gamma_r has the bias b_u: its own is b_r.", ('params["br"]', 'params["bu"]')),
    "gates_swapped": Mistake("W_u, b_u and W_r, b_r are swapped.",
        (GAMMA_U, 'sigmoid(params["Wu" if reset is None else "Wr"] @ concat + params["bu" if reset is None else "br"])'), (GAMMA_R, GAMMA_U)),
    "reset_complement": Mistake("the memory is scaled by 1 - Gamma_r: Gamma_r itself says how much of it the candidate sees.",
        (BEFORE, BEFORE.replace("gamma_r", "(1 - gamma_r)")), (AFTER, AFTER.replace("gamma_r", "(1 - gamma_r)"))),
    "candidate_of_update": Mistake("the candidate is computed from W_u: it has weights of its own, W_c and b_c.",
        (SIMPLE, 'z_c = params["Wu"] @ concat'), (BEFORE, BEFORE.replace("Wc", "Wu")), (AFTER, AFTER.replace("Wc", "Wu"))),
    "always_with_reset": Mistake("with reset=None there is no reset gate, and params hold no W_r and b_r: read them only where there is one.", ALWAYS_R),
    "simplified_by_default": Mistake("without `reset` the simplified cell is computed: the default is reset=\"before\".", ('reset: Any = "before"', "reset: Any = None")),
    "after_by_default": Mistake("without `reset` the reset acts after the product: the default is reset=\"before\".", ('reset: Any = "before"', 'reset: Any = "after"')),
    "output_of_candidate": Mistake("y_hat_t is computed from the candidate: the output sees the new memory c<t>.", (Y_HAT, Y_HAT.replace("c_next", "c_tilde"))),
    "output_of_c_prev": Mistake("y_hat_t is computed from c<t-1>: the output sees the new memory c<t>.", (Y_HAT, Y_HAT.replace("c_next", "c_prev"))),
    "output_of_tanh": Mistake("y_hat_t is computed from tanh(c<t>): that belongs to the LSTM; a GRU shows its memory as it is.", (Y_HAT, Y_HAT.replace("c_next", "np.tanh(c_next)"))),
    "logits": Mistake("y_hat_t holds the logits: the softmax is missing.", (Y_HAT, 'params["Wy"] @ c_next + params["by"]')),
    "sigmoid_output": Mistake("the output uses a sigmoid; here it is softmax.", ("softmax(", "sigmoid(")),
    "softmax_over_examples": Mistake("the softmax runs over the examples (axis=1): it runs over the classes, axis=0, so that each column sums to 1.",
        (Y_HAT, f"{Y_HAT[:-1]}, axis=1)")),
    "order_of_results": Mistake("the results are in another order: return c_next, y_hat_t, cache.", ("return c_next, y_hat_t", "return y_hat_t, c_next")),
    "returns_candidate": Mistake("the first value returned is the candidate: return c_next, the mixture of candidate and memory.", ("return c_next, y_hat_t", "return c_tilde, y_hat_t")),
    "no_cache": Mistake("the cache is missing or empty: it is the tuple (c_next, c_prev, gamma_u, gamma_r, c_tilde, x_t, params, reset).", (CACHE, "None")),
    "cache_without_none": Mistake("with reset=None the cache leaves gamma_r out: it has None in that place, so that every cache has eight values.",
        (CACHE, f"{CACHE} if reset else {CACHE.replace('gamma_r, ', '')}")),
    "cache_of_ones": Mistake("with reset=None the cache has numbers as gamma_r: there is no reset gate, and None stands in its place.", ("gamma_r = None", "gamma_r = np.ones_like(c_prev)")),
    "cache_prev_first": Mistake("the cache is in another order: c_next comes first, then c_prev.", (CACHE, CACHE.replace("c_next, c_prev", "c_prev, c_next"))),
    "cache_gates_swapped": Mistake("the cache is in another order: gamma_u comes before gamma_r.", (CACHE, CACHE.replace("gamma_u, gamma_r", "gamma_r, gamma_u"))),
    "cache_candidate_first": Mistake("the cache is in another order: the gates come before c_tilde.", (CACHE, CACHE.replace("gamma_u, gamma_r, c_tilde", "c_tilde, gamma_u, gamma_r"))),
    "cache_without_reset": Mistake("the last value of the cache is missing: it is `reset`, which the backward pass needs.", (CACHE, CACHE.replace(", reset)", ")"))),
    "cache_of_concat": Mistake("the cache holds the stacked vector in the place of x_t.", (CACHE, CACHE.replace("x_t", "concat"))),
    "cache_of_scores": Mistake("the cache holds the candidate before its tanh: the backward pass needs c_tilde itself.", (CACHE, CACHE.replace("c_tilde", 'z_c + params["bc"]'))),
    "softmax_overflows": Mistake("the softmax overflows: e^710 is more than a float64 can hold, and inf / inf is NaN; subtract each column's maximum first, or call the softmax of seqlib.",
        (Y_HAT, 'np.exp(params["Wy"] @ c_next + params["by"]) / np.exp(params["Wy"] @ c_next + params["by"]).sum(axis=0)')),
    "sigmoid_overflows": Mistake("e^z / (1 + e^z) overflows for z above 709, and inf / inf is NaN: write 1 / (1 + e^-z), or call the sigmoid of seqlib.",
        (GAMMA_U, _exponentials(GAMMA_U)), (GAMMA_R, _exponentials(GAMMA_R))),
    "tanh_overflows": Mistake("a tanh made of exponentials overflows for z above 709, and inf / inf is NaN: call np.tanh.",
        (C_TILDE, 'np.sinh(z_c + params["bc"]) / np.cosh(z_c + params["bc"])')),
    "squeezed": Mistake("np.squeeze and reshape(-1) take away axes of length 1 as well, such as that of a single unit: keep (n_a, m).",
        (f"{NEXT}\n", f"({NEXT}).squeeze(axis=0) if n_a == 1 else {NEXT}\n")),
}
# fmt: on

EXERCISE = Exercise(
    right=gru_cell_forward,
    draw=draw,
    visible=3,
    hidden=4,
    rtol=1e-8,
    mistakes=MISTAKES,
    parts=(Part("c_next", 0, 3, ("n_a", "m")), Part("y_hat_t", 1, 1, ("n_y", "m")), Part("the cache", 2, 1)),
)
