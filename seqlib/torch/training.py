"""Training on the CPU or a GPU: the loop of `seqlib.training`, for torch modules."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from torch import Tensor, nn

from seqlib.training import History

PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16}
LOOKS = 50  # batches from one look at the loss to the next: each look makes the CPU wait for the GPU

Batch = tuple[Tensor, ...]


def train(
    model: nn.Module,
    loss: Callable[[Any, Batch], Tensor],
    batches: Callable[[np.random.Generator], Iterator[Any]],
    *,
    epochs: int,
    optimiser: torch.optim.Optimizer | None = None,
    clip: float | None = 5.0,
    evaluate: Callable[[Any], float] | None = None,
    seed: int = 0,
    device: str = "auto",
    precision: str | None = None,
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> History:
    """Train a module in place; it ends on the device.

    loss(model, batch): a number to be made small; batches(rng): one epoch's batches, tuples of NumPy arrays, the first of them the tokens
    optimiser: Adam with torch's defaults where it is left out; clip: the limit of the gradients' common norm, or None
    evaluate(model): a held-out score after each epoch, without dropout and gradients
    seed: epoch e draws its batches and its dropout from generators of (seed, e), so that a resumed run goes on to the same result
    device: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1", ...
    precision: "bfloat16" multiplies matrices in bfloat16 and keeps weights, loss and optimiser in their own type; None or "float32": no
    checkpoint: a file written after each epoch; where it exists, training goes on from it

    Returns the history. Raises FloatingPointError on a loss that is NaN or infinite, ValueError on no batch, an unknown precision,
    a device that is not there, a checkpoint of another model.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    if precision is not None and precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, got {precision!r}")
    where = pick_device(device)
    model.to(where)
    optimiser = torch.optim.Adam(model.parameters()) if optimiser is None else optimiser
    history = History()
    if checkpoint is not None and Path(checkpoint).exists():
        history = load_checkpoint(checkpoint, model, optimiser)
    lower = PRECISIONS[precision or "float32"]
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, disable=not progress, transient=True) as bar, torch.random.fork_rng(_gpus(where)):
        task = bar.add_task("training", total=epochs, completed=len(history.losses))
        for epoch in range(len(history.losses), epochs):
            torch.manual_seed(int(np.random.SeedSequence((seed, epoch)).generate_state(1)[0]))
            model.train()
            losses: list[Tensor] = []
            tokens, start = 0, time.perf_counter()
            for batch in batches(np.random.default_rng((seed, epoch))):
                tensors = to_device(batch, where)
                optimiser.zero_grad()
                with torch.autocast(where.type, dtype=lower, enabled=lower is not None):
                    value = loss(model, tensors)
                value.backward()
                if clip is not None:
                    clip_by_norm(model.parameters(), clip)
                optimiser.step()
                losses.append(value.detach())
                tokens += tensors[0].numel()
                if len(losses) % LOOKS == 0:
                    mean = _mean(losses, epoch)
                    speed = tokens / (time.perf_counter() - start)
                    bar.update(task, description=f"epoch {epoch + 1}, loss {mean:.4f}, {speed:,.0f} tokens/s")
            if not losses:
                raise ValueError("batches(rng) gave no batch")
            history.losses.append(_mean(losses, epoch))
            speed = tokens / (time.perf_counter() - start)
            if evaluate is not None:
                history.scores.append(_score(evaluate, model))
            score = f", held out {history.scores[-1]:.3f}" if history.scores else ""
            bar.update(task, advance=1, description=f"loss {history.losses[-1]:.4f}{score}, {speed:,.0f} tokens/s")
            if checkpoint is not None:
                save_checkpoint(checkpoint, model, optimiser, history)
    return history


def pick_device(name: str = "auto") -> torch.device:
    """ "auto": the GPU where there is one, otherwise the CPU. Raises ValueError where the named device is not there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f'device {name!r} is not there: torch sees {torch.cuda.device_count()} GPUs; use "cpu" or "auto"'
        )
    return device


def to_device(batch: Iterable[Any], device: torch.device) -> Batch:
    """NumPy arrays as tensors on the device; the copy to a GPU does not wait for the work before it."""
    tensors = (torch.from_numpy(np.ascontiguousarray(array)) for array in batch)
    if device.type != "cuda":
        return tuple(tensor.to(device) for tensor in tensors)
    return tuple(tensor.pin_memory().to(device, non_blocking=True) for tensor in tensors)


def clip_by_norm(parameters: Iterable[nn.Parameter], limit: float) -> None:
    """Scale all gradients by min(1, limit / their common norm), in place. Source: L8, item 8.3; Pascanu et al. 2013.

    torch.nn.utils.clip_grad_norm_ adds 1e-6 to the norm; this is the formula itself. Raises ValueError where limit is not positive.
    """
    if not limit > 0:
        raise ValueError(f"limit must be positive, got {limit}")
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients)
    # g * min(1, limit / norm), without asking the GPU for the norm
    scale = torch.clamp(limit / norm, max=1.0)
    for gradient in gradients:
        gradient *= scale


def save_checkpoint(path: str | Path, model: nn.Module, optimiser: torch.optim.Optimizer, history: History) -> None:
    """Write the model, the optimiser's state and the history to one file, whole or not at all."""
    half = Path(f"{path}.part")
    state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), **vars(history)}
    torch.save(state, half)
    half.replace(path)


def load_checkpoint(path: str | Path, model: nn.Module, optimiser: torch.optim.Optimizer) -> History:
    """Read what save_checkpoint wrote into the model and the optimiser. Raises ValueError where names or shapes differ."""
    state = torch.load(path, map_location=next(model.parameters()).device, weights_only=True)
    shapes = {name: value.shape for name, value in state["model"].items()}
    if shapes != {name: value.shape for name, value in model.state_dict().items()}:
        raise ValueError(f"{path} holds another model: its parameters are {', '.join(shapes)}; delete it to start anew")
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    return History(state["losses"], state["scores"])


def _score(evaluate: Callable[[Any], float], model: nn.Module) -> float:
    model.eval()
    with torch.no_grad():
        return float(evaluate(model))


def _mean(losses: list[Tensor], epoch: int) -> float:
    mean = float(torch.stack(losses).double().mean())
    if not np.isfinite(mean):
        raise FloatingPointError(
            f"the loss is {mean} in epoch {epoch + 1}, by batch {len(losses)}: "
            "lower the learning rate, or clip the gradients (clip=1.0)"
        )
    return mean


def _gpus(device: torch.device) -> list[int]:
    """The GPUs whose random numbers training draws."""
    return [device.index or 0] if device.type == "cuda" else []
