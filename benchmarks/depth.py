"""Lesson 12: depth against width at an equal number of parameters, on a task that is made of two steps and on letters of prose.

`python -m benchmarks.depth [PART ...]` trains GRUs and LSTMs of one to four layers, each from several seeds; about ten minutes of one
core. Chapter 12 shows the results. Beside the held-out scores stand the time
of an update, the gradient of each layer, how fast its units change, and dropout between layers. What is chosen (the learning
rate, the order of the n-grams, the epoch) is chosen on validation sentences.
"""

from __future__ import annotations

import os

# the matrices are small: a second BLAS thread costs more than it brings
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import functools
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import seqlib
from benchmarks.measured import Measured, Part
from seqlib.batches import pad_batch
from seqlib.book.live import digest
from seqlib.clipping import global_norm
from seqlib.data import python_corpus
from seqlib.deep import deep_forward
from seqlib.language_model import language_model_loss, sentence_log_probability
from seqlib.losses import bits_per_character
from seqlib.models import layers_of, network_parameters, tag, tagger_loss
from seqlib.ngrams import NGram
from seqlib.support.types import Array, Params

LAYERS = (1, 2, 3, 4)
SELECTOR: dict[str, Any] = {
    "cells": ("gru", "lstm"),
    "seeds": 10,
    "budget": 800,
    "updates": 1200,
    "batch": 32,
    "rates": (0.01, 0.03),
    "T_x": 10,
    "learnt": 0.1,
}
LETTERS: dict[str, Any] = {
    "cell": "gru",
    "seeds": 5,
    "budget": 12_000,
    "n_e": 12,
    "longest": 120,
    "epochs": 20,
    "batch": 32,
    "rates": (0.005, 0.01, 0.02),
}
DROPOUT: dict[str, Any] = {
    "shares": (0.0, 0.2, 0.5),
    "seeds": 5,
    "layers": 2,
    "n_a": 48,
    "sentences": 128,
    "longest": 80,
    "epochs": 120,
    "rate": 0.01,
}


# ------------------------------------------------------------------------------------------------ a task of two steps


def selector(rng: np.random.Generator, m: int, T_x: int) -> tuple[Array, Array]:
    """Six signs a step, of which the first two say which of the other four counts; the label: whether an odd number was + so far.

    Returns x (6, m, T_x) of -1 and 1, and labels (m, T_x) of 0 and 1.
    """
    bits = rng.integers(0, 2, (6, m, T_x))
    counts = np.take_along_axis(bits[2:], (2 * bits[0] + bits[1])[None], axis=0)[0]
    return (2.0 * bits - 1).astype(np.float32), counts.cumsum(axis=1) % 2


def learn_selector(cell: str, layers: int, rate: float, seed: int) -> dict[str, Any]:
    """Train one network: its held-out accuracy, the seconds of an update (median), and after how many updates the loss was small, None
    where it never was.
    """
    rng = np.random.default_rng((seed, 1))
    n_a = seqlib.width_within(SELECTOR["budget"], cell, 6, 2, layers=layers)
    sizes: dict[str, Any] = {"n_x": 6, "n_a": n_a, "n_y": 2, "layers": layers}
    params = network_parameters(np.random.default_rng(seed), cell=cell, dtype=np.float32, **sizes)
    optimiser, losses, seconds = seqlib.Adam(rate), [], []
    for _ in range(SELECTOR["updates"]):
        x, y = selector(rng, SELECTOR["batch"], SELECTOR["T_x"])
        begun = time.process_time()
        loss, gradients = tagger_loss(params, x, y, cell=cell)
        optimiser.update(params, seqlib.clip_by_norm({"d" + name: gradients["d" + name] for name in params}, 1.0))
        seconds.append(time.process_time() - begun)
        losses.append(loss)
    recent = np.convolve(losses, np.full(20, 1 / 20), "valid")
    small = np.flatnonzero(recent < SELECTOR["learnt"])
    x, y = selector(np.random.default_rng(12), 1000, SELECTOR["T_x"])
    right = tag(params, x, cell=cell).argmax(axis=0) == y
    return {
        "n_a": n_a,
        "parameters": seqlib.count_parameters(cell, 6, n_a, 2, layers=layers),
        "accuracy": float(right.mean()),
        "last step": float(right[:, -1].mean()),
        "seconds": float(np.median(seconds)),
        "learnt after": int(small[0]) + 20 if len(small) else None,
    }


def selector_baselines() -> dict[str, float]:
    """Held-out accuracy without a network: the frequent label, and the best guess for each pattern of the last step's six signs."""
    rng = np.random.default_rng(13)
    (x, y), (x_test, y_test) = selector(rng, 20_000, SELECTOR["T_x"]), selector(rng, 1000, SELECTOR["T_x"])

    def pattern(signs: Array) -> Array:
        return np.tensordot(2 ** np.arange(6), signs > 0, axes=1)  # (m, T_x)

    votes = np.zeros((2, 64))
    np.add.at(votes, (y.ravel(), pattern(x).ravel()), 1)
    return {
        "the more frequent label": float((y_test == np.bincount(y.ravel()).argmax()).mean()),
        "a table of the last step": float((y_test == votes.argmax(axis=0)[pattern(x_test)]).mean()),
    }


# ------------------------------------------------------------------------------------------------ letters of prose


@dataclass
class Prose:
    """Sentences as letters' indices, each with its end, of the three splits."""

    letters: seqlib.Vocabulary
    train: list[list[int]]
    valid: list[list[int]]
    test: list[list[int]]


@functools.cache
def prose() -> Prose:
    """The Python documentation letter by letter; a long sentence is cut off."""
    corpus = python_corpus()
    letters = seqlib.Vocabulary(sorted({letter for example in corpus.train for letter in example.y}))

    def encode(examples: Sequence[Any]) -> list[list[int]]:
        return [letters.encode(list(example.y), end=True)[: LETTERS["longest"]] for example in examples]

    return Prose(letters, encode(corpus.train), encode(corpus.valid), encode(corpus.test))


def first_weights(n_a: int, layers: int, seed: int) -> Params:
    """The parameters that a language model's training begins with."""
    n_y = len(prose().letters)
    sizes: dict[str, Any] = {"n_x": LETTERS["n_e"], "n_a": n_a, "n_y": n_y, "layers": layers, "n_words": n_y}
    return network_parameters(np.random.default_rng(seed), cell=LETTERS["cell"], dtype=np.float32, **sizes)


def batches(sentences: Sequence[list[int]], rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """One epoch: sentences of about the same length together, the batches in random order."""
    order = np.argsort([len(sentence) for sentence in sentences], kind="stable")
    starts = range(0, len(order), LETTERS["batch"])
    for start in rng.permutation(starts):
        tokens, mask = pad_batch([sentences[i] for i in order[start : start + LETTERS["batch"]]])
        yield tokens, mask.astype(np.float32)


def bits(params: Params, sentences: Sequence[list[int]]) -> float:
    """Bits per letter, the ends counted."""
    log_p, count = 0.0, 0.0
    for start in range(0, len(sentences), 64):
        tokens, mask = pad_batch(sentences[start : start + 64])
        log_p += float(sentence_log_probability(params, tokens, mask.astype(np.float32), cell=LETTERS["cell"]).sum())
        count += float(mask.sum())
    return bits_per_character(-log_p, count)


def fit(
    params: Params,
    sentences: Sequence[list[int]],
    *,
    epochs: int,
    rate: float,
    seed: int,
    share: float = 0.0,
    watch: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Train in place by Adam, clipped by norm; the rate falls in a line to a twentieth. share: dropout between layers.

    Returns the seconds of an update (median) and the norm of each layer's gradient in the first and in the last epoch (means).
    """
    rng, optimiser = np.random.default_rng((seed, 1)), seqlib.Adam(rate)
    layers, n_a = seqlib.deep.count_layers(layers_of(params)), params["Wy"].shape[1]
    seconds: list[float] = []
    norms: list[list[list[float]]] = []
    for epoch in range(epochs):
        optimiser.learning_rate = rate * (1 - 0.95 * epoch / max(1, epochs - 1))
        norms.append([])
        for tokens, mask in batches(sentences, rng):
            begun = time.process_time()
            shape = (n_a, *tokens.shape)
            drop = (
                [seqlib.dropout_mask(shape, share, rng, dtype=np.float32) for _ in range(layers - 1)] if share else None
            )
            how: dict[str, Any] = {"cell": LETTERS["cell"], "reduction": "token", "dropout": drop}
            _, gradients = language_model_loss(params, tokens, mask, **how)
            gradients = {"d" + name: gradients["d" + name] for name in params}
            norms[-1].append([global_norm(seqlib.cells.part(gradients, f"d{layer + 1}/")) for layer in range(layers)])
            optimiser.update(params, seqlib.clip_by_norm(gradients, 1.0))
            seconds.append(time.process_time() - begun)
        if watch is not None:
            watch(epoch)
    first, last = (np.mean(norms[epoch], axis=0).tolist() for epoch in (0, -1))
    return {"seconds": float(np.median(seconds)), "first norms": first, "last norms": last}


def change(params: Params, sentences: Sequence[list[int]]) -> list[float]:
    """How much the units of each layer change from one letter to the next, over how much they vary: the median of the layer's units."""
    tokens, mask = pad_batch(sentences)
    x = np.zeros((LETTERS["n_e"], *tokens.shape), np.float32)
    x[:, :, 1:] = params["E"][:, tokens[:, :-1]]
    rates, below, layers = [], x, layers_of(params)
    for layer in range(seqlib.deep.count_layers(layers)):
        own = {f"1/{name}": value for name, value in seqlib.cells.part(layers, f"{layer + 1}/").items()}
        below, _, _ = deep_forward(below, own, LETTERS["cell"], mask=mask.astype(np.float32))
        steps = np.abs(np.diff(below, axis=2))[:, mask[:, 1:] > 0].mean(axis=1)
        spread = below[:, mask > 0].std(axis=1)
        rates.append(float(np.median(steps / spread)))
    return rates


def learn_letters(layers: int, rate: float, seed: int) -> dict[str, Any]:
    """Train one language model at the common budget: bits per letter, time, gradients, and how fast its layers change."""
    n_y = len(prose().letters)
    n_a = seqlib.width_within(LETTERS["budget"], LETTERS["cell"], LETTERS["n_e"], n_y, layers=layers)
    params = first_weights(n_a, layers, seed)
    how = fit(params, prose().train, epochs=LETTERS["epochs"], rate=rate, seed=seed)
    return {
        "n_a": n_a,
        "parameters": seqlib.count_parameters(LETTERS["cell"], LETTERS["n_e"], n_a, n_y, layers=layers),
        "valid": bits(params, prose().valid),
        "test": bits(params, prose().test),
        "change": change(params, prose().test[:64]),
        **how,
    }


def ngram_bits(train: Sequence[list[int]], valid: Sequence[list[int]], test: Sequence[list[int]]) -> dict[str, Any]:
    """The n-gram whose order and smoothing are best on the validation sentences, and its bits per letter on the test sentences."""

    def score(model: NGram, sentences: Sequence[list[int]]) -> float:
        log_p = sum(np.log(model.probabilities(s[:t])[token]) for s in sentences for t, token in enumerate(s))
        return bits_per_character(-float(log_p), sum(map(len, sentences)))

    models = {
        (order, smoothing): NGram(train, len(prose().letters), order, smoothing=smoothing)
        for order in (4, 5, 6, 7, 8)
        for smoothing in ("witten_bell", "kneser_ney")
    }
    best = min(models, key=lambda name: score(models[name], valid))
    return {"order": best[0], "smoothing": best[1], "test": score(models[best], test)}


def letter_baselines() -> dict[str, Any]:
    """N-grams of the sentences that the networks of "letters" read, and of the few short ones that those of "dropout" read."""
    every = len(prose().train) // DROPOUT["sentences"]
    few = prose().train[::every][: DROPOUT["sentences"]], prose().valid[::3], prose().test
    return {
        "letters": ngram_bits(prose().train, prose().valid[::4], prose().test),
        "dropout": ngram_bits(*([sentence[: DROPOUT["longest"]] for sentence in some] for some in few)),
    }


def learn_dropout(share: float, seed: int) -> dict[str, Any]:
    """Train on few short sentences with dropout between layers: bits per letter on them and on test at the end, and on test at the
    epoch that is best on valid.
    """
    params, scores = first_weights(DROPOUT["n_a"], DROPOUT["layers"], seed), []
    every = len(prose().train) // DROPOUT["sentences"]
    train, valid, test = (
        [sentence[: DROPOUT["longest"]] for sentence in some]
        for some in (prose().train[::every][: DROPOUT["sentences"]], prose().valid[::3], prose().test)
    )

    def watch(epoch: int) -> None:
        if epoch % 8 == 7:
            scores.append((bits(params, valid), bits(params, test), epoch + 1))

    fit(params, train, epochs=DROPOUT["epochs"], rate=DROPOUT["rate"], seed=seed, share=share, watch=watch)
    best = min(scores)
    return {"train": bits(params, train), "test": scores[-1][1], "best test": best[1], "best epoch": best[2]}


# ------------------------------------------------------------------------------------------------ the stored result


def selector_runs() -> list[dict[str, Any]]:
    """Every network of the selector task."""
    runs: list[dict[str, Any]] = []
    for cell, layers, rate in itertools.product(SELECTOR["cells"], LAYERS, SELECTOR["rates"]):
        for seed in range(SELECTOR["seeds"]):
            named = {"cell": cell, "layers": layers, "rate": rate, "seed": seed}
            runs.append({**named, **learn_selector(cell, layers, rate, seed)})
        print(cell, layers, rate, [run["learnt after"] for run in runs[-SELECTOR["seeds"] :]], flush=True)
    return runs


def letter_runs() -> list[dict[str, Any]]:
    """The language models: the rate that is best on validation sentences from the first seed, then all seeds."""
    runs: list[dict[str, Any]] = []
    for layers in LAYERS:
        tried = [
            {"layers": layers, "rate": rate, "seed": 0, **learn_letters(layers, rate, 0)} for rate in LETTERS["rates"]
        ]
        best = min(tried, key=lambda run: float(run["valid"]))
        others = [
            {"layers": layers, "rate": best["rate"], "seed": seed, **learn_letters(layers, best["rate"], seed)}
            for seed in range(1, LETTERS["seeds"])
        ]
        runs += [{**run, "chosen": run is best} for run in tried] + [{**run, "chosen": True} for run in others]
        print(layers, best["rate"], [round(run["test"], 3) for run in (*tried, *others)], flush=True)
    return runs


def dropout_runs() -> list[dict[str, Any]]:
    """Every network with dropout."""
    runs: list[dict[str, Any]] = []
    for share in DROPOUT["shares"]:
        runs += [{"share": share, "seed": seed, **learn_dropout(share, seed)} for seed in range(DROPOUT["seeds"])]
        print(
            share,
            [(round(run["train"], 2), round(run["best test"], 3)) for run in runs[-DROPOUT["seeds"] :]],
            flush=True,
        )
    return runs


def _sentences() -> str:
    return digest(python_corpus().train)


LEARNT = (first_weights, batches, bits, fit)
MEASURED = Measured(
    "depth",
    {
        "selector": Part(
            lambda: {"how": SELECTOR, "result": selector_runs()},
            (selector_runs, selector, learn_selector),
            lambda: repr((LAYERS, SELECTOR)),
        ),
        "letters": Part(
            lambda: {"how": LETTERS, "result": letter_runs()},
            (letter_runs, learn_letters, change, prose, *LEARNT),
            lambda: repr((LAYERS, LETTERS)) + _sentences(),
        ),
        "dropout": Part(
            lambda: {"how": DROPOUT, "result": dropout_runs()},
            (dropout_runs, learn_dropout, prose, *LEARNT),
            lambda: repr(DROPOUT) + _sentences(),
        ),
        "baselines": Part(
            lambda: {"result": {"selector": selector_baselines()} | letter_baselines()},
            (selector, selector_baselines, prose, ngram_bits, letter_baselines),
            lambda: repr((SELECTOR, LETTERS, DROPOUT)) + _sentences(),
        ),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
