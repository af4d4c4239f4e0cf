"""Lesson 10: LSTM and GRU at equal width and at equal parameter count, forget-gate biases on long gaps, and LSTMs that lack a part.

`python -m benchmarks.lstm [PART ...]` trains them; about ten minutes of one core. Chapter 10 shows the results. All scores are on held-out data; learning rates are those that the development part picks.
"""

from __future__ import annotations

import os

# the matrices are small: a second BLAS thread costs more than it brings
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import functools
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import seqlib
from benchmarks import long_term
from benchmarks.measured import Measured, Part
from seqlib import NGram, Vocabulary
from seqlib.batches import pad_batch
from seqlib.book import switches
from seqlib.book.live import digest
from seqlib.data import first_names, reviews
from seqlib.data.dataset import Example
from seqlib.language_model import language_model_loss, sentence_log_probability
from seqlib.models import classifier_loss, classify, network_parameters
from seqlib.support.types import Array, Params

SEEDS, RATES = (0, 1, 2, 3, 4), (0.005, 0.015, 0.045)
# sigma(1) = 1 - sigma(-1) = 0.73: both cells keep as much of their memory when training begins
OPEN = {"lstm": ("bf", 1.0), "gru": ("bu", -1.0)}
SIZES: dict[str, dict[str, int]] = {
    "counting": {"n_x": 2, "n_a": 10, "updates": 1500},
    "reviews": {"n_x": 16, "n_a": 32, "updates": 800},
    "first names": {"n_x": 16, "n_a": 32, "updates": 2500},
}
BATCH, LIMIT = 32, 1.0
PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # of the linear models
LENGTHS, FAR = (5, 25), 101  # of the counting task: for training, and in the test
BIASES: dict[str, Any] = {"biases": (0.0, 1.0, 2.0), "gaps": (32, 64), "seeds": tuple(range(10))}

Batch = tuple[Array, Array, Array | None]
Result = tuple[float, dict[str, Any]]


@dataclass(frozen=True)
class Task:
    """Batches for training, and a score of parameters on one of the splits "valid" and "test"; the outputs and the words of its inputs."""

    n_y: int
    n_words: int | None
    batches: Callable[[np.random.Generator], Iterator[Batch]]
    loss: Callable[[Params, Batch, str], Result]
    score: Callable[[Params, str, str], float]
    better: Callable[..., Any]
    baselines: Callable[[], dict[str, float]]


def sequence_loss(params: Params, batch: Batch, cell: str) -> Result:
    """The loss of one label for each sequence."""
    x, y, mask = batch
    return classifier_loss(params, x, y, mask, cell=cell)


# ------------------------------------------------------------------------------------------------ counting


def coins(rng: np.random.Generator, m: int, T_x: int) -> Batch:
    """Throws of a coin, one-hot (2, m, T_x), and whether there were more heads than tails (T_x is odd)."""
    heads = rng.integers(0, 2, (m, T_x))
    return seqlib.one_hot(heads, 2).astype(np.float32), (2 * heads.sum(axis=1) > T_x).astype(int), None


def coin_batches(rng: np.random.Generator) -> Iterator[Batch]:
    """Batches of odd lengths from 5 to 25."""
    while True:
        yield coins(rng, BATCH, int(rng.choice(np.arange(LENGTHS[0], LENGTHS[1] + 1, 2))))


def coin_score(params: Params, cell: str, split: str) -> float:
    """Accuracy on throws of the longest length of training (valid) or four times that (test)."""
    x, y, _ = coins(
        np.random.default_rng({"valid": 7, "test": 8}[split]), 1000, LENGTHS[1] if split == "valid" else FAR
    )
    return float(np.mean(classify(params, x, cell=cell).argmax(axis=0) == y))


def coin_baselines() -> dict[str, float]:
    """The majority of the last 25 throws, and of all throws, which is what is asked."""
    x, y, _ = coins(np.random.default_rng(8), 1000, FAR)
    return {
        "the majority of the last 25 throws": float(np.mean((2 * x[1, :, -25:].sum(axis=1) > 25) == y)),
        "the majority, counted": float(np.mean((2 * x[1].sum(axis=1) > FAR) == y)),
    }


# ------------------------------------------------------------------------------------------------ reviews: words to stars


@functools.cache
def review_words() -> tuple[dict[str, list[Example]], Vocabulary]:
    """The reviews of each split, and the vocabulary of the training part."""
    dataset = reviews()
    splits = {split: getattr(dataset, split) for split in ("train", "valid", "test")}
    return splits, Vocabulary(sorted({word for e in splits["train"] for word in e.x}))


def review_arrays(some: list[Example]) -> Batch:
    """Words as indices (m, T_x), stars from 0 to 4, and the mask."""
    words, mask = pad_batch([review_words()[1].encode(e.x) for e in some])
    return words, np.array([e.y - 1 for e in some]), mask.astype(np.float32)


def review_batches(rng: np.random.Generator) -> Iterator[Batch]:
    """Batches of reviews drawn at random."""
    some = review_words()[0]["train"]
    while True:
        yield review_arrays([some[i] for i in rng.integers(0, len(some), BATCH)])


def review_score(params: Params, cell: str, split: str) -> float:
    """The share of reviews whose number of stars is right."""
    words, y, mask = review_arrays(review_words()[0][split])
    return float(np.mean(classify(params, words, mask, cell=cell).argmax(axis=0) == y))


def review_baselines() -> dict[str, float]:
    """The most frequent number of stars, and linear models of how often each word, and each word and pair of neighbours, occurs.

    Their penalty is that which the development part picks.
    """
    splits, _ = review_words()
    y, y_valid, y_test = (np.array([e.y - 1 for e in splits[split]]) for split in ("train", "valid", "test"))
    scores = {"the most frequent stars": float(np.mean(y_test == np.bincount(y).argmax()))}
    for name, longest in (("linear, a bag of words", 1), ("linear, words and pairs of neighbours", 2)):
        known = sorted({gram for e in splits["train"] for gram in grams(e.x, longest)})
        place = {gram: i for i, gram in enumerate(known)}
        train, valid, test = (counted(splits[split], longest, place) for split in ("train", "valid", "test"))
        tried = {}
        for penalty in PENALTIES:
            kernel = train.T @ train + penalty * np.eye(train.shape[1])
            weights = np.linalg.solve(kernel, train.T @ np.eye(5)[y])
            tried[penalty] = [
                float(np.mean((x @ weights).argmax(axis=1) == labels))
                for x, labels in ((valid, y_valid), (test, y_test))
            ]
        scores[name] = tried[max(tried, key=lambda penalty: tried[penalty][0])][1]
    return scores


def grams(words: list[str], longest: int) -> Iterator[tuple[str, ...]]:
    """All runs of one to `longest` words."""
    return (tuple(words[i : i + n]) for n in range(1, longest + 1) for i in range(len(words) - n + 1))


def counted(some: list[Example], longest: int, place: dict[tuple[str, ...], int]) -> Array:
    """How often each known run of words occurs: (m, n), and a column of ones."""
    table = np.zeros((len(some), len(place) + 1))
    table[:, -1] = 1
    for row, e in zip(table, some, strict=True):
        for gram, count in Counter(grams(e.x, longest)).items():
            if gram in place:
                row[place[gram]] = count
    return table


# ------------------------------------------------------------------------------------------------ first names, letter by letter


@functools.cache
def name_letters() -> tuple[dict[str, list[list[int]]], Vocabulary]:
    """Names as letters' indices, each with its end, of each split, and the vocabulary."""
    dataset = first_names()
    letters = Vocabulary(sorted({letter for e in dataset.train for letter in e.x}), unknown=False)
    splits = {
        split: [letters.encode(e.x, end=True) for e in getattr(dataset, split)] for split in ("train", "valid", "test")
    }
    return splits, letters


def name_batches(rng: np.random.Generator) -> Iterator[Batch]:
    """Batches of names drawn at random."""
    some = name_letters()[0]["train"]
    while True:
        words, mask = pad_batch([some[i] for i in rng.integers(0, len(some), BATCH)])
        yield words, words, mask.astype(np.float32)


def name_loss(params: Params, batch: Batch, cell: str) -> Result:
    """The loss of a language model per letter."""
    words, _, mask = batch
    return language_model_loss(params, words, mask, cell=cell, reduction="token")


def name_score(params: Params, cell: str, split: str) -> float:
    """Bits per letter, ends counted."""
    words, mask = pad_batch(name_letters()[0][split])
    loss = -sentence_log_probability(params, words, mask.astype(np.float32), cell=cell).sum()
    return float(loss / np.log(2) / mask.sum())


def name_baselines() -> dict[str, float]:
    """Bits per letter of n-grams: of single letters, and of the order that the development part picks."""
    splits, letters = name_letters()
    scores = {}
    for order in (1, 2, 3, 4, 5):
        model = NGram(splits["train"], len(letters), order)
        scores[order] = [
            float(-np.concatenate([model.log_probabilities(name) for name in splits[split]]).mean() / np.log(2))
            for split in ("valid", "test")
        ]
    best = min(scores, key=lambda order: scores[order][0])
    return {"how often each letter occurs": scores[1][1], f"{best}-grams": scores[best][1]}


# ------------------------------------------------------------------------------------------------ LSTM and GRU


@functools.cache
def task(name: str) -> Task:
    """One of the three tasks."""
    if name == "counting":
        return Task(2, None, coin_batches, sequence_loss, coin_score, max, coin_baselines)
    if name == "reviews":
        return Task(5, len(review_words()[1]), review_batches, sequence_loss, review_score, max, review_baselines)
    n_y = len(name_letters()[1])
    return Task(n_y, n_y, name_batches, name_loss, name_score, min, name_baselines)


def parameters(name: str, cell: str, n_a: int) -> int:
    """The weights and biases of the cell and the output layer; an embedding is the same for both cells."""
    return int(seqlib.count_parameters(cell, SIZES[name]["n_x"], n_a, task(name).n_y))


def variants(name: str) -> dict[str, tuple[str, int]]:
    """LSTM, a GRU of as many units, and a GRU of so many units that the parameters come nearest to the LSTM's."""
    n_a = SIZES[name]["n_a"]
    wanted = parameters(name, "lstm", n_a)
    near = min(range(n_a, 2 * n_a), key=lambda n: abs(parameters(name, "gru", n) - wanted))
    return {"LSTM": ("lstm", n_a), "GRU, equal width": ("gru", n_a), "GRU, equal parameters": ("gru", near)}


def learn(name: str, cell: str, n_a: int, rate: float, seed: int) -> Params:
    """Train one network on one task by Adam, clipped by norm."""
    one, size = task(name), SIZES[name]
    rng = np.random.default_rng(seed)
    how: dict[str, Any] = {"n_x": size["n_x"], "n_a": n_a, "n_y": one.n_y, "n_words": one.n_words}
    params = network_parameters(rng, cell=cell, dtype=np.float32, **how)
    bias, value = OPEN[cell]
    params[f"1/{bias}"][:] = value
    optimiser, batches = seqlib.Adam(rate), one.batches(rng)
    for _ in range(size["updates"]):
        _, gradients = one.loss(params, next(batches), cell)
        optimiser.update(params, seqlib.clip_by_norm({"d" + key: gradients["d" + key] for key in params}, LIMIT))
    return params


def compare(name: str) -> list[dict[str, Any]]:
    """Each variant at every learning rate and from every seed; `picked` where the mean on the development part is the better one."""
    rows = []
    for variant, (cell, n_a) in variants(name).items():
        tried: dict[float, list[dict[str, Any]]] = {}
        for rate in RATES:
            trained = [learn(name, cell, n_a, rate, seed) for seed in SEEDS]
            tried[rate] = [
                {"seed": seed, **{split: task(name).score(params, cell, split) for split in ("valid", "test")}}
                for seed, params in zip(SEEDS, trained, strict=True)
            ]
        means = {rate: float(np.mean([run["valid"] for run in runs])) for rate, runs in tried.items()}
        best = task(name).better(means, key=means.__getitem__)  # of equal means the lower rate
        about = {"task": name, "variant": variant, "n_a": n_a, "parameters": parameters(name, cell, n_a)}
        rows += [{**about, "rate": rate, "picked": rate == best, "runs": runs} for rate, runs in tried.items()]
    return rows


# ------------------------------------------------------------------------------------------------ forget-gate biases, parts left out


def learn_gap(bias: float, gap: int, seed: int) -> float:
    """The held-out accuracy of lesson 8's LSTM on agreement over a gap, from a forget-gate bias."""
    params = long_term.first_weights("LSTM, forget bias 0", len(long_term.task(gap).words), seed)
    params["1/bf"][:] = bias
    optimiser = seqlib.Adam(long_term.TRAINING["rate"])
    for gradients in long_term.gradients_of(params, gap, "lstm", seed):
        optimiser.update(params, seqlib.clip_by_norm(gradients, long_term.TRAINING["norm"]))
    return long_term.accuracy(params, gap, "lstm")


def lacking(off: str, seed: int) -> dict[str, Any]:
    """A network of the live figure that never had a part: its scores, and the update after which it had learnt.

    Of a complete one, also what is left of it where each part is switched off after training.
    """
    params, losses = switches.train(seed, off)
    means = np.convolve(losses, np.ones(20) / 20, "valid")
    below = np.flatnonzero(means < 0.1)
    row = {"off": off, "seed": seed, "learnt after": int(below[0]) + 20 if len(below) else None}
    row["scores"] = switches.accuracy(params, (off,))
    if not off:
        row["then off"] = {name: switches.accuracy(params, (name,)) for name in switches.SWITCHES}
    return row


def second_words() -> list[float]:
    """Of the first, second and third sentence: the share of right verbs of a table of the verb that each second word had more often."""
    counts: defaultdict[int, Counter[int]] = defaultdict(Counter)
    words, labels, asked = switches.texts(np.random.default_rng(98), 2000)
    for word, label in zip(words[switches.places(words, asked)["subject"]], labels[asked == 1], strict=True):
        counts[int(word)][int(label)] += 1
    words, labels, asked = switches.texts(np.random.default_rng(99), 500, "test")  # those of switches.accuracy
    said = [counts[int(word)].most_common(1)[0][0] for word in words[switches.places(words, asked)["subject"]]]
    return [float(share) for share in (said == labels[asked == 1]).reshape(500, -1).mean(axis=0)]


# ------------------------------------------------------------------------------------------------ the stored result


def made_places() -> dict[str, Any]:
    """The gates of complete networks, by place of a word and unit, from every seed; and a table in place of a network."""
    words, _, asked = switches.texts(np.random.default_rng(5), 300, "test")
    gates = []
    for seed in SEEDS:
        found = switches.gates_by_place(switches.train(seed)[0], words, asked)
        gates.append({place: np.round(values, 4).tolist() for place, values in found.items()})
    return {"gates": gates, "table of second words": second_words()}


def made_lacking() -> list[dict[str, Any]]:
    """A complete network and one that lacks each part, from every seed."""
    rows = []
    for off in ("", *switches.SWITCHES):
        rows += [lacking(off, seed) for seed in SEEDS]
        print(off or "complete", [row["learnt after"] for row in rows[-len(SEEDS) :]], flush=True)
    return rows


def made_baselines() -> dict[str, dict[str, float]]:
    """What can be had on each task without a network."""
    return {name: task(name).baselines() for name in SIZES}


def made_comparison() -> list[dict[str, Any]]:
    """Every variant on every task."""
    rows: list[dict[str, Any]] = []
    for name in SIZES:
        rows += (some := compare(name))
        for row in some:
            scores = [round(run["test"], 3) for run in row["runs"]]
            print(name, row["variant"], row["rate"], row["picked"], scores, flush=True)
    return rows


def made_biases() -> list[dict[str, Any]]:
    """The accuracy from each bias over each gap, from ten seeds."""
    rows = []
    for gap in BIASES["gaps"]:
        for bias in BIASES["biases"]:
            scores = [learn_gap(bias, gap, seed) for seed in BIASES["seeds"]]
            named = zip(BIASES["seeds"], scores, strict=True)
            rows += [{"gap": gap, "bias": bias, "seed": seed, "accuracy": accuracy} for seed, accuracy in named]
            print(gap, bias, np.round(sorted(scores), 2), flush=True)
    return rows


COMPARED: tuple[Callable[..., Any], ...] = (
    *(learn, compare, variants, parameters, sequence_loss, coins, coin_batches, coin_score),
    *(review_arrays, review_batches, review_score, name_letters, name_batches, name_loss, name_score),
)
RULES = (coins, coin_baselines, review_baselines, grams, counted, name_letters, name_baselines)


def data_digest() -> str:
    """A digest of the reviews and the first names."""
    return "".join(
        digest(getattr(some, split)) for some in (reviews(), first_names()) for split in ("train", "valid", "test")
    )


MEASURED = Measured(
    "lstm",
    {
        "lacking": Part(
            lambda: {"result": made_lacking()},
            (lacking, switches.accuracy, switches.probabilities, *switches.RECIPE),
            lambda: repr((SEEDS, switches.HOW, switches.SWITCHES)) + switches.data_digest(),
        ),
        "places": Part(
            lambda: {"result": made_places()},
            (made_places, second_words, switches.places, switches.gates_by_place, *switches.RECIPE),
            lambda: repr((SEEDS, switches.HOW)) + switches.data_digest(),
        ),
        "baselines": Part(lambda: {"result": made_baselines()}, RULES, lambda: repr((FAR, PENALTIES)) + data_digest()),
        "comparison": Part(
            lambda: {"result": made_comparison()},
            COMPARED,
            lambda: repr((SEEDS, RATES, OPEN, SIZES, BATCH, LIMIT, LENGTHS, FAR)) + data_digest(),
        ),
        "biases": Part(
            lambda: {"result": made_biases()},
            (learn_gap, long_term.first_weights, long_term.gradients_of, long_term.accuracy),
            lambda: (
                repr((BIASES, long_term.SIZES, long_term.TRAINING))
                + "".join(digest(long_term.task(gap).dataset.train) for gap in BIASES["gaps"])
            ),
        ),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
