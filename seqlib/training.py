"""A small, plain training loop: shuffled batches, a progress bar, held-out evaluation, checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import Progress

from seqlib.batches import shuffled_batches
from seqlib.clipping import clip_by_norm
from seqlib.optimisers import SGD, Adam
from seqlib.support.types import Array, Params

LossAndGradients = Callable[[Params, Any], tuple[float, dict[str, Array]]]


@dataclass
class History:
    """What happened: the mean loss of each epoch, and what `evaluate` returned after it."""

    losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


def train(
    params: Params,
    loss_and_gradients: LossAndGradients,
    batches: Callable[[np.random.Generator], Iterator[Any]],
    *,
    epochs: int,
    optimiser: SGD | None = None,
    clip: float | None = 5.0,
    evaluate: Callable[[Params], float] | None = None,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> History:
    """Train in place.

    params: a dict of arrays
    loss_and_gradients(params, batch): the loss, and a dict with the gradient "dW" of each "W"
    batches(rng): the batches of one epoch, such as those of example_batches
    optimiser: Adam where it is left out
    clip: the limit of the gradients' common norm, or None
    evaluate(params): a held-out score after each epoch
    seed: epoch e draws from the generator of (seed, e), so that a resumed run sees the same batches
    checkpoint: a file (.npz) written after each epoch; where it exists, training goes on from it

    Returns the history. Raises FloatingPointError as soon as the loss is NaN or infinite or, where gradients are clipped, one of
    those is; ValueError on no batch and on a checkpoint of another model or another kind of optimiser.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    optimiser = Adam() if optimiser is None else optimiser
    history = History()
    if checkpoint is not None and Path(checkpoint).exists():
        history = load_checkpoint(checkpoint, params, optimiser)
    with Progress(disable=not progress, transient=True) as bar:
        task = bar.add_task("training", total=epochs, completed=len(history.losses))
        for epoch in range(len(history.losses), epochs):
            one_epoch = batches(np.random.default_rng((seed, epoch)))
            history.losses.append(_epoch(params, loss_and_gradients, one_epoch, optimiser, clip, epoch))
            if evaluate is not None:
                history.scores.append(float(evaluate(params)))
            score = f", held out {history.scores[-1]:.3f}" if history.scores else ""
            bar.update(task, advance=1, description=f"loss {history.losses[-1]:.4f}{score}")
            if checkpoint is not None:
                save_checkpoint(checkpoint, params, optimiser, history)
    return history


def _epoch(
    params: Params,
    loss_and_gradients: LossAndGradients,
    batches: Iterator[Any],
    optimiser: SGD,
    clip: float | None,
    epoch: int,
) -> float:
    """One epoch in place: the mean loss of its batches."""
    losses = []
    for number, batch in enumerate(batches, start=1):
        loss, gradients = loss_and_gradients(params, batch)
        if not np.isfinite(loss):
            raise FloatingPointError(
                f"the loss is {loss} in epoch {epoch + 1}, batch {number}: "
                "lower the learning rate, or clip the gradients (clip=1.0)"
            )
        trained = {"d" + name: gradients["d" + name] for name in params if "d" + name in gradients}
        optimiser.update(params, trained if clip is None else clip_by_norm(trained, clip))
        losses.append(loss)
    if not losses:
        raise ValueError("batches(rng) gave no batch")
    return float(np.mean(losses))


def example_batches(
    examples: Sequence[Any], size: int, make: Callable[[list[Any]], Any], lengths: Sequence[int] | None = None
) -> Callable[[np.random.Generator], Iterator[Any]]:
    """The `batches` of train from a list of examples: make(some examples) is one batch; lengths: as in shuffled_batches."""

    def batches(rng: np.random.Generator) -> Iterator[Any]:
        for rows in shuffled_batches(len(examples), size, rng, lengths=lengths):
            yield make([examples[row] for row in rows])

    return batches


def save_checkpoint(path: str | Path, params: Params, optimiser: SGD, history: History) -> None:
    """Write parameters, the optimiser's state and the history to one .npz file, whole or not at all."""
    arrays = {f"params/{name}": value for name, value in params.items()}
    arrays |= {f"optimiser/{name}": value for name, value in optimiser.state.items()}
    arrays |= {"losses": np.array(history.losses), "scores": np.array(history.scores)}
    arrays["optimiser_class"] = np.array(type(optimiser).__name__)
    half = Path(f"{path}.part")
    with half.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    half.replace(path)


def load_checkpoint(path: str | Path, params: Params, optimiser: SGD) -> History:
    """Read what save_checkpoint wrote into params (in place) and the optimiser.

    Raises ValueError where the names or shapes differ, or the optimiser is of another class.
    """
    with np.load(path, allow_pickle=False) as file:
        saved = {name.removeprefix("params/"): file[name] for name in file.files if name.startswith("params/")}
        if {name: value.shape for name, value in saved.items()} != {
            name: value.shape for name, value in params.items()
        }:
            raise ValueError(
                f"{path} holds another model: its parameters are {', '.join(saved)}; delete it to start anew"
            )
        own = type(optimiser).__name__
        other = str(file["optimiser_class"]) if "optimiser_class" in file.files else own  # older files do not say
        if other != own:
            raise ValueError(f"{path} holds the state of {other}, got the optimiser {own}; delete it to start anew")
        for name, value in saved.items():
            params[name][...] = value
        for name in file.files:
            if name.startswith("optimiser/"):
                optimiser.state[name.removeprefix("optimiser/")] = file[name]
        return History(file["losses"].tolist(), file["scores"].tolist())
