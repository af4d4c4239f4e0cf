"""Train the encoder and decoder of lesson 5, which read French numbers, and store them: `python -m seqlib.data.train_french`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from seqlib.batches import pad_batch
from seqlib.encoder_decoder import translator_loss, translator_parameters
from seqlib.optimisers import Adam
from seqlib.support.types import Array, Params
from seqlib.training import example_batches, train

from .dataset import Example
from .french import DIGITS, END, WORDS, french_numbers

STORED = Path(__file__).parent / "files" / "french_rnn.npz"
RATE = 0.003  # of Adam; it falls in a line to a twentieth


def batch_of(examples: list[Example]) -> tuple[Array, ...]:
    """Indices and mask of the words (m, T_x), and of the digits with their <EOS> (m, T_y)."""
    source = pad_batch([[WORDS.index(word) for word in example.x] for example in examples])
    targets = pad_batch([[DIGITS.index(digit) for digit in (*example.y, END)] for example in examples])
    return (*source, *targets)


def train_reader(examples: list[Example], seed: int = 1, *, n_a: int = 64, epochs: int = 60) -> tuple[Params, Params]:
    """The parameters of an encoder (Wax Waa ba) and a decoder (and Wya by), plain recurrent networks of n_a units.

    They are trained with the right digits as the decoder's inputs, whatever it writes (teacher forcing).
    """
    rng = np.random.default_rng(seed)
    params = translator_parameters(rng, n_source=len(WORDS), n_target=len(DIGITS), n_e=n_a, n_a=n_a, cell="rnn")
    optimiser = Adam(RATE)
    one_epoch = example_batches(examples, 20, batch_of)
    rates = iter(np.linspace(RATE, RATE / 20, epochs))

    def batches(rng: np.random.Generator) -> Any:
        optimiser.learning_rate = float(next(rates))
        return one_epoch(rng)

    def loss(params: Params, batch: tuple[Array, ...]) -> Any:
        source, source_mask, targets, target_mask = batch
        return translator_loss(params, source, targets, source_mask, target_mask, cell="rnn")

    train(params, loss, batches, epochs=epochs, optimiser=optimiser, seed=seed, progress=False)
    return plain_network(params, "encoder/"), plain_network(params, "decoder/")


def plain_network(params: Params, part: str) -> Params:
    """One half of a translator in lesson 3's names. The embedding of a word is a column of E, so W_ax E takes one-hot words."""
    own = {name: params[f"{part}1/{name}"] for name in ("Wax", "Waa", "ba")}
    own["Wax"] = own["Wax"] @ params[f"{part}E"]
    if f"{part}Wy" in params:
        own |= {"Wya": params[f"{part}Wy"], "by": params[f"{part}by"]}
    return own


def main(arguments: list[str] | None = None) -> None:
    """Train from a seed and write the file, in half the precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=STORED)
    options = parser.parse_args(arguments)
    encoder, decoder = train_reader(french_numbers(options.seed).train, options.seed)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    parts = {"encoder": encoder, "decoder": decoder}
    halved = {f"{part}/{name}": value.astype(np.float32) for part, own in parts.items() for name, value in own.items()}
    with options.out.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **halved)


if __name__ == "__main__":
    main()
