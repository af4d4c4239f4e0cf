"""A character language model of a few megabytes of source code: `python -m seqlib.torch.train_characters`.

The same command trains on the CPU and on a GPU (--device). --checkpoint names a file from which a stopped run goes on. At the end
it prints bits per character on modules that were held out, beside the baseline's, and a sample. Source: L7.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from seqlib import sample
from seqlib.cells import RESETS
from seqlib.data import python_sources
from seqlib.support.types import Array
from seqlib.torch.models import LanguageModel
from seqlib.torch.training import PRECISIONS, pick_device, train


def encode_text(text: str, alphabet: str) -> Array:
    """The index of each character (len(text),); one that the alphabet does not have gets its last."""
    index = {character: i for i, character in enumerate(alphabet)}
    return np.array([index.get(character, len(alphabet) - 1) for character in text], dtype=np.int64)


def window_batches(text: Array, m: int, T_x: int, count: int) -> Callable[[np.random.Generator], Iterator[Any]]:
    """The `batches` of train: `count` batches of m pieces (m, T_x) from random places. Raises ValueError: a text shorter than T_x."""
    if len(text) <= T_x:
        raise ValueError(f"text has {len(text)} characters, a piece needs {T_x} of them and one more")

    def batches(rng: np.random.Generator) -> Iterator[Any]:
        for _ in range(count):
            starts = rng.integers(0, len(text) - T_x, size=m)
            yield (text[starts[:, None] + np.arange(T_x)],)

    return batches


@torch.no_grad()
def bits(model: LanguageModel, text: Array, T_x: int = 500) -> float:
    """Bits per character of a text in pieces of T_x, which are read one after another without what stood before them."""
    pieces = torch.from_numpy(text[: len(text) // T_x * T_x].reshape(-1, T_x)).to(next(model.parameters()).device)
    total = sum(float(model.loss(batch, reduction="sum").double()) for batch in pieces.split(64))
    return total / pieces.numel() / float(np.log(2))


def write(model: LanguageModel, alphabet: str, length: int, rng: np.random.Generator, temperature: float = 0.7) -> str:
    """A text drawn from the model, character after character."""
    step, state, token = model.next_word(), None, None
    written = []
    for _ in range(length):
        log_p, state = step(state, token)
        token = sample(np.exp(log_p), rng, temperature=temperature)
        written.append(alphabet[token])
    return "".join(written)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="auto", help='"auto", "cpu", "cuda", "cuda:1", ...')
    parser.add_argument("--precision", default="float32", choices=list(PRECISIONS))
    parser.add_argument("--cell", default="lstm", choices=["lstm", *RESETS])
    parser.add_argument("--implementation", default="fused", choices=["fused", "explicit"])
    parser.add_argument("--units", type=int, default=256, help="n_a of each layer")
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--batch", type=int, default=64, help="m, pieces of text in a batch")
    parser.add_argument("--length", type=int, default=100, help="T_x, characters of a piece")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument(
        "--batches", type=int, default=200, help="in an epoch, after which the model is scored and saved"
    )
    parser.add_argument("--learning-rate", type=float, default=0.002)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", help="a file; where it exists, training goes on from it")
    parser.add_argument("--scored", type=int, default=100_000, help="held-out characters on which the model is scored")
    parser.add_argument("--sample", type=int, default=400, help="characters to write at the end")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Train, score on held-out modules, print a sample."""
    options = parse(arguments)
    data = python_sources()
    texts = {split: "".join(example.x for example in getattr(data, split)) for split in ("train", "valid", "test")}
    alphabet = "".join(sorted(set(texts["train"])))
    encoded = {split: encode_text(text, alphabet) for split, text in texts.items()}
    model = LanguageModel(
        n_words=len(alphabet),
        n_e=len(alphabet),
        n_a=options.units,
        cell=options.cell,
        layers=options.layers,
        dropout=options.dropout,
        implementation=options.implementation,
        rng=np.random.default_rng(options.seed),
        device=pick_device(options.device),
    )
    history = train(
        model,
        lambda model, batch: model.loss(batch[0], reduction="token"),
        window_batches(encoded["train"], options.batch, options.length, options.batches),
        epochs=options.epochs,
        optimiser=torch.optim.Adam(model.parameters(), options.learning_rate),
        clip=1.0,
        evaluate=lambda model: bits(model, encoded["valid"][: options.scored]),
        seed=options.seed,
        device=options.device,
        precision=options.precision,
        checkpoint=options.checkpoint,
    )
    model.eval()
    print("bits per character after each epoch, held out:", ", ".join(f"{score:.3f}" for score in history.scores))
    print(f"test: {bits(model, encoded['test'][: options.scored]):.3f}; {data.baseline_name}: {data.baseline:.3f}")
    print(write(model, alphabet, options.sample, np.random.default_rng(options.seed)))


if __name__ == "__main__":
    main()
