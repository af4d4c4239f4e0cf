"""Train the small RNN of lesson 3's demonstration and store it: `python -m seqlib.data.train_ner`."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import seqlib
from seqlib.types import Array

from .dataset import Example
from .ner import build_words, encode_words, name_sentences

STORED = Path(__file__).parent / "files" / "ner_rnn.npz"


def pad(examples: list[Example], words: list[str]) -> tuple[Array, Array, Array]:
    """One-hot inputs (n_x, m, T_x), one-hot labels (2, m, T_x) and the mask (m, T_x) of a batch."""
    longest = max(len(example.x) for example in examples)
    x = np.zeros((len(words) + 1, len(examples), longest))
    y = np.zeros((2, len(examples), longest))
    for i, example in enumerate(examples):
        x[:, i, : len(example.x)] = encode_words(example.x, words)
        y[example.y, i, np.arange(len(example.y))] = 1
    return x, y, y.sum(axis=0)


def train(
    n_a: int = 32, epochs: int = 8, batch: int = 32, rate: float = 0.01, seed: int = 1
) -> dict[str, Array]:
    """Parameters Wax Waa Wya ba by after training with Adam, and the word list under "words"."""
    examples = name_sentences(seed).train
    words = build_words(examples)
    rng = np.random.default_rng(seed)
    n_x = len(words) + 1
    params = {
        "Wax": rng.normal(0, 0.1, (n_a, n_x)),
        "Waa": np.linalg.qr(rng.normal(size=(n_a, n_a)))[0],
        "Wya": rng.normal(0, 0.1, (2, n_a)),
        "ba": np.zeros((n_a, 1)),
        "by": np.zeros((2, 1)),
    }
    optimiser = seqlib.Adam(rate)
    for _ in range(epochs):
        order = rng.permutation(len(examples))
        for start in range(0, len(order), batch):
            x, y, mask = pad([examples[int(i)] for i in order[start : start + batch]], words)
            a, y_hat, caches = seqlib.rnn_forward(x, np.zeros((n_a, x.shape[1])), params, mask=mask)
            dlogits = (y_hat - y) * mask / mask.sum()  # softmax with cross-entropy, mean over the real words
            gradients = seqlib.output_backward(dlogits, a, params)
            gradients |= seqlib.rnn_backward(gradients.pop("da"), caches)
            optimiser.step(params, {f"d{name}": gradients[f"d{name}"] for name in params})
    return {name: value.astype(np.float32) for name, value in params.items()} | {"words": np.array(words)}


def main() -> None:
    """Train from a seed and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=STORED)
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **train(seed=arguments.seed))


if __name__ == "__main__":
    main()
