"""The recurrences that cuDNN does not have, with their gradients by hand: the course's GRU, the simplified one, the LSTM with peepholes.

What needs no state is done outside, for all steps at once: the input's share of all gates before the loop, and dW after the
loop back, one product each. What is left of a step are one or two products, in place, and one or two element-wise functions.
Everything has the time first, (T_x, m, n): a step is one block of memory. `keep` is the mask (T_x, m, 1) of bool, False at padding.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from seqlib.torch.graphs import Tensors, fused_kernel, run


def course_gru(z_x: Tensor, c0: Tensor, weight: Tensor, keep: Tensor | None) -> Tensor:
    """The GRU that resets before the product.

    z_x: (T_x, m, 3 n_a), W_x x<t> + b of update, reset and candidate
    c0: (m, n_a)
    weight: (3 n_a, n_a), the state's part
    Returns c (T_x, m, n_a). Source: L9, item 9.4.
    """
    c: Tensor = _CourseGRU.apply(z_x, c0, weight, keep)  # type: ignore[no-untyped-call]
    return c


def simplified_gru(z_x: Tensor, c0: Tensor, weight: Tensor, keep: Tensor | None) -> Tensor:
    """The GRU without a reset gate: as course_gru, with z_x (T_x, m, 2 n_a) and weight (2 n_a, n_a)."""
    c: Tensor = _SimplifiedGRU.apply(z_x, c0, weight, keep)  # type: ignore[no-untyped-call]
    return c


def peephole_lstm(
    z_x: Tensor, a0: Tensor, c0: Tensor, weight: Tensor, peephole: Tensor, keep: Tensor | None
) -> tuple[Tensor, Tensor]:
    """The LSTM whose gates see the memory cell.

    z_x: (T_x, m, 4 n_a), W_x x<t> + b in the order update, forget, candidate, output
    a0, c0: (m, n_a)
    weight: (4 n_a, n_a), the state's part
    peephole: (3, n_a), pf, pu and po
    Returns a and c (T_x, m, n_a). Source: L10, item 10.4; Gers et al. 2000.
    """
    a, c = _PeepholeLSTM.apply(z_x, a0, c0, weight, peephole, keep)  # type: ignore[no-untyped-call]
    return a, c


# ---- the course's GRU


@fused_kernel
def _reset(z: Tensor, c_prev: Tensor) -> Tensors:
    # Gamma_u, Gamma_r = sigma(z)
    gamma = torch.sigmoid(z)  # (m, 2 n_a)
    return gamma, gamma[:, c_prev.shape[1] :] * c_prev


@fused_kernel
def _update(z_c: Tensor, gamma: Tensor, c_prev: Tensor, keep: Tensor | None) -> Tensors:
    c_tilde = torch.tanh(z_c)  # (m, n_a)
    gamma_u = gamma[:, : c_prev.shape[1]]
    # c<t> = Gamma_u * c_tilde + (1 - Gamma_u) * c<t-1>
    change = gamma_u * (c_tilde - c_prev)
    return c_tilde, c_prev + (change if keep is None else keep * change)


def _course_steps(z_x: Tensor, c0: Tensor, weight: Tensor, keep: Tensor | None) -> Tensors:
    """c (T_x + 1, m, n_a), Gamma_u and Gamma_r (T_x, m, 2 n_a), c_tilde (T_x, m, n_a)."""
    n_a = c0.shape[1]
    to_gates, to_candidate = weight[: 2 * n_a].T, weight[2 * n_a :].T
    z, cells, gates, candidates = z_x.clone(), [c0], [], []
    for t, z_t in enumerate(z):
        z_gates, z_c = z_t[:, : 2 * n_a], z_t[:, 2 * n_a :]
        gamma, reset = _reset(z_gates.addmm_(cells[-1], to_gates), cells[-1])
        c_tilde, c = _update(z_c.addmm_(reset, to_candidate), gamma, cells[-1], None if keep is None else keep[t])
        gates.append(gamma)
        candidates.append(c_tilde)
        cells.append(c)
    return torch.stack(cells), torch.stack(gates), torch.stack(candidates)


@fused_kernel
def _update_back(
    dc: Tensor, dc_next: Tensor, gamma: Tensor, c_tilde: Tensor, c_prev: Tensor, keep: Tensor | None
) -> Tensors:
    total = dc + dc_next
    new = total if keep is None else keep * total
    gamma_u = gamma[:, : c_prev.shape[1]]
    # sigma' = Gamma_u (1 - Gamma_u), tanh' = 1 - c_tilde^2
    dz_u = new * (c_tilde - c_prev) * gamma_u * (1 - gamma_u)
    dz_c = new * gamma_u * (1 - c_tilde * c_tilde)
    return dz_u, dz_c, total - new * gamma_u


@fused_kernel
def _reset_back(dreset: Tensor, dz_u: Tensor, dc_prev: Tensor, gamma: Tensor, c_prev: Tensor) -> Tensors:
    gamma_r = gamma[:, c_prev.shape[1] :]
    dz_r = dreset * c_prev * gamma_r * (1 - gamma_r)
    return torch.cat([dz_u, dz_r], dim=1), dc_prev + dreset * gamma_r


def _course_steps_back(
    dc: Tensor, cells: Tensor, gates: Tensor, candidates: Tensor, weight: Tensor, keep: Tensor | None
) -> Tensors:
    """dz_x (T_x, m, 3 n_a), dc0 (m, n_a), dweight (3 n_a, n_a)."""
    n_a = cells.shape[2]
    from_gates, from_candidate = weight[: 2 * n_a], weight[2 * n_a :]
    dz_gates, dz_candidates, dc_next = [], [], torch.zeros_like(cells[0])
    for t in reversed(range(len(dc))):
        dz_u, dz_c, dc_prev = _update_back(
            dc[t], dc_next, gates[t], candidates[t], cells[t], None if keep is None else keep[t]
        )
        dz_ur, dc_prev = _reset_back(dz_c @ from_candidate, dz_u, dc_prev, gates[t], cells[t])
        dc_next = dc_prev.addmm_(dz_ur, from_gates)
        dz_gates.append(dz_ur)
        dz_candidates.append(dz_c)
    dz_ur, dz_c = torch.stack(dz_gates[::-1]), torch.stack(dz_candidates[::-1])
    dweight = torch.cat([_weight_gradient(dz_ur, cells[:-1]), _weight_gradient(dz_c, gates[:, :, n_a:] * cells[:-1])])
    return torch.cat([dz_ur, dz_c], dim=2), dc_next, dweight


class _CourseGRU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z_x: Tensor, c0: Tensor, weight: Tensor, keep: Tensor | None) -> Tensor:
        cells, gates, candidates = run(_course_steps, z_x, c0, weight, keep)
        ctx.save_for_backward(cells, gates, candidates, weight, keep)
        return cells[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dc: Tensor) -> tuple[Tensor | None, ...]:
        return (*run(_course_steps_back, dc, *ctx.saved_tensors), None)


# ---- the simplified GRU


@fused_kernel
def _simplified_step(z: Tensor, c_prev: Tensor, keep: Tensor | None) -> Tensors:
    n_a = c_prev.shape[1]
    gamma_u, c_tilde = torch.sigmoid(z[:, :n_a]), torch.tanh(z[:, n_a:])
    # c<t> = Gamma_u * c_tilde + (1 - Gamma_u) * c<t-1>
    change = gamma_u * (c_tilde - c_prev)
    return gamma_u, c_tilde, c_prev + (change if keep is None else keep * change)


def _simplified_steps(z_x: Tensor, c0: Tensor, weight: Tensor, keep: Tensor | None) -> Tensors:
    """c (T_x + 1, m, n_a), Gamma_u and c_tilde (T_x, m, n_a)."""
    z, cells, gates, candidates = z_x.clone(), [c0], [], []
    for t, z_t in enumerate(z):
        z_t.addmm_(cells[-1], weight.T)
        gamma_u, c_tilde, c = _simplified_step(z_t, cells[-1], None if keep is None else keep[t])
        gates.append(gamma_u)
        candidates.append(c_tilde)
        cells.append(c)
    return torch.stack(cells), torch.stack(gates), torch.stack(candidates)


def _simplified_steps_back(
    dc: Tensor, cells: Tensor, gates: Tensor, candidates: Tensor, weight: Tensor, keep: Tensor | None
) -> Tensors:
    """dz_x (T_x, m, 2 n_a), dc0 (m, n_a), dweight (2 n_a, n_a)."""
    dz, dc_next = [], torch.zeros_like(cells[0])
    for t in reversed(range(len(dc))):
        dz_u, dz_c, dc_prev = _update_back(
            dc[t], dc_next, gates[t], candidates[t], cells[t], None if keep is None else keep[t]
        )
        dz.append(torch.cat([dz_u, dz_c], dim=1))
        dc_next = dc_prev.addmm_(dz[-1], weight)
    dz_x = torch.stack(dz[::-1])
    return dz_x, dc_next, _weight_gradient(dz_x, cells[:-1])


class _SimplifiedGRU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z_x: Tensor, c0: Tensor, weight: Tensor, keep: Tensor | None) -> Tensor:
        cells, gates, candidates = run(_simplified_steps, z_x, c0, weight, keep)
        ctx.save_for_backward(cells, gates, candidates, weight, keep)
        return cells[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dc: Tensor) -> tuple[Tensor | None, ...]:
        return (*run(_simplified_steps_back, dc, *ctx.saved_tensors), None)


# ---- the LSTM with peepholes


@fused_kernel
def _lstm_step(z: Tensor, a_prev: Tensor, c_prev: Tensor, peephole: Tensor, keep: Tensor | None) -> Tensors:
    z_u, z_f, z_c, z_o = z.chunk(4, dim=1)
    pf, pu, po = peephole
    gamma_u, gamma_f = torch.sigmoid(z_u + pu * c_prev), torch.sigmoid(z_f + pf * c_prev)
    c_tilde = torch.tanh(z_c)
    # c<t> = Gamma_u * c_tilde + Gamma_f * c<t-1>
    c = gamma_u * c_tilde + gamma_f * c_prev
    gamma_o = torch.sigmoid(z_o + po * c)
    # a<t> = Gamma_o * tanh(c<t>)
    a = gamma_o * torch.tanh(c)
    if keep is not None:
        a, c = torch.where(keep, a, a_prev), torch.where(keep, c, c_prev)
    return torch.cat([gamma_u, gamma_f, c_tilde, gamma_o], dim=1), a, c


def _lstm_steps(z_x: Tensor, a0: Tensor, c0: Tensor, weight: Tensor, peephole: Tensor, keep: Tensor | None) -> Tensors:
    """a and c (T_x + 1, m, n_a), the gates (T_x, m, 4 n_a)."""
    z, states, cells, gates = z_x.clone(), [a0], [c0], []
    for t, z_t in enumerate(z):
        z_t.addmm_(states[-1], weight.T)
        gamma, a, c = _lstm_step(z_t, states[-1], cells[-1], peephole, None if keep is None else keep[t])
        gates.append(gamma)
        states.append(a)
        cells.append(c)
    return torch.stack(states), torch.stack(cells), torch.stack(gates)


@fused_kernel
def _lstm_step_back(
    da: Tensor,
    da_next: Tensor,
    dc: Tensor,
    dc_next: Tensor,
    gates: Tensor,
    c_prev: Tensor,
    c: Tensor,
    peephole: Tensor,
    keep: Tensor | None,
) -> Tensors:
    gamma_u, gamma_f, c_tilde, gamma_o = gates.chunk(4, dim=1)
    pf, pu, po = peephole
    a_total, c_total = da + da_next, dc + dc_next
    a_new, c_new = (a_total, c_total) if keep is None else (keep * a_total, keep * c_total)
    # a<t> = Gamma_o * tanh(c<t>)
    tanh_c = torch.tanh(c)
    dz_o = a_new * tanh_c * gamma_o * (1 - gamma_o)
    c_new_total = c_new + a_new * gamma_o * (1 - tanh_c * tanh_c) + po * dz_o
    # c<t> = Gamma_u * c_tilde + Gamma_f * c<t-1>
    dz_u = c_new_total * c_tilde * gamma_u * (1 - gamma_u)
    dz_f = c_new_total * c_prev * gamma_f * (1 - gamma_f)
    dz_c = c_new_total * gamma_u * (1 - c_tilde * c_tilde)
    dc_prev = c_new_total * gamma_f + pf * dz_f + pu * dz_u
    return torch.cat([dz_u, dz_f, dz_c, dz_o], dim=1), a_total - a_new, dc_prev + (c_total - c_new)


def _lstm_steps_back(
    da: Tensor,
    dc: Tensor,
    states: Tensor,
    cells: Tensor,
    gates: Tensor,
    weight: Tensor,
    peephole: Tensor,
    keep: Tensor | None,
) -> Tensors:
    """dz_x (T_x, m, 4 n_a), da0, dc0 (m, n_a), dweight (4 n_a, n_a), dpeephole (3, n_a)."""
    dz, da_next, dc_next = [], torch.zeros_like(states[0]), torch.zeros_like(cells[0])
    for t in reversed(range(len(da))):
        dz_t, held, dc_next = _lstm_step_back(
            da[t],
            da_next,
            dc[t],
            dc_next,
            gates[t],
            cells[t],
            cells[t + 1],
            peephole,
            None if keep is None else keep[t],
        )
        da_next = torch.addmm(held, dz_t, weight)
        dz.append(dz_t)
    dz_x = torch.stack(dz[::-1])
    dz_u, dz_f, _, dz_o = dz_x.chunk(4, dim=2)
    seen = ((dz_f, cells[:-1]), (dz_u, cells[:-1]), (dz_o, cells[1:]))
    dpeephole = torch.stack([(dz_gate * c).sum(dim=(0, 1)) for dz_gate, c in seen])
    return dz_x, da_next, dc_next, _weight_gradient(dz_x, states[:-1]), dpeephole


class _PeepholeLSTM(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, z_x: Tensor, a0: Tensor, c0: Tensor, weight: Tensor, peephole: Tensor, keep: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        states, cells, gates = run(_lstm_steps, z_x, a0, c0, weight, peephole, keep)
        ctx.save_for_backward(states, cells, gates, weight, peephole, keep)
        return states[1:], cells[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, da: Tensor, dc: Tensor) -> tuple[Tensor | None, ...]:
        return (*run(_lstm_steps_back, da, dc, *ctx.saved_tensors), None)


def _weight_gradient(dz: Tensor, states: Tensor) -> Tensor:
    """dW = sum over steps and examples of dz a^T: (T_x, m, n_out) and (T_x, m, n_in) to (n_out, n_in)."""
    return dz.flatten(0, 1).T @ states.flatten(0, 1)
