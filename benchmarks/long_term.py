"""Lesson 8: how far back recurrent networks learn to look, what clipping changes, and what can be had without a network.

`python -m benchmarks.long_term` trains every variant on subject-verb agreement over gaps of four lengths, from ten seeds each, and
one network by plain gradient descent with and without clipping. About eight minutes
of one core; chapter 8 shows the results. All scores are on held-out sentences.
"""

from __future__ import annotations

import os

# the matrices are small: a second BLAS thread costs more than it brings
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import functools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import seqlib
from benchmarks.measured import Measured, Part
from seqlib.book.live import digest
from seqlib.clipping import global_norm
from seqlib.data import agreement_sentences
from seqlib.data.agreement import NOUNS, OBJECTS
from seqlib.data.dataset import Dataset, Example
from seqlib.models import classifier_loss, classify, network_parameters
from seqlib.support.types import Params

GAPS, SEEDS = (8, 16, 32, 64), tuple(range(10))
# the cell, and the biases that its first weights get; the plain RNN's W_aa is drawn as any other matrix, by Glorot's rule
VARIANTS: dict[str, tuple[str, dict[str, float]]] = {
    "RNN": ("rnn", {}),
    "RNN, orthogonal": ("rnn", {}),
    "GRU, update bias 0": ("gru", {"bu": 0.0}),
    "GRU, update bias -2": ("gru", {"bu": -2.0}),
    "LSTM, forget bias 0": ("lstm", {"bf": 0.0}),
    "LSTM, forget bias 1": ("lstm", {"bf": 1.0}),
    "LSTM, forget bias 3": ("lstm", {"bf": 3.0}),
}
SIZES: dict[str, Any] = {"n_x": 16, "n_a": 32, "n_y": 2}
TRAINING = {"updates": 600, "batch": 32, "rate": 0.005, "norm": 1.0, "element": 0.1}
DESCENT: dict[str, Any] = {"gap": 8, "radius": 1.0, "rates": (0.1, 0.5)}
CLIPS: dict[str, Callable[[Params], Params]] = {
    "none": lambda gradients: gradients,
    "by norm": lambda gradients: seqlib.clip_by_norm(gradients, TRAINING["norm"]),
    "element-wise": lambda gradients: seqlib.clip_elementwise(gradients, TRAINING["element"]),
}


@dataclass
class Task:
    """Sentences of one gap: the data set, its vocabulary, words as indices (m, T_x) and labels (m,) of both splits."""

    dataset: Dataset
    words: seqlib.Vocabulary
    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


@functools.cache
def task(gap: int) -> Task:
    """The agreement sentences with a gap of so many words."""
    dataset = agreement_sentences(gap)
    words = seqlib.Vocabulary(sorted({word for example in dataset.train for word in example.x}))

    def encode(examples: list[Example]) -> tuple[np.ndarray, np.ndarray]:
        return np.array([words.encode(e.x) for e in examples]), np.array([e.y for e in examples])

    return Task(dataset, words, encode(dataset.train), encode(dataset.test))


def first_weights(variant: str, n_words: int, seed: int) -> Params:
    """The parameters that a variant's training begins with."""
    cell, biases = VARIANTS[variant]
    rng = np.random.default_rng(seed)
    params = network_parameters(rng, cell=cell, n_words=n_words, dtype=np.float32, **SIZES)
    if variant == "RNN":
        params["1/Waa"] = seqlib.glorot(SIZES["n_a"], SIZES["n_a"], rng, dtype=np.float32)
    for name, value in biases.items():
        params[f"1/{name}"][:] = value
    return params


def cosine(one: Params, other: Params) -> float:
    """The cosine of the angle between two sets of gradients, each as one long vector."""
    dot = sum(float((one[name] * other[name]).sum()) for name in one)
    return dot / (global_norm(one) * global_norm(other))


def gradients_of(params: Params, gap: int, cell: str, seed: int) -> Iterator[Params]:
    """The gradients of one batch after the other, at the parameters as they are by then."""
    x, y = task(gap).train
    rng = np.random.default_rng((seed, 1))
    for _ in range(int(TRAINING["updates"])):
        rows = rng.integers(0, len(y), int(TRAINING["batch"]))
        _, gradients = classifier_loss(params, x[rows], y[rows], cell=cell)
        yield {"d" + name: gradients["d" + name] for name in params}


def accuracy(params: Params, gap: int, cell: str) -> float:
    """The share of held-out sentences that get the right verb."""
    x, y = task(gap).test
    return float(np.mean(classify(params, x, cell=cell).argmax(axis=0) == y))


def learn(variant: str, gap: int, seed: int) -> dict[str, Any]:
    """Train by Adam, clipped by norm: the held-out accuracy, and what either way of clipping would change in each gradient."""
    cell = VARIANTS[variant][0]
    params = first_weights(variant, len(task(gap).words), seed)
    optimiser, norms, cosines = seqlib.Adam(TRAINING["rate"]), [], []
    for gradients in gradients_of(params, gap, cell, seed):
        norms.append(global_norm(gradients))
        cut = CLIPS["element-wise"](gradients)
        if any((cut[name] != gradients[name]).any() for name in cut):
            cosines.append(cosine(gradients, cut))
        optimiser.update(params, CLIPS["by norm"](gradients))
    return {
        "accuracy": accuracy(params, gap, cell),
        "changed by norm": float(np.mean(np.array(norms) > TRAINING["norm"])),
        "changed element-wise": len(cosines) / len(norms),
        "cosine": [float(np.median(cosines)), min(cosines)] if cosines else [1.0, 1.0],
        "largest norm": max(norms),
    }


def descend(clip: str, rate: float, seed: int) -> dict[str, Any]:
    """Plain gradient descent from a random W_aa of a given spectral radius: the held-out accuracy and the largest norm."""
    gap = int(DESCENT["gap"])
    params = first_weights("RNN", len(task(gap).words), seed)
    waa = np.random.default_rng((seed, 2)).normal(size=params["1/Waa"].shape).astype(np.float32)
    params["1/Waa"] = seqlib.scale_to_radius(waa, DESCENT["radius"])
    optimiser, largest = seqlib.SGD(rate), 0.0
    for gradients in gradients_of(params, gap, "rnn", seed):
        largest = max(largest, global_norm(gradients))
        optimiser.update(params, CLIPS[clip](gradients))
    return {"accuracy": accuracy(params, gap, "rnn"), "largest norm": largest}


# ------------------------------------------------------------------------------------------------ without a network


def linear(train: np.ndarray, y: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Labels from a linear model of features (m, n), by least squares with a small penalty on the weights."""
    kernel = train @ train.T
    weights = np.linalg.solve(kernel + np.eye(len(train)), 2.0 * y - 1)
    return np.asarray(test @ (train.T @ weights) > 0).astype(int)


def baselines(gap: int) -> dict[str, float]:
    """Held-out accuracy without a network: the frequent verb, the nearest noun, a bag of words, words with their places."""
    data = task(gap)
    (x, y), (x_test, y_test) = data.train, data.test
    known = {*NOUNS, *OBJECTS}
    nearest = [
        next(word.endswith("s") for word in reversed(e.x) if word in known or word.removesuffix("s") in known)
        for e in data.dataset.test
    ]
    n, T_x = len(data.words), x.shape[1]
    columns = [np.eye(n)[some].reshape(len(some), -1) for some in (x, x_test)]  # (m, T_x n)
    bags = [some.reshape(-1, T_x, n).sum(axis=1) for some in columns]
    return {
        "the more frequent verb": float(data.dataset.baseline),
        "the number of the nearest noun": float(np.mean(np.array(nearest) == y_test)),
        "linear, a bag of words": float(np.mean(linear(bags[0], y, bags[1]) == y_test)),
        "linear, each word with its place": float(np.mean(linear(columns[0], y, columns[1]) == y_test)),
    }


# ------------------------------------------------------------------------------------------------ the stored result


def runs() -> dict[str, Any]:
    """One row for each variant, gap and seed."""
    rows: list[dict[str, Any]] = []
    for gap in GAPS:
        for variant in VARIANTS:
            rows += [{"variant": variant, "gap": gap, "seed": seed, **learn(variant, gap, seed)} for seed in SEEDS]
            scores = sorted(row["accuracy"] for row in rows[-len(SEEDS) :])
            print(f"gap {gap}, {variant}: {scores[0]:.2f} {np.median(scores):.2f} {scores[-1]:.2f}", flush=True)
    return {"training": TRAINING, "rows": rows}


def descents() -> dict[str, Any]:
    """One row for each rate, way to clip and seed."""
    how = [(rate, clip, seed) for rate in DESCENT["rates"] for clip in CLIPS for seed in SEEDS]
    rows = [{"clip": clip, "rate": rate, "seed": seed, **descend(clip, rate, seed)} for rate, clip, seed in how]
    return {"how": DESCENT, "rows": rows}


def _rest() -> str:
    sentences = "".join(digest(task(gap).dataset.train) for gap in GAPS)
    return repr((GAPS, SEEDS, VARIANTS, SIZES, TRAINING, DESCENT)) + sentences


TRAINED = (task, first_weights, gradients_of, accuracy)
MEASURED = Measured(
    "long_term",
    {
        "runs": Part(runs, (*TRAINED, runs, learn, cosine), _rest),
        "descents": Part(descents, (*TRAINED, descents, descend), _rest),
        "baselines": Part(lambda: {str(gap): baselines(gap) for gap in GAPS}, (task, baselines, linear), _rest),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
