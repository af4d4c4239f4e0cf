"""Training on the CPU or a GPU: the loop of `seqlib.training`, for torch modules."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from torch import Tensor, nn

from seqlib.support.swap import replaceable
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

    loss(model, batch): a number to be made small
    batches(rng): one epoch's batches, tuples of NumPy arrays, the first of them the tokens
    optimiser: Adam with torch's defaults where it is left out
    clip: the limit of the gradients' common norm, or None
    evaluate(model): a held-out score after each epoch, without dropout and gradients
    seed: epoch e draws its batches and its dropout from generators of (seed, e), so that a resumed run goes on to the same result
    device: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1", ...
    precision: "bfloat16" multiplies matrices in bfloat16 and keeps weights, loss and optimiser in their own type; None or "float32": no
    checkpoint: a file written after each epoch; where it exists, training goes on from it

    Returns the history. Raises FloatingPointError on a loss that is NaN or infinite and, where gradients are clipped, on one of
    those; ValueError on no batch, an unknown precision, a device that is not there, a checkpoint of another model.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    _lower(precision)
    where = pick_device(device)
    model.to(where)
    optimiser = torch.optim.Adam(model.parameters()) if optimiser is None else optimiser
    history = _resumed(checkpoint, model, optimiser)

    def step(batch: Batch) -> Tensor:
        return training_step(model, loss, batch, optimiser, where, clip=clip, precision=precision)

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, disable=not progress, transient=True) as bar, torch.random.fork_rng(_gpus(where)):
        task = bar.add_task("training", total=epochs, completed=len(history.losses))
        say = functools.partial(bar.update, task)
        for epoch in range(len(history.losses), epochs):
            torch.manual_seed(int(np.random.SeedSequence((seed, epoch)).generate_state(1)[0]))
            model.train()
            mean, speed = _epoch(step, batches(np.random.default_rng((seed, epoch))), where, epoch, say)
            history.losses.append(mean)
            if evaluate is not None:
                history.scores.append(_score(evaluate, model))
            score = f", held out {history.scores[-1]:.3f}" if history.scores else ""
            say(advance=1, description=f"loss {mean:.4f}{score}, {speed:,.0f} tokens/s")
            if checkpoint is not None:
                save_checkpoint(checkpoint, model, optimiser, history)
    return history


def _epoch(
    step: Callable[[Batch], Tensor],
    batches: Iterator[Any],
    device: torch.device,
    epoch: int,
    say: Callable[..., None],
) -> tuple[float, float]:
    """One epoch: the mean loss, and tokens a second. Raises ValueError on no batch, FloatingPointError."""
    losses: list[Tensor] = []
    tokens, start = 0, time.perf_counter()
    for batch in batches:
        tensors = to_device(batch, device)
        losses.append(step(tensors))
        tokens += tensors[0].numel()
        if len(losses) % LOOKS == 0:
            mean, speed = _mean(losses, epoch), tokens / (time.perf_counter() - start)
            say(description=f"epoch {epoch + 1}, loss {mean:.4f}, {speed:,.0f} tokens/s")
    if not losses:
        raise ValueError("batches(rng) gave no batch")
    return _mean(losses, epoch), tokens / (time.perf_counter() - start)


@replaceable
def training_step(
    model: nn.Module,
    loss: Callable[[Any, Batch], Tensor],
    batch: Batch,
    optimiser: torch.optim.Optimizer,
    device: torch.device | str,
    *,
    clip: float | None = 5.0,
    precision: str | None = None,
) -> Tensor:
    """One step of the optimiser; returns the loss before it, without its graph and on the device.

    model: on the device already
    loss: a function of the model and the batch, a number to be made small
    batch: a tuple of tensors, which go to the device
    optimiser: it has the model's parameters
    device: of a torch.device or by its name
    clip: the limit of the gradients' common norm, or None
    precision: "bfloat16" multiplies matrices in bfloat16, forward and so backward; None or "float32": no

    Nothing here waits for a GPU. The loss is NaN where a gradient that was to be clipped is not finite, so that the next look at the
    losses finds it, and the step is made with gradients of 0. Raises ValueError on an unknown precision.

    Source: L8 for the clipping.

    >>> model = nn.Linear(1, 1, bias=False)
    >>> with torch.no_grad():
    ...     _ = model.weight.fill_(3.0)
    >>> sgd = torch.optim.SGD(model.parameters(), 1.0)
    >>> training_step(model, lambda model, batch: model(batch[0]).sum(), (torch.full((1, 1), 2.0),), sgd, "cpu", clip=0.5)
    tensor(6.)
    >>> model.weight.item()
    2.5
    """
    lower = _lower(precision)
    optimiser.zero_grad()
    tensors = tuple(tensor.to(device, non_blocking=True) for tensor in batch)
    with torch.autocast(torch.device(device).type, dtype=lower, enabled=lower is not None):
        value = loss(model, tensors)
    value.backward()
    if clip is not None:
        gradients = _gradients(model.parameters())
        scale = _scale(gradients, clip)
        _multiply(gradients, scale)
        value = torch.where(torch.isnan(scale), torch.nan, value)
    optimiser.step()
    return value.detach()


def _lower(precision: str | None) -> torch.dtype | None:
    """The type in which matrices are multiplied, or None for their own. Raises ValueError."""
    if precision is not None and precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, got {precision!r}")
    return PRECISIONS[precision or "float32"]


def pick_device(name: str = "auto") -> torch.device:
    """ "auto": the GPU where there is one, otherwise the CPU. Raises ValueError where the named device is not there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f'device must be "auto", "cpu", "cuda", "cuda:1" or the like, got {name!r}') from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f'device {name!r} is not there: torch sees {torch.cuda.device_count()} GPUs; use "cpu" or "auto"'
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError(f'device {name!r} is not there: torch sees no GPU of Apple; use "cpu" or "auto"')
    return device


def to_device(batch: Iterable[Any], device: torch.device) -> Batch:
    """NumPy arrays as tensors on the device; the copy to a GPU does not wait for the work before it."""
    tensors = (torch.from_numpy(np.ascontiguousarray(array)) for array in batch)
    if device.type != "cuda":
        return tuple(tensor.to(device) for tensor in tensors)
    return tuple(tensor.pin_memory().to(device, non_blocking=True) for tensor in tensors)


def clip_by_norm(parameters: Iterable[nn.Parameter], limit: float) -> None:
    """Scale all gradients by min(1, limit / their common norm), in place. Source: L8, item 8.3; Pascanu et al. 2013.

    torch.nn.utils.clip_grad_norm_ adds 1e-6 to the norm; this is the formula itself, and no square in it overflows.
    Raises ValueError where limit is not positive, FloatingPointError on NaN and infinite elements, which stay as they are.
    """
    gradients = _gradients(parameters)
    scale = _scale(gradients, limit)
    if torch.isnan(scale):
        raise FloatingPointError(
            "a gradient has NaN or infinite elements, which no factor mends: "
            "find the step that made them, or lower the learning rate"
        )
    _multiply(gradients, scale)


def _gradients(parameters: Iterable[nn.Parameter]) -> list[Tensor]:
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def _scale(gradients: Sequence[Tensor], limit: float) -> Tensor:
    """min(1, limit / common norm) in float64, NaN where an element is not finite; nothing here waits for a GPU."""
    if not limit > 0:
        raise ValueError(f"limit must be positive, got {limit}")
    if not gradients:
        return torch.ones((), dtype=torch.float64)
    largest = torch.stack([torch.linalg.vector_norm(gradient, torch.inf).double() for gradient in gradients]).amax()
    # no square overflows of what is divided by the largest element, nor in float64 of what float32 can hold
    divisor = torch.where(largest > 0, largest, 1.0)
    norms = [
        torch.linalg.vector_norm(gradient / divisor)
        if gradient.dtype == torch.float64
        else torch.linalg.vector_norm(gradient, dtype=torch.float64) / divisor
        for gradient in gradients
    ]
    scale = torch.clamp(limit / torch.linalg.vector_norm(torch.stack(norms)) / divisor, max=1.0)
    return torch.where(torch.isfinite(largest), scale, torch.nan)


def _multiply(gradients: Sequence[Tensor], scale: Tensor) -> None:
    """Multiply in place; where scale is NaN the gradients become 0, so that no weight becomes NaN before a look at the loss says so."""
    bad = torch.isnan(scale)
    for gradient in gradients:
        gradient *= scale
        gradient.masked_fill_(bad, 0)


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


def _resumed(checkpoint: str | Path | None, model: nn.Module, optimiser: torch.optim.Optimizer) -> History:
    """What a stopped run left, or nothing yet."""
    if checkpoint is None or not Path(checkpoint).exists():
        return History()
    return load_checkpoint(checkpoint, model, optimiser)


def _score(evaluate: Callable[[Any], float], model: nn.Module) -> float:
    model.eval()
    with torch.no_grad():
        return float(evaluate(model))


def _mean(losses: list[Tensor], epoch: int) -> float:
    mean = float(torch.stack(losses).double().mean())
    if not np.isfinite(mean):
        raise FloatingPointError(
            f"the loss or a gradient is {mean} in epoch {epoch + 1}, by batch {len(losses)}: "
            "lower the learning rate, or clip the gradients (clip=1.0)"
        )
    return mean


def _gpus(device: torch.device) -> list[int]:
    """The GPUs whose random numbers training draws."""
    return [device.index or 0] if device.type == "cuda" else []
