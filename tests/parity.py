"""The recurrent formulas once more, in torch for autograd, and random problems for all of seqlib's cells and sequences.

`python -m tests.parity` prints the table of every gradient: analytic against central differences and against autograd.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import seqlib
from seqlib import cells, lstm
from seqlib.gru import gru_weights
from seqlib.pooling import POOLS
from seqlib.rnn import WEIGHTS

KINDS = ("rnn", "gru", "gru_after", "gru_after with brc", "gru_simplified", "lstm", "lstm with peepholes")
STEP = 1e-5


@dataclass
class Problem:
    """Inputs by name, the analytic gradients at them, and the same loss as a function in NumPy and in torch."""

    name: str
    inputs: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]
    loss: Callable[[dict[str, np.ndarray]], float]
    torch_loss: Callable[[dict[str, Any]], Any]

    def numerical(self) -> dict[str, np.ndarray]:
        """Central differences, float64."""
        found = {}
        for name, value in self.inputs.items():
            gradient = np.zeros_like(value)
            for i in np.ndindex(value.shape):
                kept = value[i]
                value[i] = kept + STEP
                up = self.loss(self.inputs)
                value[i] = kept - STEP
                gradient[i] = (up - self.loss(self.inputs)) / (2 * STEP)
                value[i] = kept
            found[name] = gradient
        return found

    def autograd(self) -> dict[str, np.ndarray]:
        """The gradients of torch.autograd, float64."""
        import torch

        tensors = {name: torch.tensor(value, requires_grad=True) for name, value in self.inputs.items()}
        self.torch_loss(tensors).backward()
        return {name: (np.zeros(t.shape) if t.grad is None else t.grad.numpy()) for name, t in tensors.items()}


def relative(one: np.ndarray, other: np.ndarray) -> float:
    """||one - other|| / (||one|| + ||other||); 0 where both are zero."""
    size = np.linalg.norm(one) + np.linalg.norm(other)
    return float(np.linalg.norm(one - other) / size) if size else 0.0


def split(kind: str) -> tuple[str, str]:
    """The cell of a kind, and its addition."""
    cell, _, extra = kind.partition(" with ")
    return cell, extra


def weights(kind: str, rng: np.random.Generator, n_x: int, n_a: int, prefix: str = "") -> dict[str, np.ndarray]:
    """Random weights of a kind, no bias zero."""
    cell, extra = split(kind)
    if cell == "rnn":
        table = WEIGHTS
    elif cell == "lstm":
        table = {**lstm.WEIGHTS, **(lstm.PEEPHOLES if extra else {})}
    else:
        table = {**gru_weights(cells.RESETS[cell]), **({"brc": ("n_a", 1)} if extra else {})}
    sizes = {"n_a": n_a, "n_x": n_x, "n_a + n_x": n_a + n_x, 1: 1}
    return {prefix + name: rng.normal(size=[sizes[axis] for axis in axes]) for name, axes in table.items()}


def output(kind: str, rng: np.random.Generator, n_y: int, width: int) -> dict[str, np.ndarray]:
    """A random output layer of a kind."""
    return {"Wya" if split(kind)[0] == "rnn" else "Wy": rng.normal(size=(n_y, width)), "by": rng.normal(size=(n_y, 1))}


def torch_step(kind: str, p: dict[str, Any], x_t: Any, a: Any, c: Any) -> tuple[Any, Any]:
    """One step by the formulas; a GRU and an RNN hand c on as it is."""
    import torch

    cell, _ = split(kind)
    if cell == "rnn":
        return torch.tanh(p["Waa"] @ a + p["Wax"] @ x_t + p["ba"]), c
    stacked = torch.cat([a, x_t])

    def z(gate: str) -> Any:
        return p["W" + gate] @ stacked + p["b" + gate]

    if cell == "lstm":
        see = {gate: p.get("p" + gate, torch.zeros(1)) for gate in "fuo"}
        c_next = torch.sigmoid(z("u") + see["u"] * c) * torch.tanh(z("c")) + torch.sigmoid(z("f") + see["f"] * c) * c
        return torch.sigmoid(z("o") + see["o"] * c_next) * torch.tanh(c_next), c_next
    n_a, reset = a.shape[0], cells.RESETS[cell]
    gamma_u = torch.sigmoid(z("u"))
    if reset is None:
        c_tilde = torch.tanh(z("c"))
    else:
        gamma_r = torch.sigmoid(z("r"))
        if reset == "before":
            c_tilde = torch.tanh(p["Wc"] @ torch.cat([gamma_r * a, x_t]) + p["bc"])
        else:
            inner = p["Wc"][:, :n_a] @ a + p.get("brc", 0.0)
            c_tilde = torch.tanh(gamma_r * inner + p["Wc"][:, n_a:] @ x_t + p["bc"])
    return gamma_u * c_tilde + (1 - gamma_u) * a, c


def torch_sequence(
    kind: str, p: dict[str, Any], x: Any, a: Any, c: Any, mask: Any, steps: int | None = None
) -> tuple[Any, Any]:
    """The step over a sequence; at padding the state is carried over, and `steps` cuts the graph between blocks."""
    import torch

    hidden, memory = [], []
    for t in range(x.shape[2]):
        if steps and t and t % steps == 0:
            a, c = a.detach(), c.detach()
        a_next, c_next = torch_step(kind, p, x[:, :, t], a, c)
        keep = 1.0 if mask is None else mask[:, t]
        a, c = keep * a_next + (1 - keep) * a, keep * c_next + (1 - keep) * c
        hidden.append(a)
        memory.append(c)
    return torch.stack(hidden, dim=2), torch.stack(memory, dim=2)


def random_mask(rng: np.random.Generator, m: int, T_x: int) -> np.ndarray:
    """Padding at the end of each sequence, at least one token in each."""
    return (np.arange(T_x) < rng.integers(1, T_x + 1, size=(m, 1))).astype(float)


def cell_problem(kind: str, rng: np.random.Generator, n_x: int = 3, n_a: int = 4, m: int = 2) -> Problem:
    """One step: gradients arrive at the new state and, in an LSTM, at the memory cell."""
    cell, _ = split(kind)
    p = {**weights(kind, rng, n_x, n_a), **output(kind, rng, 2, n_a)}
    da, dc = rng.normal(size=(2, n_a, m))
    inputs = {"x_t": rng.normal(size=(n_x, m)), "a_prev": rng.normal(size=(n_a, m)), **p}
    extra = () if cell in ("rnn", "lstm") else (cells.RESETS[cell],)
    if cell == "lstm":
        inputs["c_prev"] = rng.normal(size=(n_a, m))

    def run(v: dict[str, np.ndarray]) -> tuple[Any, ...]:
        params = {name: v[name] for name in p}
        if cell == "rnn":
            return seqlib.rnn_cell_forward(v["x_t"], v["a_prev"], params)
        if cell == "lstm":
            return seqlib.lstm_cell_forward(v["x_t"], v["a_prev"], v["c_prev"], params)
        return seqlib.gru_cell_forward(v["x_t"], v["a_prev"], params, *extra)

    def loss(v: dict[str, np.ndarray]) -> float:
        made = run(v)
        return float((made[0] * da).sum() + ((made[1] * dc).sum() if cell == "lstm" else 0))

    def torch_loss(v: dict[str, Any]) -> Any:
        import torch

        a, c = torch_step(kind, v, v["x_t"], v["a_prev"], v.get("c_prev", torch.zeros(1)))
        return (a * torch.tensor(da)).sum() + ((c * torch.tensor(dc)).sum() if cell == "lstm" else 0)

    cache = run(inputs)[-1]
    if cell == "rnn":
        found = seqlib.rnn_cell_backward(da, cache)
    elif cell == "lstm":
        found = seqlib.lstm_cell_backward(da, dc, cache)
    else:
        found = seqlib.gru_cell_backward(da, cache)
        found["da_prev"] = found.pop("dc_prev")
    gradients = {name[1:]: value for name, value in found.items()}
    kept = {name: value for name, value in inputs.items() if name in gradients}
    rest = {name: value for name, value in inputs.items() if name not in gradients}
    return Problem(f"{kind} cell", kept, gradients, lambda v: loss({**rest, **v}), torch_loss)


def sequence_problem(
    kind: str,
    rng: np.random.Generator,
    *,
    n_x: int = 3,
    n_a: int = 3,
    m: int = 2,
    T_x: int = 4,
    masked: bool = False,
    layers: int = 0,
    both: bool = False,
    steps: int | None = None,
    share: float = 0.0,
) -> Problem:
    """Whole sequences from a random start, gradients at every step: one layer (layers = 0), bidirectional, or deep with dropout."""
    cell, _ = split(kind)
    prefixes = []
    p: dict[str, np.ndarray] = {}
    width, directions = n_x, ("forward/", "backward/") if both else ("",)
    starts: dict[str, np.ndarray] = {}
    for layer in range(max(layers, 1)):
        above = f"{layer + 1}/" if layers else ""
        for direction in directions:
            p |= weights(kind, rng, width, n_a, above + direction)
            prefixes.append((layer, above, direction))
        for name in ("a0", *(("c0",) if cell == "lstm" else ())):
            starts[f"{above}{name}"] = rng.normal(size=(n_a * len(directions), m))
        width = n_a * len(directions)
    inputs = {"x": rng.normal(size=(n_x, m, T_x)), **starts, **p}
    mask = random_mask(rng, m, T_x) if masked else None
    da, dc = rng.normal(size=(2, width, m, T_x))
    dropout = [seqlib.dropout_mask((width, m, T_x), share, rng) for _ in range(layers - 1)] if share else None

    def run(v: dict[str, np.ndarray]) -> tuple[Any, Any]:
        params = {name: v[name] for name in p}
        if layers:
            start = [
                [v[f"{layer + 1}/{name}"] for layer in range(layers)] for name in ("a0", "c0")[: 1 + (cell == "lstm")]
            ]
            c0 = start[1] if cell == "lstm" else None
            a, _, caches = seqlib.deep_forward(v["x"], params, cell, a0=start[0], c0=c0, mask=mask, dropout=dropout)
        elif both:
            a, _, caches = seqlib.bidirectional_forward(v["x"], params, cell, a0=v["a0"], c0=v.get("c0"), mask=mask)
        else:
            a, caches = cells.sequence_forward(cell, v["x"], params, a0=v["a0"], c0=v.get("c0"), mask=mask)
        return a, caches

    memory = cell == "lstm"

    def torch_run(v: dict[str, Any]) -> tuple[Any, Any]:
        import torch

        below = v["x"]
        keep = None if mask is None else torch.tensor(mask)
        for layer in range(max(layers, 1)):
            if layer and dropout:
                below = below * torch.tensor(dropout[layer - 1])
            above = f"{layer + 1}/" if layers else ""
            outs, mems = [], []
            for i, direction in enumerate(directions):
                own = {
                    name.removeprefix(above + direction): t
                    for name, t in v.items()
                    if name.startswith(above + direction)
                }
                rows = slice(i * n_a, (i + 1) * n_a)
                turn = (lambda t: t.flip(-1)) if direction == "backward/" else (lambda t: t)
                a0 = v[f"{above}a0"][rows]
                c0 = v[f"{above}c0"][rows] if memory else a0
                a, c = torch_sequence(kind, own, turn(below), a0, c0, None if keep is None else turn(keep), steps)
                outs.append(turn(a))
                mems.append(turn(c))
            below = torch.cat(outs)
        return below, torch.cat(mems)

    def forward_loss(v: dict[str, np.ndarray]) -> float:
        a, caches = run(v)
        total = float((a * da).sum())
        if memory and not layers and not both:
            total += float((caches[1][1][:, :, 1:] * dc).sum())
        return total

    def torch_loss(v: dict[str, Any]) -> Any:
        import torch

        a, c = torch_run(v)
        total = (a * torch.tensor(da)).sum()
        return total + (c * torch.tensor(dc)).sum() if memory and not layers and not both else total

    caches = run(inputs)[1]
    if layers:
        found = seqlib.deep_backward(da, caches, steps=steps)
        for name in ("da0", "dc0"):
            for layer, value in enumerate(found.pop(name, [])):
                found[f"d{layer + 1}/{name[1:]}"] = value
    elif both:
        found = seqlib.bidirectional_backward(da, caches, steps=steps)
    else:
        found = cells.sequence_backward(da, caches, dc=dc if memory else None, steps=steps)
    form = f"{layers} layers of " if layers else ""
    name = f"{form}{'bidirectional ' if both else ''}{kind}{', masked' if masked else ''}{', dropout' if share else ''}"
    return Problem(name, inputs, {k[1:]: g for k, g in found.items()}, forward_loss, torch_loss)


def pooling_problem(pool: str, rng: np.random.Generator, *, n_a: int = 3, m: int = 4, T_x: int = 5) -> Problem:
    """One vector for each sequence of a padded batch: the last real state, the mean or the maximum over the real steps."""
    a, mask, dpooled = rng.normal(size=(n_a, m, T_x)), random_mask(rng, m, T_x), rng.normal(size=(n_a, m))

    def torch_loss(v: dict[str, Any]) -> Any:
        import torch

        total = torch.zeros(())
        for i, length in enumerate(mask.sum(axis=1).astype(int)):
            real = v["a"][:, i, :length]  # (n_a, length)
            pooled = {"last": real[:, -1], "mean": real.mean(dim=1), "max": real.amax(dim=1)}[pool]
            total = total + (pooled * torch.tensor(dpooled[:, i])).sum()
        return total

    return Problem(
        f"pooling by {pool}",
        {"a": a},
        {"a": seqlib.pool_states_backward(dpooled, a, mask, pool)},
        lambda v: float((seqlib.pool_states(v["a"], mask, pool) * dpooled).sum()),
        torch_loss,
    )


def main() -> None:
    """Print the table of every gradient."""
    from rich.console import Console
    from rich.table import Table

    rng = np.random.default_rng(3)
    table = Table(
        "function",
        "gradient",
        "central differences",
        "autograd",
        "largest difference",
        title="every gradient, three ways",
    )
    problems = [cell_problem(kind, rng) for kind in KINDS]
    problems += [sequence_problem(kind, rng, masked=masked) for kind in KINDS for masked in (False, True)]
    problems += [sequence_problem(kind, rng, masked=True, both=True) for kind in KINDS]
    problems += [
        sequence_problem(kind, rng, masked=True, layers=2, both=both) for kind in KINDS for both in (False, True)
    ]
    problems += [pooling_problem(pool, rng) for pool in POOLS]
    for problem in problems:
        numerical, autograd = problem.numerical(), problem.autograd()
        for name, gradient in problem.gradients.items():
            largest = np.abs(gradient - autograd[name]).max()
            table.add_row(
                problem.name,
                "d" + name,
                f"{relative(gradient, numerical[name]):.1e}",
                f"{relative(gradient, autograd[name]):.1e}",
                f"{largest:.1e}",
            )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
