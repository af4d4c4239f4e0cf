"""The cells as in the formulas, a step at a time, to read. torch.autograd finds their gradients.

The names, shapes and formulas are those of `seqlib.rnn`, `seqlib.gru` and `seqlib.lstm`: columns, (n_x, m) and (n_a, m).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from seqlib.cells import RESETS

Params = Mapping[str, Tensor]


def rnn_cell(x_t: Tensor, a_prev: Tensor, params: Params) -> Tensor:
    """x_t: (n_x, m); a_prev: (n_a, m); params: Wax, Waa, ba. Returns a_next (n_a, m). Source: L3; Elman 1990."""
    # a<t> = tanh(W_aa a<t-1> + W_ax x<t> + b_a)
    return torch.tanh(params["Waa"] @ a_prev + params["Wax"] @ x_t + params["ba"])


def gru_cell(x_t: Tensor, c_prev: Tensor, params: Params, reset: str | None = "before") -> Tensor:
    """One step of a GRU, in one of its three variants.

    x_t: (n_x, m)
    c_prev: (n_a, m)
    params: Wu bu, Wr br, Wc bc, and brc where reset="after" has it
    reset: "before" (the course), "after" (torch.nn, cuDNN) or None (simplified)
    Returns c_next (n_a, m). Source: L9; Cho et al. 2014.
    """
    n_a = len(c_prev)
    concat = torch.cat([c_prev, x_t])  # (n_a + n_x, m)
    # Gamma_u = sigma(W_u [c<t-1>; x<t>] + b_u)
    gamma_u = torch.sigmoid(params["Wu"] @ concat + params["bu"])  # (n_a, m)
    if reset is None:
        # c_tilde = tanh(W_c [c<t-1>; x<t>] + b_c)
        c_tilde = torch.tanh(params["Wc"] @ concat + params["bc"])
    else:
        # Gamma_r = sigma(W_r [c<t-1>; x<t>] + b_r)
        gamma_r = torch.sigmoid(params["Wr"] @ concat + params["br"])
        if reset == "before":
            # c_tilde = tanh(W_c [Gamma_r * c<t-1>; x<t>] + b_c)
            c_tilde = torch.tanh(params["Wc"] @ torch.cat([gamma_r * c_prev, x_t]) + params["bc"])
        else:
            # c_tilde = tanh(Gamma_r * (W_cc c<t-1> + b_rc) + W_cx x<t> + b_c)
            inner = params["Wc"][:, :n_a] @ c_prev
            if "brc" in params:
                inner = inner + params["brc"]
            c_tilde = torch.tanh(gamma_r * inner + params["Wc"][:, n_a:] @ x_t + params["bc"])
    # c<t> = Gamma_u * c_tilde + (1 - Gamma_u) * c<t-1>
    return gamma_u * c_tilde + (1 - gamma_u) * c_prev


def lstm_cell(x_t: Tensor, a_prev: Tensor, c_prev: Tensor, params: Params) -> tuple[Tensor, Tensor]:
    """One step of an LSTM, with peepholes where params hold pf, pu and po.

    x_t: (n_x, m)
    a_prev, c_prev: (n_a, m)
    params: Wf bf, Wu bu, Wo bo, Wc bc
    Returns a_next and c_next (n_a, m). Source: L10; Hochreiter and Schmidhuber 1997, Gers et al. 2000.
    """
    concat = torch.cat([a_prev, x_t])  # (n_a + n_x, m)
    z_f = params["Wf"] @ concat + params["bf"]  # (n_a, m)
    z_u = params["Wu"] @ concat + params["bu"]
    z_o = params["Wo"] @ concat + params["bo"]
    if "pf" in params:
        z_f = z_f + params["pf"] * c_prev
        z_u = z_u + params["pu"] * c_prev
    # c_tilde = tanh(W_c [a<t-1>; x<t>] + b_c)
    c_tilde = torch.tanh(params["Wc"] @ concat + params["bc"])
    # c<t> = Gamma_u * c_tilde + Gamma_f * c<t-1>
    c_next = torch.sigmoid(z_u) * c_tilde + torch.sigmoid(z_f) * c_prev
    if "po" in params:
        z_o = z_o + params["po"] * c_next
    # a<t> = Gamma_o * tanh(c<t>)
    return torch.sigmoid(z_o) * torch.tanh(c_next), c_next


def explicit_sequence(
    cell: str, x: Tensor, a0: Tensor, c0: Tensor | None, mask: Tensor | None, params: Params
) -> tuple[Tensor, Tensor, Tensor | None]:
    """A cell over a sequence, one step after the other.

    x: (n_x, m, T_x)
    a0, c0: (n_a, m), c0 of an LSTM
    mask: (m, T_x) of bool, False at padding, where the state is carried over
    Returns a (n_a, m, T_x), and the last state and memory cell (n_a, m).
    """
    a, c, states = a0, c0, []
    for t in range(x.shape[2]):
        c_next = c
        if cell == "rnn":
            a_next = rnn_cell(x[:, :, t], a, params)
        elif cell == "lstm":
            assert c is not None
            a_next, c_next = lstm_cell(x[:, :, t], a, c, params)
        else:
            a_next = gru_cell(x[:, :, t], a, params, RESETS[cell])
        if mask is not None:
            a_next = torch.where(mask[:, t], a_next, a)
            c_next = None if c is None or c_next is None else torch.where(mask[:, t], c_next, c)
        a, c = a_next, c_next
        states.append(a.T)
    return torch.stack(states).permute(2, 1, 0), a, c  # (T_x, m, n_a) to (n_a, m, T_x)
