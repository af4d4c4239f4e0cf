"""Parameters between the NumPy path, the modules of this package and torch.nn. There and back, the numbers stay the same."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from seqlib.cells import check_cell, weight_names
from seqlib.support.types import Array, Params
from seqlib.torch.layout import CUDNN, GATES, PEEPHOLES, prefixes, stack, unstack
from seqlib.torch.named import Named, check_names

WITHOUT = {
    "gru": "torch.nn.GRU resets after the product, the course before it: in general no weights make them equal",
    "gru_simplified": "torch.nn.GRU always has a reset gate",
}


def params_of(module: Named) -> Params:
    """A module's parameters as the NumPy path has them: names, shapes and layout. Copies."""
    return {name: _array(value) for name, value in module.named_tensors().items()}


def gradients_of(module: Named) -> Params:
    """Their gradients after loss.backward(), "d" + name, as the NumPy path returns them; 0 where none has arrived."""
    return {"d" + name: _array(value) for name, value in module.named_tensors(gradient=True).items()}


def load_params(module: Named, params: Mapping[str, Array]) -> None:
    """The inverse of `params_of`: write parameters of the NumPy path into a module. Raises ValueError on names and shapes."""
    module.set_named_tensors({name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in params.items()})


def to_torch(params: Params, cell: str) -> dict[str, Tensor]:
    """The state dict of torch.nn.RNN, GRU or LSTM: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 and so on.

    params: of one layer ("Wf"), of two directions ("forward/Wf") or of several layers ("1/Wf", "1/forward/Wf"), without an
        output layer; cell: "rnn", "lstm" or "gru_after"
    The course's one bias goes into bias_ih and bias_hh is 0, but for brc. Raises ValueError where torch.nn does not have the model.
    """
    _check_cell(cell)
    state: dict[str, Tensor] = {}
    places = _places(params)
    for before, behind in places:
        own = {n.removeprefix(before): torch.tensor(v) for n, v in params.items() if n.startswith(before)}
        if "pf" in own:
            raise ValueError("torch.nn.LSTM has no peepholes: params hold pf, pu and po")
        check_names({n: tuple(own[n].shape) if n in own else () for n in _names(cell, own)}, own)
        state |= {name + behind: value.contiguous() for name, value in stack(cell, own).items()}
    return state


def from_torch(
    state: Mapping[str, Tensor], cell: str, *, numbered: bool = False, inner_bias: bool | None = None
) -> Params:
    """The inverse of `to_torch`: parameters of the NumPy path from the state dict of torch.nn.RNN, GRU or LSTM.

    Both biases of torch.nn are added up (there may be none, bias=False: zeros); of a GRU's candidate the second one is brc.
    cell: "rnn", "lstm" or "gru_after"
    numbered: "1/Wf" for a single layer as well
    inner_bias: with brc; None: where it is not 0
    Raises ValueError on a weight that is missing, on the projections of an LSTM, and where brc is not 0 and inner_bias is False.
    """
    _check_cell(cell)
    if any(name.startswith("weight_hr") for name in state):
        raise ValueError("the course's LSTM has no projection: state is that of torch.nn.LSTM with proj_size")
    layers = sum(name.startswith("weight_ih") and not name.endswith("_reverse") for name in state)
    if not layers:
        raise ValueError(
            f"state must be that of torch.nn.RNN, GRU or LSTM, with weight_ih_l0; got {', '.join(state) or 'nothing'}"
        )
    found: list[tuple[str, dict[str, Tensor]]] = []
    for before, behind in prefixes(layers, "weight_ih_l0_reverse" in state, numbered):
        kept = {
            n: state[n + behind].detach()
            for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            if n + behind in state
        }
        if missing := [name + behind for name in ("weight_ih", "weight_hh") if name not in kept]:
            raise ValueError(f"state lacks {', '.join(missing)}; it holds {', '.join(state)}")
        if len(kept["weight_ih"]) != len(GATES[cell]) * kept["weight_hh"].shape[1]:
            raise ValueError(f"state is not that of a {cell}: weight_ih{behind} is {tuple(kept['weight_ih'].shape)}")
        found.append((before, _one_bias(cell, kept)))
    second = cell == "gru_after" and any(bool(kept["bias_hh"].any()) for _, kept in found)
    if second and inner_bias is False:
        raise ValueError(
            "state has a bias inside the reset product, bias_hh of the candidate: brc, which inner_bias=False leaves out"
        )
    with_brc = cell == "gru_after" and (second if inner_bias is None else inner_bias)
    return {
        before + name: _array(value)
        for before, kept in found
        for name, value in unstack(cell, kept, inner_bias=with_brc).items()
    }


def _one_bias(cell: str, kept: dict[str, Tensor]) -> dict[str, Tensor]:
    """bias_ih + bias_hh in bias_ih; what stays in bias_hh is the GRU's brc."""
    zeros = kept["weight_hh"].new_zeros(len(kept["weight_hh"]))
    first, second = kept.get("bias_ih", zeros), kept.get("bias_hh", zeros)
    stays = torch.zeros_like(second)
    if cell == "gru_after":
        n_a = kept["weight_hh"].shape[1]
        stays[-n_a:] = second[-n_a:]
    return {**kept, "bias_ih": first + (second - stays), "bias_hh": stays}


def _check_cell(cell: str) -> None:
    check_cell(cell)
    if cell not in CUDNN:
        raise ValueError(f"{WITHOUT[cell]} (cell={cell!r})")


def _places(params: Params) -> list[tuple[str, str]]:
    """Layers and directions of params, from their names. Raises ValueError."""
    numbers = {name.partition("/")[0] for name in params if name[0].isdigit()}
    both = any("forward/" in name for name in params)
    places = prefixes(max(len(numbers), 1), both, bool(numbers))
    strangers = [name for name in params if name.rpartition("/")[0] + "/" * ("/" in name) not in {b for b, _ in places}]
    if strangers or any(not any(name.startswith(before) for name in params) for before, _ in places):
        raise ValueError(
            f'params must be those of a layer, "1/Wf", "2/Wf" or "forward/Wf", "backward/Wf"; got {", ".join(params)}'
        )
    return places


def _names(cell: str, own: Mapping[str, Tensor]) -> tuple[str, ...]:
    """The names that a layer must have, and brc where it is there."""
    return tuple(n for n in weight_names(cell) if n not in PEEPHOLES and (n != "brc" or n in own))


def _array(value: Tensor) -> Array:
    value = value.detach().cpu()
    return (value.float() if value.dtype == torch.bfloat16 else value).numpy().copy()  # NumPy has no bfloat16
