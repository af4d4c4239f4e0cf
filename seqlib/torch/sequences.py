"""RNN, GRU and LSTM over whole sequences, in layers, in one direction or both: modules with the formulas and names of the NumPy path.

x is (n_x, m, T_x) and a is (n_a, m, T_x), as everywhere in the course: views, since inside the time stands first, as cuDNN has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from seqlib.cells import RESETS, check_cell
from seqlib.initialise import initialise_deep
from seqlib.torch.cells import explicit_sequence
from seqlib.torch.layout import CUDNN, GATES, PEEPHOLES, Tensors, prefixes, stack, unstack
from seqlib.torch.named import Named, value_of
from seqlib.torch.recurrences import course_gru, peephole_lstm, simplified_gru

Starts = Tensor | Sequence[Tensor] | None
Last = tuple[Tensor, Tensor | None]
IMPLEMENTATIONS = ("fused", "explicit")


class Options(TypedDict, total=False):
    """What every network can be asked for by name."""

    layers: int  # 1
    bidirectional: bool  # False
    dropout: float  # 0, the share of a layer's outputs that the layer above does not see, when training
    implementation: (
        str  # "fused" (cuDNN's on a GPU, torch.nn's on the CPU; for the cells that they lack, seqlib.torch.recurrences)
    )
    # or "explicit" (seqlib.torch.cells, to read); the attribute of this name may be changed later
    numbered: bool  # False; True: parameters are named "1/Wax" where there is one layer as well
    rng: np.random.Generator | None  # draws the first weights; None: torch's own generator, see torch.manual_seed
    device: Any  # as in torch.nn
    dtype: torch.dtype | None  # as in torch.nn


class RecurrentNetwork(Named):
    """What RNN, GRU and LSTM have in common: layers, directions, masks, first states, dropout between layers."""

    def __init__(
        self,
        cell: str,
        n_x: int,
        n_a: int,
        inner_bias: bool = False,
        peephole: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__()
        layers, bidirectional = options.get("layers", 1), options.get("bidirectional", False)
        dropout, implementation = options.get("dropout", 0.0), options.get("implementation", "fused")
        for name, size in (("n_x", n_x), ("n_a", n_a), ("layers", layers)):
            if size < 1:
                raise ValueError(f"{name} must be at least 1, got {size}")
        if implementation not in IMPLEMENTATIONS:
            raise ValueError(f'implementation must be "fused" or "explicit", got {implementation!r}')
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1, got {dropout}")
        self.cell, self.n_x, self.n_a = cell, n_x, n_a
        self.layers, self.directions, self.dropout = layers, 1 + bidirectional, dropout
        self.implementation, self.inner_bias = implementation, inner_bias
        self.prefixes = prefixes(layers, bidirectional, options.get("numbered", False))
        place = {"device": options.get("device"), "dtype": options.get("dtype")}
        between = dropout if layers > 1 else 0.0
        self.weights: nn.Module
        if cell in CUDNN and not peephole:
            kind: Any = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru_after": nn.GRU}[cell]
            self.weights = kind(n_x, n_a, layers, dropout=between, bidirectional=bidirectional, **place)
        else:
            self.weights = _Weights(cell, n_x, n_a, self.prefixes, self.directions, peephole, **place)
        self._hold_second_bias()
        self.reset_parameters(options.get("rng"))

    def reset_parameters(self, rng: np.random.Generator | None = None) -> None:
        """The first weights of the NumPy path, seqlib.initialise; without rng they are drawn by torch.manual_seed's generator."""
        if rng is None:
            rng = np.random.default_rng(int(torch.randint(2**31, ())))
        drawn = initialise_deep(self.cell, self.n_x, [self.n_a] * self.layers, rng, bidirectional=self.directions == 2)
        values: Tensors = {}
        zeros = torch.zeros(self.n_a, 1, dtype=torch.float64)
        for (before, _), (full, _) in zip(
            self.prefixes, prefixes(self.layers, self.directions == 2, True), strict=True
        ):
            values |= {
                before + n.removeprefix(full): torch.from_numpy(v) for n, v in drawn.items() if n.startswith(full)
            }
            values |= {before + n: zeros for n in (*PEEPHOLES, "brc") if before + n in self.own()}
        self.set_named_tensors(values)

    # ---- names

    def own(self, *, gradient: bool = False) -> Tensors:
        found: Tensors = {}
        for before, behind in self.prefixes:
            one = {name: value_of(value, gradient) for name, value in self._kept_of(behind).items()}
            found |= {before + n: v for n, v in unstack(self.cell, one, inner_bias=self.inner_bias).items()}
        return found

    def kept(self, tensors: Mapping[str, Tensor]) -> Tensors:
        found: Tensors = {}
        for before, behind in self.prefixes:
            one = stack(self.cell, {n.removeprefix(before): v for n, v in tensors.items() if n.startswith(before)})
            found |= {f"weights.{name}{behind}": one[name] for name in self._kept_of(behind)}
        return found

    def _kept_of(self, behind: str) -> Tensors:
        """One layer's and direction's parameters."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "peephole")
        return {name: getattr(self.weights, name + behind) for name in names if hasattr(self.weights, name + behind)}

    def _hold_second_bias(self) -> None:
        """torch's second bias is 0 and stays 0; of the GRU's only the candidate's part, brc, is trained, and only with inner_bias."""
        for _, behind in self.prefixes:
            bias = self._kept_of(behind).get("bias_hh")
            if bias is None:
                continue
            if self.inner_bias:
                bias.register_hook(self._candidate_part)
            else:
                bias.requires_grad_(False)

    def _candidate_part(self, gradient: Tensor) -> Tensor:
        held = torch.zeros_like(gradient)
        held[-self.n_a :] = gradient[-self.n_a :]
        return held

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._hold_second_bias()  # a copy's parameters come without their hooks

    # ---- the forward pass

    def forward(
        self,
        x: Tensor | PackedSequence,
        a0: Starts = None,
        c0: Starts = None,
        *,
        mask: Tensor | None = None,
        lengths: Tensor | None = None,
    ) -> tuple[Any, Last]:
        """Read the sequences.

        x: (n_x, m, T_x), or a PackedSequence of torch.nn, for which a comes packed as well
        a0, c0: the first states (c0 of an LSTM's memory cells), one (n_a, m), or (2 n_a, m) in both directions, for each layer,
            as a list or on one another; without the axis of the layers where there is one layer; zeros where they are left out
        mask: (m, T_x), 0 at padding, where the state is carried over; or lengths: (m,), the tokens of each sequence

        Returns a (n_a, m, T_x), (2 n_a, m, T_x) in both directions, and the last states of all layers (layers, n_a, m): of a
        and, in an LSTM, of c, otherwise None; in the form of a0 and c0, to go on from. Raises TypeError, ValueError.
        """
        if isinstance(x, PackedSequence):
            return self._forward_packed(x, a0, c0, mask, lengths)
        if x.ndim != 3 or x.shape[0] != self.n_x or 0 in x.shape:
            raise ValueError(
                f"x must be (n_x, m, T_x) with n_x = {self.n_x}, nothing of it empty; got shape {tuple(x.shape)}"
            )
        mask = _mask_of(x, mask, lengths)
        start = self._start("a0", a0, x)
        memory = self._start("c0", c0, x) if self.cell == "lstm" else None
        if c0 is not None and memory is None:
            raise ValueError(
                f"only an LSTM has a memory cell apart from its state: c0 was given to a {type(self).__name__}"
            )
        rows = x.permute(2, 1, 0).contiguous()  # (T_x, m, n_x)
        if self.implementation == "fused" and isinstance(self.weights, nn.RNNBase):
            run = self._cudnn
        else:
            run = self._layer_by_layer
        a, last, last_memory = run(rows, start, memory, mask)
        return a.permute(2, 1, 0), (self._stacked(last), None if last_memory is None else self._stacked(last_memory))

    def _cudnn(
        self, rows: Tensor, start: Tensor, memory: Tensor | None, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """All layers in one call of torch.nn: rows (T_x, m, n_x); start, memory: (layers * directions, m, n_a)."""
        first = start if memory is None else (start, memory)
        if mask is None:
            a, last = self.weights(rows, first)
            return (a, last, None) if memory is None else (a, *last)
        # the tokens of each sequence side by side, at its front, as torch.nn wants them
        T_x = len(rows)
        order = torch.argsort((~mask).to(torch.int8), dim=1, stable=True).T  # (T_x, m)
        tokens = rows.gather(0, order[:, :, None].expand_as(rows))
        count = mask.sum(dim=1)  # (m,)
        packed = pack_padded_sequence(tokens, count.clamp(min=1).cpu(), enforce_sorted=False)
        out, last = self.weights(packed, first)
        out, _ = pad_packed_sequence(out, total_length=T_x)  # (T_x, m, n_a) or (T_x, m, 2 n_a)
        # at padding, the state before: that of the last token up to t, from the right that of the next, or the first state
        seen = mask.cumsum(dim=1).T  # (T_x, m), the tokens up to t
        parts = [torch.cat([start[-self.directions][None], out[:, :, : self.n_a]]).gather(0, _wide(seen, self.n_a))]
        if self.directions == 2:
            ahead = seen - mask.T.to(seen.dtype)
            ahead = torch.where(ahead == count, T_x, ahead)
            parts.append(torch.cat([out[:, :, self.n_a :], start[-1][None]]).gather(0, _wide(ahead, self.n_a)))
        read = (count > 0)[:, None]  # (m, 1): a sequence without a token keeps its first state
        a = torch.cat(parts, dim=2)
        if memory is None:
            return a, torch.where(read, last, start), None
        return a, torch.where(read, last[0], start), torch.where(read, last[1], memory)

    def _layer_by_layer(
        self, rows: Tensor, start: Tensor, memory: Tensor | None, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """The layers from the bottom up, by explicit cells or by the recurrences that cuDNN does not have; as _cudnn."""
        below, last, last_memory = rows, [], []
        one = self._explicit if self.implementation == "explicit" else self._recurrence
        for layer in range(self.layers):
            above = []
            for direction in range(self.directions):
                number = layer * self.directions + direction
                memory_0 = None if memory is None else memory[number]
                way, seen = (below, mask) if direction == 0 else (below.flip(0), None if mask is None else mask.flip(1))
                a, a_last, c_last = one(way, start[number], memory_0, seen, self.prefixes[number][1])
                above.append(a if direction == 0 else a.flip(0))
                last.append(a_last)
                if c_last is not None:
                    last_memory.append(c_last)
            below = torch.cat(above, dim=2)  # (T_x, m, n_a) or (T_x, m, 2 n_a)
            if layer < self.layers - 1:
                below = functional.dropout(below, self.dropout, self.training)
        return below, torch.stack(last), torch.stack(last_memory) if last_memory else None

    def _explicit(
        self, rows: Tensor, a0: Tensor, c0: Tensor | None, mask: Tensor | None, behind: str
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        params = unstack(self.cell, self._kept_of(behind), inner_bias=self.inner_bias)
        c0_columns = None if c0 is None else c0.T
        a, last, last_memory = explicit_sequence(self.cell, rows.permute(2, 1, 0), a0.T, c0_columns, mask, params)
        return a.permute(2, 1, 0), last.T, None if last_memory is None else last_memory.T

    def _recurrence(
        self, rows: Tensor, a0: Tensor, c0: Tensor | None, mask: Tensor | None, behind: str
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        kept = self._kept_of(behind)
        keep = None if mask is None else mask.T[:, :, None]  # (T_x, m, 1)
        z_x = functional.linear(rows, kept["weight_ih"], kept["bias_ih"])  # (T_x, m, gates * n_a)
        weight, a0 = kept["weight_hh"].to(z_x.dtype), a0.to(z_x.dtype)  # autocast: all of a step in one type
        if c0 is not None:
            a, c = peephole_lstm(z_x, a0, c0.to(z_x.dtype), weight, kept["peephole"].to(z_x.dtype), keep)
            return a, a[-1], c[-1]
        a = (course_gru if self.cell == "gru" else simplified_gru)(z_x, a0, weight, keep)
        return a, a[-1], None

    def _forward_packed(
        self, x: PackedSequence, a0: Starts, c0: Starts, mask: Tensor | None, lengths: Tensor | None
    ) -> tuple[PackedSequence, Last]:
        if mask is not None or lengths is not None:
            raise ValueError("a PackedSequence knows its lengths: mask and lengths must be left out")
        rows, counts = pad_packed_sequence(x)  # (T_x, m, n_x)
        a, last = self.forward(rows.permute(2, 1, 0), a0, c0, lengths=counts)
        return pack_padded_sequence(a.permute(2, 1, 0), counts, enforce_sorted=x.sorted_indices is None), last

    # ---- states: outside (layers, directions * n_a, m), inside (layers * directions, m, n_a)

    def _start(self, name: str, given: Starts, x: Tensor) -> Tensor:
        m, width = x.shape[1], self.directions * self.n_a
        if given is None:
            return torch.zeros(self.layers * self.directions, m, self.n_a, dtype=x.dtype, device=x.device)
        states = given if isinstance(given, Tensor) else torch.stack(list(given))
        if states.ndim == 2 and self.layers == 1:
            states = states[None]
        if states.shape != (self.layers, width, m):
            raise ValueError(
                f"{name} must hold {self.layers} states of shape {(width, m)}, one for each layer; got shape {tuple(states.shape)}"
            )
        split = states.reshape(self.layers, self.directions, self.n_a, m)
        return split.transpose(2, 3).reshape(-1, m, self.n_a)

    def _stacked(self, states: Tensor) -> Tensor:
        split = states.reshape(self.layers, self.directions, -1, self.n_a)
        return split.transpose(2, 3).reshape(self.layers, self.directions * self.n_a, -1)


class _Weights(nn.Module):
    """Parameters with the names and shapes of torch.nn, for the cells that it does not have."""

    def __init__(
        self,
        cell: str,
        n_x: int,
        n_a: int,
        names: Sequence[tuple[str, str]],
        directions: int,
        peephole: bool,
        **place: Any,
    ) -> None:
        super().__init__()
        rows = len(GATES[cell]) * n_a
        for number, (_, behind) in enumerate(names):
            width = n_x if number < directions else directions * n_a
            shapes = {"weight_ih": (rows, width), "weight_hh": (rows, n_a), "bias_ih": (rows,)}
            if peephole:
                shapes["peephole"] = (3, n_a)
            for name, shape in shapes.items():
                self.register_parameter(name + behind, nn.Parameter(torch.zeros(shape, **place)))


class RNN(RecurrentNetwork):
    """a<t> = tanh(W_aa a<t-1> + W_ax x<t> + b_a). Source: L3; Elman 1990.

    n_x: features of an input
    n_a: units of a layer (of each direction)
    options: see Options
    Parameters: Wax, Waa, ba, with layer and direction before them where there are several: "1/Wax", "forward/Wax",
    "1/forward/Wax". Raises ValueError on sizes and options.
    """

    def __init__(self, n_x: int, n_a: int, **options: Unpack[Options]) -> None:
        super().__init__("rnn", n_x, n_a, **options)


class GRU(RecurrentNetwork):
    """c<t> = Gamma_u * c_tilde + (1 - Gamma_u) * c<t-1>, with the reset gate in one of three ways. Source: L9; Cho et al. 2014.

    reset: "before" the product (the course), "after" it (torch.nn, cuDNN) or None, "none" (simplified, no reset gate)
    inner_bias: with brc, the bias inside the product that is reset, as torch.nn has it; only for reset="after"
    Parameters: Wu, bu, Wr, br, Wc, bc, brc; the rest as in RNN. Raises ValueError on sizes and options.
    """

    def __init__(
        self,
        n_x: int,
        n_a: int,
        *,
        reset: str | None = "before",
        inner_bias: bool = False,
        **options: Unpack[Options],
    ) -> None:
        cells = {"before": "gru", "after": "gru_after", None: "gru_simplified", "none": "gru_simplified"}
        if reset not in cells:
            raise ValueError(
                f'reset must be "before" (the course), "after" (torch.nn, cuDNN) or None (simplified), got {reset!r}'
            )
        if inner_bias and reset != "after":
            raise ValueError('only a GRU with reset="after" has a bias inside the reset product (brc)')
        super().__init__(cells[reset], n_x, n_a, inner_bias, **options)


class LSTM(RecurrentNetwork):
    """c<t> = Gamma_u * c_tilde + Gamma_f * c<t-1>, a<t> = Gamma_o * tanh(c<t>). Source: L10; Hochreiter and Schmidhuber 1997.

    peephole: the gates see the memory cell, through the diagonal weights pf, pu and po
    Parameters: Wf, bf, Wu, bu, Wo, bo, Wc, bc, pf, pu, po; the rest as in RNN. Raises ValueError on sizes and options.
    """

    def __init__(self, n_x: int, n_a: int, *, peephole: bool = False, **options: Unpack[Options]) -> None:
        super().__init__("lstm", n_x, n_a, False, peephole, **options)


def network(cell: str, n_x: int, n_a: int, *, peephole: bool = False, **options: Unpack[Options]) -> RecurrentNetwork:
    """RNN, GRU or LSTM by the cell's name: "rnn", "gru", "gru_after", "gru_simplified" or "lstm". Raises ValueError."""
    check_cell(cell)
    if peephole and cell != "lstm":
        raise ValueError(f"only an lstm has peepholes, got cell={cell!r}")
    if cell == "rnn":
        return RNN(n_x, n_a, **options)
    if cell == "lstm":
        return LSTM(n_x, n_a, peephole=peephole, **options)
    return GRU(n_x, n_a, reset=RESETS[cell], **options)


# ---- arguments


def _mask_of(x: Tensor, mask: Tensor | None, lengths: Tensor | None) -> Tensor | None:
    """mask or lengths as a mask (m, T_x) of bool. Raises ValueError."""
    if lengths is not None:
        if mask is not None:
            raise ValueError("mask and lengths say the same: one of the two must be left out")
        if lengths.shape != x.shape[1:2]:
            raise ValueError(f"lengths must be (m,) = {tuple(x.shape[1:2])}, got shape {tuple(lengths.shape)}")
        T_x = x.shape[2]
        others = lengths[~((lengths >= 0) & (lengths <= T_x) & (lengths == lengths.round()))]
        if len(others):
            raise ValueError(f"lengths must be whole numbers from 0 to T_x = {T_x}, got {others[0].item()}")
        return torch.arange(x.shape[2], device=x.device) < lengths.to(x.device)[:, None]
    if mask is None:
        return None
    if mask.shape != x.shape[1:]:
        raise ValueError(f"mask must be (m, T_x) = {tuple(x.shape[1:])}, got shape {tuple(mask.shape)}")
    if mask.dtype != torch.bool and len(others := mask[(mask != 0) & (mask != 1)]):
        raise ValueError(f"mask must hold only zeros (padding) and ones (tokens), got {others[0].item()}")
    return mask.to(x.device, torch.bool)


def _wide(index: Tensor, n: int) -> Tensor:
    """(T_x, m) to (T_x, m, n), for gather."""
    return index[:, :, None].expand(-1, -1, n)
