"""What lesson 5 measures: `python -m benchmarks.forms [PART ...]` (about six minutes on one core in all).

readings: stars of reviews, read from the last real state, from the last column (padding), from mean and maximum; five seeds
    (the simple methods beside them are those of benchmarks/gallery.py, on the same data)
french: French numbers read by an encoder and a decoder; five seeds
cost: CPU time and memory of a recurrent layer and of a convolution with as many weights, against T, each time taken in fifteen turns
"""

from __future__ import annotations

import os

# one thread: the matrices are small, and CPU time on one thread says what was computed
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import seqlib
from benchmarks.measured import Measured, Part
from seqlib import data, fast, models, pooling
from seqlib.book.live import digest
from seqlib.data import french, train_french
from seqlib.data.dataset import Dataset
from seqlib.fast.memory import release
from seqlib.training import example_batches, train

SEEDS = (1, 2, 3, 4, 5)
STARS = (1, 2, 3, 4, 5)
# how the output layer reads a review: pool of seqlib.pooling, and whether the network is told what is padding
READINGS = {
    "last real state": ("last", True),
    "last column": ("last", False),
    "mean": ("mean", True),
    "maximum": ("max", True),
}
EPOCHS = {"rnn": 30, "lstm": 20}
RATE = 0.005  # of Adam; it falls in a line to a twentieth
LENGTHENED = 60  # steps: further padding, as it comes from a longer review in the batch
N_X = N_A = 64
LENGTHS, BATCHES = (16, 32, 64, 128, 256, 512, 1024), (32, 1)
TURNS = 15  # of each time


# ------------------------------------------------------------------------------------------------ how a review is read


class Reader:
    """Words of a review -> stars, with one way to read the states."""

    def __init__(self, dataset: Dataset, cell: str, reading: str, seed: int) -> None:
        self.cell, (self.pool, self.masked) = cell, READINGS[reading]
        self.vocabulary = seqlib.Vocabulary(sorted({word for example in dataset.train for word in example.x}))
        rng = np.random.default_rng(seed)
        sizes: dict[str, int] = {"n_x": 32, "n_a": 48, "n_y": len(STARS), "n_words": len(self.vocabulary)}
        self.params = models.network_parameters(rng, cell=cell, dtype=np.float32, **sizes)
        examples = [(self.vocabulary.encode(example.x), STARS.index(example.y)) for example in dataset.train]
        # reviews of any length share a batch: most of them are padded
        one_epoch = example_batches(
            examples, 32, lambda some: (*seqlib.pad_batch([x for x, _ in some]), [y for _, y in some])
        )
        optimiser = seqlib.Adam(RATE)
        rates = iter(np.linspace(RATE, RATE / 20, EPOCHS[cell]))

        def batches(rng: np.random.Generator) -> Any:
            optimiser.learning_rate = float(next(rates))
            return one_epoch(rng)

        def loss(params: Any, batch: Any) -> Any:
            indices, mask, labels = batch
            seen = mask if self.masked else None
            return models.classifier_loss(params, indices, labels, seen, cell=cell, pool=self.pool)

        train(self.params, loss, batches, epochs=EPOCHS[cell], optimiser=optimiser, seed=seed, progress=False)

    def stars(self, reviews: Sequence[list[str]], steps: int | None = None, masked: bool | None = None) -> list[int]:
        """The stars of each review, 64 in a batch; padded to `steps`; masked: whether padding is told from words."""
        coded = [self.vocabulary.encode(review) for review in reviews]
        answers: list[int] = []
        for start in range(0, len(coded), 64):
            indices, mask = seqlib.pad_batch(coded[start : start + 64])
            more = ((0, 0), (0, max(0, (steps or 0) - indices.shape[1])))
            indices, mask = np.pad(indices, more), np.pad(mask, more)
            seen = mask if (self.masked if masked is None else masked) else None
            p = models.classify(self.params, indices, seen, cell=self.cell, pool=self.pool)
            answers += [STARS[label] for label in p.argmax(axis=0)]
        return answers


def accuracy(answers: Sequence[Any], truths: Sequence[Any]) -> float:
    """The share of right answers."""
    return float(np.mean([answer == truth for answer, truth in zip(answers, truths, strict=True)]))


def readings(cell: str, seed: int) -> list[dict[str, Any]]:
    """One row for each way to read: accuracy on held-out reviews, as they are padded and padded further, and how many answers change."""
    dataset = data.reviews(seed)
    reviews, truths = [example.x for example in dataset.test], [example.y for example in dataset.test]
    rows = []
    for reading in READINGS:
        reader = Reader(dataset, cell, reading, seed)
        answers, further = reader.stars(reviews), reader.stars(reviews, LENGTHENED)
        row = {
            "cell": cell,
            "reading": reading,
            "seed": seed,
            "accuracy": accuracy(answers, truths),
            "padded further": accuracy(further, truths),
            "changed": 1 - accuracy(answers, further),
        }
        if reading == "last real state":  # trained as it should be, and then read from the last column
            row["read from the last column"] = accuracy(reader.stars(reviews, masked=False), truths)
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


# ------------------------------------------------------------------------------------------------ French numbers


def halves(words: list[str]) -> tuple[str, str]:
    """A number in words, cut after its hundreds."""
    at = next((i + 1 for i, word in enumerate(words) if word.startswith("cent")), 0)
    return " ".join(words[:at]), " ".join(words[at:])


def look_up(dataset: Dataset) -> Callable[[list[str]], str]:
    """The rule without a network: both halves of a number are looked up in the training numbers and put together."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for example in dataset.train:
        first, second = halves(example.x)
        digits = "".join(example.y).zfill(3)
        before[first], after[second] = digits[0], digits[1:]

    def rule(words: list[str]) -> str:
        first, second = halves(words)
        return (before.get(first, "0") + after.get(second, "00")).lstrip("0") or "0"

    return rule


def nearest(dataset: Dataset) -> Callable[[list[str]], str]:
    """The digits of the training number whose words are nearest in edit distance."""
    return lambda words: "".join(min(dataset.train, key=lambda e: seqlib.edit_distance(e.x, words)).y)


def french_numbers(seed: int) -> dict[str, Any]:
    """Whole numbers right, of the network and of two simple methods, and of a network whose state is handed over after padding."""
    dataset = data.french_numbers(seed)
    reader = train_french.train_reader(dataset.train, seed)
    texts, truths = [e.x for e in dataset.test], ["".join(e.y) for e in dataset.test]
    with seqlib.using(final_states=lambda a, mask: a[:, :, -1]):
        after_padding = accuracy(french.read_numbers(texts, reader), truths)
    row = {
        "seed": seed,
        "train": accuracy(
            french.read_numbers([e.x for e in dataset.train], reader), ["".join(e.y) for e in dataset.train]
        ),
        "test": accuracy(french.read_numbers(texts, reader), truths),
        "after padding": after_padding,
        "look-up": accuracy([look_up(dataset)(words) for words in texts], truths),
        "nearest": accuracy([nearest(dataset)(words) for words in texts], truths),
    }
    print(json.dumps(row), flush=True)
    return row


# ------------------------------------------------------------------------------------------------ cost against T


def recurrent_step(T: int, m: int, backward: bool) -> Callable[[], Any]:
    """A recurrent layer: n_a (n_x + n_a + 1) weights."""
    rng = np.random.default_rng(0)
    params = seqlib.initialise_rnn(N_X, N_A, rng)
    x, a0, da = rng.normal(size=(N_X, m, T)), np.zeros((N_A, m)), rng.normal(size=(N_A, m, T))

    def step() -> Any:
        a, _, caches = fast.rnn_forward(x, a0, params)
        return fast.rnn_backward(da, caches) if backward else a

    return step


def convolution_step(T: int, m: int, backward: bool) -> Callable[[], Any]:
    """A convolution with a window of two and tanh: n_a (2 n_x + 1) weights, as many, since n_x = n_a. All steps at once.

    a<t> = tanh(W_before x<t-1> + W_now x<t> + b)
    """
    rng = np.random.default_rng(0)
    W_before, W_now = rng.normal(size=(2, N_A, N_X)) / 16
    b = np.zeros((N_A, 1))
    x, da = rng.normal(size=(N_X, T * m)), rng.normal(size=(N_A, T * m))  # time first: one step back is m columns back

    def step() -> Any:
        a = W_now @ x
        a[:, m:] += W_before @ x[:, :-m]
        a += b
        np.tanh(a, out=a)
        if not backward:
            return a
        dz = 1 - a**2
        dz *= da
        dx = W_now.T @ dz
        dx[:, :-m] += W_before.T @ dz[:, m:]
        return dx, dz[:, m:] @ x[:, :-m].T, dz @ x.T, dz.sum(axis=1, keepdims=True)

    return step


LAYERS = {"recurrent": recurrent_step, "convolution": convolution_step}


def turn(T: int, m: int) -> dict[tuple[str, bool], float]:
    """CPU seconds of a forward pass (False) and of a training step (True) of each layer, one after the other."""
    seconds = {}
    for name, make in LAYERS.items():
        for backward in (False, True):
            step = make(T, m, backward)
            step()  # the first run meets cold caches
            repeats = max(1, 4096 // (T * m))
            start = time.process_time()
            for _ in range(repeats):
                step()
            seconds[name, backward] = (time.process_time() - start) / repeats
    return seconds


def peak(name: str, T: int, m: int) -> int:
    """The most bytes that a training step holds at once."""
    step = LAYERS[name](T, m, True)
    release()  # what seqlib.fast keeps from step to step
    tracemalloc.start()
    step()
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return held


# ------------------------------------------------------------------------------------------------ all of it


def _costs() -> dict[str, Any]:
    """Seconds of every turn, so that what is shown beside a median is its range: turns of all sizes alternate."""
    sizes = [(T, m) for m in BATCHES for T in LENGTHS]
    turns: dict[Any, list[float]] = {}
    for _ in range(TURNS):
        for T, m in sizes:
            for (name, backward), seconds in turn(T, m).items():
                turns.setdefault((name, T, m, backward), []).append(float(f"{seconds:.4g}"))
    rows = []
    for T, m in sizes:
        for name in LAYERS:
            forward, training = (turns[name, T, m, backward] for backward in (False, True))
            rows.append(
                {"layer": name, "T": T, "m": m, "forward": forward, "training": training, "bytes": peak(name, T, m)}
            )
    return {"rows": rows}


MEASURED = Measured(
    "forms",
    {
        "readings": Part(
            lambda: {"rows": [row for cell in EPOCHS for seed in SEEDS for row in readings(cell, seed)]},
            (Reader.__init__, Reader.stars, readings, accuracy, pooling.pool_states, pooling.pool_states_backward),
            lambda: repr((SEEDS, STARS, READINGS, EPOCHS, RATE, LENGTHENED)) + digest(data.reviews().train),
        ),
        "french": Part(
            lambda: {"rows": [french_numbers(seed) for seed in SEEDS]},
            (french_numbers, accuracy, train_french.train_reader, look_up, nearest, halves),
            lambda: repr(SEEDS) + digest(data.french_numbers().train),
        ),
        "cost": Part(
            _costs,
            (_costs, turn, peak, recurrent_step, convolution_step),
            lambda: repr((N_X, N_A, LENGTHS, BATCHES, TURNS)),
        ),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
