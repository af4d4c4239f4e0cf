"""Every network of seqlib.torch beside its NumPy counterpart: forward and all gradients."""

from __future__ import annotations

import numpy as np
import torch

from seqlib import deep_backward, deep_forward
from seqlib import torch as st

KINDS = ("rnn", "gru", "gru_after", "gru_after with brc", "gru_simplified", "lstm", "lstm with peepholes")
FORMS = {"one layer": (1, False), "both ways": (1, True), "deep": (3, False), "deep, both ways": (2, True)}


def network_of(kind, n_x=3, n_a=4, **options):
    """A float64 network of a kind, no parameter zero, with numbered names."""
    cell, _, extra = kind.partition(" with ")
    options = {"numbered": True, "dtype": torch.float64, "rng": np.random.default_rng(0), **options}
    if extra == "brc":
        net = st.GRU(n_x, n_a, reset="after", inner_bias=True, **options)
    else:
        net = st.network(cell, n_x, n_a, peephole=bool(extra), **options)
    rng = np.random.default_rng(1)
    st.load_params(net, {n: v + 0.3 * rng.normal(size=v.shape) for n, v in st.params_of(net).items()})
    return net


def random_masks(rng, m, T_x):
    """None; padding at the end; and anywhere, with a sequence that has no token at all."""
    anywhere = (rng.random((m, T_x)) < 0.6).astype(float)
    anywhere[0] = 0
    at_the_end = (np.arange(T_x) < rng.integers(1, T_x + 1, size=(m, 1))).astype(float)
    return {"no mask": None, "padding": at_the_end, "gaps": anywhere}


def torch_side(net, x, a0, c0, mask, da, dlast):
    """a, last states and all gradients, by torch."""
    leaves = [None if v is None else torch.tensor(v, requires_grad=True) for v in (x, a0, c0)]
    net.zero_grad()
    a, (last, last_c) = net(*leaves, mask=None if mask is None else torch.tensor(mask))
    loss = (a * torch.tensor(da)).sum() + (last[-1] * torch.tensor(dlast)).sum()
    loss.backward()
    found = {
        name: leaf.grad.numpy() for name, leaf in zip(("dx", "da0", "dc0"), leaves, strict=True) if leaf is not None
    }
    states = {"a": a, "last": last, "last_c": last_c}
    return {n: v.detach().numpy() for n, v in states.items() if v is not None} | found | st.gradients_of(net)


def numpy_side(net, x, a0, c0, mask, da, dlast):
    """The same by the NumPy path, whose backward takes what arrives at the last states as part of da."""
    params = st.params_of(net)
    a, _, caches = deep_forward(x, params, net.cell, a0=list(a0), c0=None if c0 is None else list(c0), mask=mask)
    da = da.copy()
    n = net.n_a
    da[:n, :, -1] += dlast[:n]
    da[n:, :, 0] += dlast[n:]
    found = deep_backward(da, caches)
    last = last_states(caches, 0)
    memory = {"last_c": last_states(caches, 1)} if net.cell == "lstm" else {}
    stacked = {name: np.stack(found.pop(name)) for name in ("da0", "dc0") if name in found}
    return {"a": a, "last": last, **memory, **stacked, **found}


def last_states(caches, which):
    """The last states of every layer, each direction's own, from the caches of deep_forward."""
    rows = []
    for cache, _ in caches:
        directions = (cache,) if isinstance(cache[0], str) else cache
        rows.append(np.concatenate([arrays[which][:, :, -1] for _, arrays in directions]))
    return np.stack(rows)


def sides(net, *, m=4, T_x=6, masked="no mask", seed=2):
    """Both sides of one random problem."""
    rng = np.random.default_rng(seed)
    width = net.directions * net.n_a
    x, a0 = rng.normal(size=(net.n_x, m, T_x)), rng.normal(size=(net.layers, width, m))
    c0 = rng.normal(size=(net.layers, width, m)) if net.cell == "lstm" else None
    problem = (
        x,
        a0,
        c0,
        random_masks(rng, m, T_x)[masked],
        rng.normal(size=(width, m, T_x)),
        rng.normal(size=(width, m)),
    )
    return torch_side(net, *problem), numpy_side(net, *problem)
