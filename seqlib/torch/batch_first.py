"""Between the course's columns and the layout of torch.nn with batch_first=True: (n_x, m, T_x) there, (m, T_x, n_x) here."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from seqlib.support.types import Array, Params
from seqlib.torch.converters import to_torch


def to_batch_first(x: Array, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> Tensor:
    """A tensor (m, T_x, n_x) with the numbers of x, in memory of its own.

    x: (n_x, m, T_x), the layout of seqlib
    device: where the tensor is made
    dtype: its type

    Source: L2 for the layout.

    >>> import torch
    >>> to_batch_first(np.arange(6.0).reshape(1, 2, 3), dtype=torch.float64)[1, :, 0]
    tensor([3., 4., 5.], dtype=torch.float64)
    """
    return torch.tensor(x.transpose(1, 2, 0), dtype=dtype, device=device)


def to_columns(a: Tensor) -> Array:
    """The inverse of `to_batch_first`: an array (n_a, m, T_x), in memory of its own.

    a: (m, T_x, n_a), on any device, with or without a gradient; float32 and float64 stay what they are, bfloat16 becomes float32

    Source: L2 for the layout.

    >>> import torch
    >>> to_columns(torch.zeros(2, 3, 5, requires_grad=True)).shape
    (5, 2, 3)
    """
    a = a.detach().cpu().permute(2, 0, 1)
    return (a.float() if a.dtype == torch.bfloat16 else a).numpy().copy()


def lstm_cell_batch_first(
    x_t: Tensor, a_prev: Tensor, c_prev: Tensor, weights: Mapping[str, Tensor]
) -> tuple[Tensor, Tensor]:
    """One step of an LSTM with the weights of torch.nn.LSTM: a_next and c_next, (m, n_a).

    x_t: (m, n_x), a row for each example
    a_prev, c_prev: (m, n_a)
    weights: weight_ih (4 n_a, n_x), weight_hh (4 n_a, n_a), bias_ih and bias_hh (4 n_a,); their rows belong to Gamma_u, Gamma_f,
        the candidate and Gamma_o, n_a each

    Source: L10; Hochreiter and Schmidhuber 1997, Gers et al. 2000.

    >>> import torch
    >>> weights = {"weight_ih": torch.zeros(4, 3), "weight_hh": torch.zeros(4, 1), "bias_ih": torch.zeros(4), "bias_hh": torch.zeros(4)}
    >>> lstm_cell_batch_first(torch.ones(1, 3), torch.ones(1, 1), torch.ones(1, 1), weights)[1]
    tensor([[0.5000]])
    """
    z = x_t @ weights["weight_ih"].T + weights["bias_ih"] + a_prev @ weights["weight_hh"].T + weights["bias_hh"]
    z_u, z_f, z_c, z_o = z.chunk(4, dim=1)  # (m, n_a) each: torch.nn.LSTM's i, f, g, o
    # c<t> = Gamma_u * c_tilde + Gamma_f * c<t-1>
    c_next = torch.sigmoid(z_u) * torch.tanh(z_c) + torch.sigmoid(z_f) * c_prev
    # a<t> = Gamma_o * tanh(c<t>)
    return torch.sigmoid(z_o) * torch.tanh(c_next), c_next


def to_torch_lstm(params: Params) -> dict[str, Tensor]:
    """The state dict of torch.nn.LSTM(n_x, n_a): weight_ih_l0, weight_hh_l0, bias_ih_l0 and bias_hh_l0.

    params: Wf, Wu, Wc, Wo (n_a, n_a + n_x), which act on the state above the input, and bf, bu, bc, bo (n_a, 1)

    Rows of the input gate (Gamma_u), the forget gate, the candidate and the output gate, in the arrays' type. Of the two biases, which
    torch.nn adds, the first is the course's and the second is 0. Raises ValueError on names and shapes.

    Source: L10.

    >>> from seqlib import initialise_lstm
    >>> {name: tuple(value.shape) for name, value in to_torch_lstm(initialise_lstm(3, 5, np.random.default_rng(0))).items()}
    {'weight_ih_l0': (20, 3), 'weight_hh_l0': (20, 5), 'bias_ih_l0': (20,), 'bias_hh_l0': (20,)}
    """
    return to_torch(params, "lstm")
