"""Train the small RNN of lesson 3's demonstration and store it: `python -m seqlib.data.train_ner`."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from seqlib import fast
from seqlib.batches import pad_batch, pad_features
from seqlib.optimisers import Adam
from seqlib.support.types import Array, Params
from seqlib.training import example_batches, train

from .dataset import Example
from .ner import build_words, encode_words, name_sentences

STORED = Path(__file__).parent / "files" / "ner_rnn.npz"
Batch = tuple[Array, Array, Array]


def batch_of(examples: list[Example], words: list[str]) -> Batch:
    """A batch: one-hot inputs (n_x, m, T_x), labels (m, T_x) and the mask (m, T_x)."""
    x, mask = pad_features([encode_words(example.x, words) for example in examples])
    return x, pad_batch([example.y for example in examples])[0], mask


def loss_and_gradients(params: Params, batch: Batch) -> tuple[float, dict[str, Array]]:
    """The mean loss per word, and its gradient for every parameter."""
    x, labels, mask = batch
    a0 = np.zeros((params["Waa"].shape[0], x.shape[1]))
    a, logits, caches = fast.rnn_forward(x, a0, params, mask=mask, logits=True)
    assert logits is not None
    loss, dlogits = fast.sequence_cross_entropy(logits, labels, mask, reduction="token")
    gradients = fast.output_backward(dlogits, a, params)
    return loss, gradients | fast.rnn_backward(gradients["da"], caches)


def train_tagger(seed: int = 1, n_a: int = 32, epochs: int = 8) -> tuple[Params, list[str]]:
    """The parameters Wax Waa Wya ba by of a one-directional RNN, and its word list."""
    examples = name_sentences(seed).train
    words = build_words(examples)
    rng = np.random.default_rng(seed)
    params = {
        "Wax": rng.normal(0, 0.1, (n_a, len(words) + 1)),
        "Waa": np.linalg.qr(rng.normal(size=(n_a, n_a)))[0],
        "Wya": rng.normal(0, 0.1, (2, n_a)),
        "ba": np.zeros((n_a, 1)),
        "by": np.zeros((2, 1)),
    }
    batches = example_batches(examples, 32, lambda batch: batch_of(batch, words))
    train(params, loss_and_gradients, batches, epochs=epochs, optimiser=Adam(0.005), seed=seed, progress=False)
    return params, words


def main(arguments: list[str] | None = None) -> None:
    """Train from a seed and write the file, in half the precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=STORED)
    options = parser.parse_args(arguments)
    params, words = train_tagger(options.seed)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    halved = {name: value.astype(np.float32) for name, value in params.items()}
    with options.out.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, words=np.array(words), **halved)


if __name__ == "__main__":
    main()
