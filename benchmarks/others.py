"""Figures that others published, on like work of this library: `python -m benchmarks.others [PART ...]` for "Reproducing others".

"time": a training step at the sizes of Dive into Deep Learning, five ways, in CPU time on one thread, all in one run.
"by heart": its training on 10,000 characters, with text beside it that the network has not seen.
"letters": recurrent networks and n-grams on the letters of the documentation, as Karpathy, Johnson and Li compared them.
"window": makemore's network of the last three letters, on first names.
What was published is in benchmarks/published.json, each number with its source.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import platform
import re
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

import seqlib
from benchmarks import plain, training_step
from benchmarks.language_models import (
    CELLS,
    SEEDS,
    SPLITS,
    Corpus,
    fit,
    letters_of_documentation,
    log_p,
    mean_loss,
    mixed,
    names,
    recurrent,
    remembered,
)
from benchmarks.measured import Measured, Part
from benchmarks.training_step import medians, middle, numpy_gradients, problem, repeated
from seqlib import NGram, data, fast
from seqlib.batches import shuffled_batches
from seqlib.embeddings import window_backward, window_forward
from seqlib.support.types import Array, Params
from seqlib.window_model import window_examples, window_loss, window_parameters

# ------------------------------------------------------------------------------------------------ time per token

TIME: dict[str, Any] = {"T_x": 35, "m": 32, "n_x": 28, "n_a": 256, "seconds": 60.0}  # as in d2l's chapters
WAYS: dict[str, Callable[..., Callable[[], None]]] = {
    "torch, step by step": training_step.torch_explicit_step,
    "torch.nn": training_step.torch_nn_step,
    "NumPy, step by step": training_step.plain_step,
    "seqlib's loops": training_step.loops_step,
    "seqlib.fast": training_step.seqlib_step,
}
PAIRS = (("torch, step by step", "torch.nn"), ("NumPy, step by step", "seqlib.fast"), ("seqlib's loops", "seqlib.fast"))


def time_per_token() -> dict[str, Any]:
    """Microseconds of a training step per token, each cell as many times the RNN's, and step by step against fused; all interleaved."""
    import torch

    torch.set_num_threads(1)
    load = round(os.getloadavg()[0], 1)
    size = (TIME["T_x"], TIME["m"], TIME["n_x"], TIME["n_a"])
    steps = {
        f"{way} {cell}": make(cell, *problem(cell, size, np.float32)) for cell in CELLS for way, make in WAYS.items()
    }
    rounds = repeated(steps, TIME["seconds"], time.process_time)
    tokens = TIME["T_x"] * TIME["m"]
    return {
        "how": TIME,
        "load": load,
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "microseconds": {
            way: {cell: middle([1e6 * one[f"{way} {cell}"] / tokens for one in rounds]) for cell in CELLS}
            for way in WAYS
        },
        "of the RNN": {
            way: {cell: middle([one[f"{way} {cell}"] / one[f"{way} rnn"] for one in rounds]) for cell in CELLS}
            for way in WAYS
        },
        "against fused": {
            slow: {cell: middle([one[f"{slow} {cell}"] / one[f"{quick} {cell}"] for one in rounds]) for cell in CELLS}
            for slow, quick in PAIRS
        },
    }


# ------------------------------------------------------------------------------------------------ learning by heart

HEART: dict[str, Any] = {
    "characters": 10_000,
    "T_x": 35,
    "m": 32,
    "n_a": 256,
    "std": 0.01,
    "rate": 1.0,
    "clip": 1.0,
    "epochs": 500,
    "every": 25,
}
ALPHABET = " abcdefghijklmnopqrstuvwxyz"


@cache
def characters() -> dict[str, Array]:
    """The first characters of each split of the documentation, letters and spaces only, as indices into ALPHABET."""
    dataset = data.python_corpus()
    found = {}
    for split in SPLITS:
        text = re.sub("[^a-z]+", " ", " ".join(e.y for e in getattr(dataset, split)).lower())
        found[split] = np.array([ALPHABET.index(letter) for letter in text[: HEART["characters"]]])
    return found


def stretches(text: Array, m: int, T_x: int, offset: int = 0) -> Iterator[tuple[Array, Array]]:
    """Batches (x, y), each (m, T_x), whose rows go on where those of the batch before ended; y is one character later."""
    length = (len(text) - offset - 1) // (m * T_x) * T_x
    x, y = (text[offset + k : offset + k + m * length].reshape(m, length) for k in (0, 1))
    for start in range(0, length, T_x):
        yield x[:, start : start + T_x], y[:, start : start + T_x]


def epoch(params: Params, text: Array, offset: int = 0, optimiser: seqlib.SGD | None = None) -> float:
    """Mean loss of a character with the state carried from batch to batch; with an optimiser each batch trains."""
    losses, a = [], np.zeros((HEART["n_a"], HEART["m"]), np.float32)
    for x, y in stretches(text, HEART["m"], HEART["T_x"], offset):
        one_hot = np.ascontiguousarray(np.eye(len(ALPHABET), dtype=np.float32)[x].transpose(2, 0, 1))
        states, logits, caches = fast.rnn_forward(one_hot, a, params, logits=True)
        loss, dlogits = fast.sequence_cross_entropy(logits, y, reduction="token")
        losses.append(loss)
        a = states[:, :, -1].copy()
        if optimiser is not None:
            gradients = fast.output_backward(dlogits, states, params)
            gradients |= fast.rnn_backward(gradients.pop("da"), caches)
            gradients = {"d" + name: gradients["d" + name] for name in params}
            optimiser.update(params, seqlib.clip_by_norm(gradients, HEART["clip"]))
    return float(np.mean(losses))


def learn_by_heart(seed: int) -> dict[str, list[float]]:
    """Perplexities per character of the training text and of held-out text, in the course of the training."""
    rng = np.random.default_rng(seed)
    n_y, n_a = len(ALPHABET), HEART["n_a"]
    shapes = {"Wax": (n_a, n_y), "Waa": (n_a, n_a), "ba": (n_a, 1), "Wya": (n_y, n_a), "by": (n_y, 1)}
    params = {
        name: (HEART["std"] * rng.normal(size=shape) * (name[0] == "W")).astype(np.float32)
        for name, shape in shapes.items()
    }
    optimiser = seqlib.SGD(HEART["rate"])
    curves: dict[str, list[float]] = {"train": [], "test": []}
    for done in range(1, HEART["epochs"] + 1):
        loss = epoch(params, characters()["train"], int(rng.integers(HEART["T_x"])), optimiser)
        if done % HEART["every"] == 0:
            curves["train"].append(round(float(np.exp(loss)), 3))
            curves["test"].append(round(float(np.exp(epoch(params, characters()["test"]))), 3))
    return curves


def by_heart() -> dict[str, Any]:
    """The network's curves from five seeds, and the best n-gram of the same 10,000 characters."""
    text = {split: [list(map(int, some))] for split, some in characters().items()}
    curves = [learn_by_heart(seed) for seed in SEEDS]
    print([(one["train"][-1], one["test"][-1], min(one["test"])) for one in curves], flush=True)
    corpus = Corpus(text, len(ALPHABET), orders=(2, 3, 4, 5, 6), how=(HEART,))
    orders = by_order(corpus)
    return {
        "how": HEART,
        "n_y": len(ALPHABET),
        "train": [one["train"] for one in curves],
        "test": [one["test"] for one in curves],
        "n-gram": min(orders, key=lambda row: row["valid"]),
    }


# ------------------------------------------------------------------------------------------------ letters of a text

LETTERS: dict[str, Any] = {
    "n_e": 16,
    "n_a": 128,
    "epochs": 12,
    "size": 16,
    "rates": (0.005, 0.01),
    "orders": (1, 2, 3, 4, 5, 6, 7, 8, 9),
}
DISCOUNTS = (0.7, 0.8, 0.9)


def best_of_order(corpus: Corpus, order: int) -> tuple[NGram, dict[str, Any]]:
    """The Kneser-Ney model of an order with the discount that the development part picks, and its losses in nats per letter."""
    models = [NGram(corpus.train, corpus.n_y, order, smoothing="kneser_ney", discount=d) for d in DISCOUNTS]
    losses = [mean_loss(list(map(model.log_probabilities, corpus.valid))) for model in models]
    best = int(np.argmin(losses))
    test = mean_loss(list(map(models[best].log_probabilities, corpus.test)))
    return models[best], {"order": order, "discount": DISCOUNTS[best], "valid": losses[best], "test": test}


def by_order(corpus: Corpus) -> list[dict[str, Any]]:
    """The losses of the best n-gram of each order."""
    return [best_of_order(corpus, order)[1] for order in corpus.orders]


def letters() -> dict[str, Any]:
    """Nats per letter on held-out sentences: n-grams by order, and each cell from five seeds, alone and mixed with the best n-gram."""
    whole = letters_of_documentation()
    corpus = Corpus(whole.text, whole.n_y, LETTERS["orders"], how=())
    n_grams = by_order(corpus)
    best, _ = best_of_order(corpus, min(n_grams, key=lambda row: row["valid"])["order"])
    n_gram, cells = remembered(best.log_probabilities), {}
    for cell in CELLS:
        settings = [{**LETTERS, "rate": rate} for rate in LETTERS["rates"]]
        how = min(settings, key=lambda how: min(fit(corpus, how, cell, seed=0)[1]["valid"]))
        runs: dict[str, list[float]] = {"test": [], "mixed": [], "epoch": []}
        for seed in SEEDS:
            params, curves = fit(corpus, how, cell, seed)
            model = recurrent(params, cell, corpus)
            both = mixed(model, n_gram, corpus.valid)
            runs["test"].append(mean_loss(list(map(model, corpus.test))))
            runs["mixed"].append(mean_loss(list(map(both, corpus.test))))
            runs["epoch"].append(1 + int(np.argmin(curves["valid"])))
        cells[cell] = {"rate": how["rate"], **runs}
        print(cell, cells[cell], flush=True)
    sizes = {split: {"sentences": len(corpus.text[split]), "letters": corpus.tokens(split)} for split in SPLITS}
    return {"how": LETTERS, "n_y": corpus.n_y, "sizes": sizes, "n-grams": n_grams, "cells": cells}


# ------------------------------------------------------------------------------------------------ the last three letters

WINDOW: dict[str, Any] = {"k": 3, "n_e": 10, "n_h": 200, "size": 32, "epochs": 12, "rates": (0.0005, 0.001, 0.002)}


def learn_window(rate: float, seed: int) -> tuple[float, float]:
    """Nats per letter on the development and on the test names, at the epoch that the former picks."""
    corpus, rng = names(), np.random.default_rng(seed)
    k, n_e, n_h, n_y = WINDOW["k"], WINDOW["n_e"], WINDOW["n_h"], corpus.n_y
    parts = {split: window_examples(corpus.text[split], k, n_y) for split in SPLITS}
    params = window_parameters(rng, n_y, n_e, k, n_h, scale=1.0)
    params["Wy"] *= 0.01 * np.sqrt(n_h)  # makemore's standard deviation of 0.01
    scores: list[tuple[float, float]] = []

    def batches(rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        before, letter = parts["train"]
        for chosen in shuffled_batches(len(letter), WINDOW["size"], rng):
            yield before[chosen], letter[chosen]

    def evaluate(params: Params) -> float:
        scores.append((window_loss(params, *parts["valid"])[0], window_loss(params, *parts["test"])[0]))
        return scores[-1][0]

    optimiser = seqlib.Adam(rate)
    seqlib.train(
        params,
        lambda params, batch: window_loss(params, *batch),
        batches,
        epochs=WINDOW["epochs"],
        optimiser=optimiser,
        evaluate=evaluate,
        seed=seed,
        progress=False,
    )
    return min(scores)


def window() -> dict[str, Any]:
    """Nats per letter of names from five seeds, with the rate that the development names pick."""
    rate = min(WINDOW["rates"], key=lambda rate: learn_window(rate, seed=0)[0])
    return {"how": WINDOW, "rate": rate, "test": [learn_window(rate, seed)[1] for seed in SEEDS]}


# ------------------------------------------------------------------------------------------------ what is stored


def _letters_text() -> str:
    return repr((LETTERS, DISCOUNTS, letters_of_documentation().text))


MEASURED = Measured(
    "others",
    {
        "time": Part(
            time_per_token,
            (
                time_per_token,
                problem,
                numpy_gradients,
                medians,
                repeated,
                *WAYS.values(),
                plain.rnn,
                plain.gru,
                plain.lstm,
            ),
            lambda: repr((TIME, PAIRS, list(WAYS))),
        ),
        "by heart": Part(
            by_heart,
            (by_heart, learn_by_heart, epoch, stretches, best_of_order),
            lambda: repr((HEART, DISCOUNTS, {split: some.tolist() for split, some in characters().items()})),
        ),
        "letters": Part(letters, (letters, best_of_order, fit, log_p, mean_loss, recurrent, mixed), _letters_text),
        "window": Part(
            window,
            (window, learn_window, window_examples, window_parameters, window_loss, window_forward, window_backward),
            lambda: repr((WINDOW, names().text, names().n_y)),
        ),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
