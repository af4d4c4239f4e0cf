"""Lesson 9: three variants of the GRU on the same tasks, what its update gate does in a sentence, and who holds the memory.

`python -m benchmarks.gates [PART ...]` trains every variant on three tasks from several seeds, runs weights trained with the reset before the product
with it after (and the other way round), and looks into networks that read *the cat which ... was*: their gates by the role of a word, and
what happens when somebody else closes or opens them. A few minutes of one core; chapter 9 shows the results. All scores are on held-out data.
"""

from __future__ import annotations

import os

# the matrices are small: a second BLAS thread costs more than it brings
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import functools
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

import seqlib
from benchmarks import long_term
from benchmarks.measured import Measured, Part
from seqlib.book import gate
from seqlib.book.live import digest
from seqlib.cells import part
from seqlib.data import first_names
from seqlib.language_model import language_model_loss, sentence_log_probability
from seqlib.losses import bits_per_character
from seqlib.models import classifier_loss, classify, network_parameters, tag, tagger_loss
from seqlib.ngrams import NGram
from seqlib.support.types import Array, Params

VARIANTS = {"simplified": "gru_simplified", "reset before": "gru", "reset after": "gru_after", "plain RNN": "rnn"}
OTHER = {"reset before": "gru_after", "reset after": "gru"}  # the formula that the weights were not trained with
SEEDS = tuple(range(10))
AGREEMENT: dict[str, Any] = {"gap": 64, "update bias": -2.0, "reset bias": 2.0}  # sizes and training as in lesson 8
PARITY: dict[str, Any] = {
    "n_a": 2,
    "updates": 1500,
    "size": 32,
    "rate": 0.02,
    "T_x": 16,
    "longer": 32,
    "shares": (0.4, 0.4, 0.2),
}
NAMES: dict[str, Any] = {"n_e": 16, "n_a": 64, "epochs": 16, "size": 32, "rate": 0.005}
TASKS = ("was or were, 64 words", "parity since a restart", "first names")

# ------------------------------------------------------------------------------------------------ three tasks


def update(optimiser: Any, params: Params, gradients: Params) -> None:
    """One step of training, clipped by the norm."""
    optimiser.update(params, seqlib.clip_by_norm({"d" + name: gradients["d" + name] for name in params}, 1.0))


def learn_agreement(cell: str, seed: int, open_reset: bool = False) -> tuple[Params, Callable[[str], float]]:
    """Lesson 8's sentences with one gap: a network, and its accuracy under a cell's formula. open_reset: b_r starts above 0."""
    gap = AGREEMENT["gap"]
    task = long_term.task(gap)
    rng = np.random.default_rng(seed)
    params = network_parameters(rng, cell=cell, n_words=len(task.words), dtype=np.float32, **long_term.SIZES)
    if cell != "rnn":
        params["1/bu"][:] = AGREEMENT["update bias"]
    if open_reset:
        params["1/br"][:] = AGREEMENT["reset bias"]
    optimiser, rows = seqlib.Adam(long_term.TRAINING["rate"]), np.random.default_rng((seed, 1))
    x, y = task.train
    for _ in range(int(long_term.TRAINING["updates"])):
        some = rows.integers(0, len(y), int(long_term.TRAINING["batch"]))
        update(optimiser, params, classifier_loss(params, x[some], y[some], cell=cell)[1])
    return params, lambda run_as: long_term.accuracy(params, gap, run_as)


def parity(rng: np.random.Generator, m: int, T_x: int) -> tuple[Array, Array]:
    """Symbols 0, 1 and "restart", one-hot (3, m, T_x), and whether the number of ones since the last restart is odd, (m, T_x)."""
    symbols = rng.choice(3, size=(m, T_x), p=PARITY["shares"])
    y, odd = np.zeros((m, T_x), int), np.zeros(m, int)
    for t in range(T_x):
        odd = np.where(symbols[:, t] == 2, 0, odd ^ (symbols[:, t] == 1))
        y[:, t] = odd
    return seqlib.one_hot(symbols, 3).astype(np.float32), y


def learn_parity(cell: str, seed: int) -> tuple[Params, Callable[[str], float]]:
    """Two units count ones: a network, and its accuracy per step, on longer sequences, under a cell's formula."""
    params = network_parameters(
        np.random.default_rng(seed), cell=cell, n_x=3, n_a=PARITY["n_a"], n_y=2, dtype=np.float32
    )
    optimiser, rng = seqlib.Adam(PARITY["rate"]), np.random.default_rng((seed, 1))
    for _ in range(PARITY["updates"]):
        x, y = parity(rng, PARITY["size"], PARITY["T_x"])
        update(optimiser, params, tagger_loss(params, x, y, cell=cell)[1])
    x, y = parity(np.random.default_rng(99), 400, PARITY["longer"])
    return params, lambda run_as: float(np.mean(tag(params, x, cell=run_as).argmax(axis=0) == y))


@functools.cache
def names() -> tuple[seqlib.Vocabulary, dict[str, list[list[int]]]]:
    """The letters, and the names of each split with their ends."""
    dataset = first_names()
    letters = seqlib.Vocabulary(sorted({letter for example in dataset.train for letter in example.x}), unknown=False)
    splits = ("train", "valid", "test")
    return letters, {split: [letters.encode(e.x, end=True) for e in getattr(dataset, split)] for split in splits}


def learn_names(cell: str, seed: int) -> tuple[Params, Callable[[str], float]]:
    """A character model of first names: a network, and its bits per character under a cell's formula."""
    letters, splits = names()
    sizes: dict[str, Any] = {"n_x": NAMES["n_e"], "n_a": NAMES["n_a"], "n_y": len(letters), "n_words": len(letters)}
    params = network_parameters(np.random.default_rng(seed), cell=cell, dtype=np.float32, **sizes)
    optimiser, rng = seqlib.Adam(NAMES["rate"]), np.random.default_rng((seed, 1))
    batches = -(-len(splits["train"]) // NAMES["size"])
    for epoch in range(NAMES["epochs"]):
        optimiser.learning_rate = NAMES["rate"] * (1 - epoch / NAMES["epochs"])
        for some in np.array_split(rng.permutation(len(splits["train"])), batches):
            tokens, mask = seqlib.pad_batch([splits["train"][i] for i in some])
            update(optimiser, params, language_model_loss(params, tokens, mask, cell=cell, reduction="token")[1])
    tokens, mask = seqlib.pad_batch(splits["test"])

    def bits(run_as: str) -> float:
        return bits_per_character(
            -float(sentence_log_probability(params, tokens, mask, cell=run_as).sum()), float(mask.sum())
        )

    return params, bits


LEARN = dict(zip(TASKS, (learn_agreement, learn_parity, learn_names), strict=True))


def compare(task: str, variant: str, seed: int) -> dict[str, Any]:
    """The score of a variant, and that of its weights under the other formula where there is one."""
    params, score = LEARN[task](VARIANTS[variant], seed)
    weights = sum(value.size for name, value in params.items() if name.startswith("1/"))
    run = {"task": task, "variant": variant, "seed": seed, "score": score(VARIANTS[variant]), "weights": weights}
    return {**run, "other formula": score(OTHER[variant])} if variant in OTHER else run


def reset_opened(variant: str, seed: int) -> dict[str, Any]:
    """The score of a full variant on the long gap, whose reset gates start open."""
    _, score = learn_agreement(VARIANTS[variant], seed, open_reset=True)
    return {"variant": variant, "seed": seed, "score": score(VARIANTS[variant])}


# ------------------------------------------------------------------------------------------------ without a network


def parity_table(order: int) -> float:
    """Accuracy of the more frequent answer after the last `order` symbols, counted in as many sequences as a network reads."""

    def windows(x: Array) -> list[list[tuple[int, ...]]]:
        symbols = x.argmax(axis=0)
        return [[tuple(row[max(0, t + 1 - order) : t + 1]) for t in range(len(row))] for row in symbols]

    x, y = parity(np.random.default_rng(0), PARITY["updates"] * PARITY["size"], PARITY["T_x"])
    counts: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for row, labels in zip(windows(x), y, strict=True):
        for window, label in zip(row, labels, strict=True):
            counts[window][int(label)] += 1
    x, y = parity(np.random.default_rng(99), 400, PARITY["longer"])
    said = [[counts[w].most_common(1)[0][0] if counts[w] else 0 for w in row] for row in windows(x)]
    return float(np.mean(np.array(said) == y))


def parity_counted() -> float:
    """Accuracy of the rule itself: the ones up to each step less those up to the last restart, odd or even."""
    x, y = parity(np.random.default_rng(99), 400, PARITY["longer"])
    ones, restart = np.cumsum(x[1], axis=1), x[2] == 1  # (m, T_x)
    since = ones - np.maximum.accumulate(np.where(restart, ones, 0), axis=1)
    return float(np.mean(since % 2 == y))


def second_word_table() -> float:
    """Accuracy on the sentences of section 9.3 (gap 8) of the verb that each second word has more often in training."""
    counts: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for gap in gate.GAPS:
        x, y = gate.arrays(gap, "train")
        for word, label in zip(x[:, 1].tolist(), y.tolist(), strict=True):
            counts[word][label] += 1
    x, y = gate.arrays(8, "test")
    return float(np.mean([counts[word].most_common(1)[0][0] for word in x[:, 1].tolist()] == y))


def names_by_counting() -> float:
    """Bits per character of the n-gram model that the development names pick."""
    letters, splits = names()

    def bits(model: NGram, split: str) -> float:
        loss = -sum(float(model.log_probabilities(name).sum()) for name in splits[split])
        return bits_per_character(loss, sum(map(len, splits[split])))

    models = [
        NGram(splits["train"], len(letters), order=order, smoothing="kneser_ney", discount=discount)
        for order in (2, 3, 4, 5)
        for discount in (0.6, 0.75, 0.9)
    ]
    return bits(min(models, key=lambda model: bits(model, "valid")), "test")


def baselines() -> dict[str, dict[str, float]]:
    """What can be had without a network: the strongest simple rule of each task, and one that knows nothing."""
    gap = long_term.baselines(AGREEMENT["gap"])
    _, y = parity(np.random.default_rng(99), 400, PARITY["longer"])
    return {
        TASKS[0]: {
            name: gap[name]
            for name in ("the more frequent verb", "linear, a bag of words", "linear, each word with its place")
        },
        TASKS[1]: {
            "always even": float(np.mean(y == 0)),
            **{f"table of the last {k} symbols": parity_table(k) for k in (3, 6, 10)},
            "a rule that counts": parity_counted(),
        },
        TASKS[2]: {"n-grams": names_by_counting()},
        "sentences with mixed gaps": {"table of the second word": second_word_table()},
    }


# ------------------------------------------------------------------------------------------------ the gates of a trained network

AFTER_THE_SUBJECT = {"its own": None, "closed": 0.0, "half open": 0.5, "open": 1.0}


def look(network: str, seed: int) -> dict[str, Any]:
    """The gates of one network by the role of a word, and its accuracy when its gates behind the subject are set by hand."""
    params = gate.train(network, seed)
    own = {str(gap): gate.accuracy(params, gap) for gap in (8, gate.FAR)}
    forced = {
        name: gate.accuracy(params, 8, lambda t, value=value: value if t > 1 else None)  # type: ignore[misc]
        for name, value in AFTER_THE_SUBJECT.items()
    }
    ideal = gate.accuracy(params, 8, lambda t: float(t == 1))
    after = gate.accuracy(params, 8, reset="after")
    return {
        "network": network,
        "seed": seed,
        "accuracy": own,
        "behind the subject": forced,
        "open at the subject alone": ideal,
        "reset after": after,
        "candidate blinded": gate.accuracy(params, 8, blind_from=2),
        "half open": gate.half_open(params),
        "gates": gate.gates_by_role(params),
    }


def plain(seed: int) -> dict[str, float]:
    """The accuracy of a plain recurrent network on the same sentences, by gap."""
    params = gate.train("plain RNN", seed)
    scores = {}
    for gap in (8, gate.FAR):
        x, y = gate.arrays(gap, "test")
        scores[str(gap)] = float(np.mean(classify(params, x, cell="rnn").argmax(axis=0) == y))
    return scores


def counting_gates(seed: int) -> dict[str, Any]:
    """Both gates of the unit that holds the count, averaged over the steps at which each symbol is read, in a network of two units."""
    params, score = learn_parity("gru", seed)
    own = part(params, "1/")
    x, _ = parity(np.random.default_rng(99), 400, PARITY["longer"])
    c, _, caches = seqlib.gru_forward(x, np.zeros((PARITY["n_a"], 400), x.dtype), own)
    unit = int((np.abs(params["Wy"][0] - params["Wy"][1]) * c.std(axis=(1, 2))).argmax())
    symbols = x.argmax(axis=0)
    means = {
        symbol: [float(caches[1][gate, unit][symbols == i].mean()) for gate in (0, 1)]
        for i, symbol in enumerate(("0", "1", "restart"))
    }
    return {"seed": seed, "score": score("gru"), "gates": means}


# ------------------------------------------------------------------------------------------------ the stored result


def made_looks() -> list[dict[str, Any]]:
    """Every network of the live figure's two kinds, looked into."""
    return [look(network, seed) for network in gate.NETWORKS for seed in SEEDS]


def made_runs() -> list[dict[str, Any]]:
    """Every variant on every task from every seed."""
    rows: list[dict[str, Any]] = []
    for task in TASKS:
        for variant in VARIANTS:
            rows += (some := [compare(task, variant, seed) for seed in SEEDS])
            scores = [row["score"] for row in some]
            print(f"{task}, {variant}: {min(scores):.3f} {np.median(scores):.3f} {max(scores):.3f}", flush=True)
    return rows


def _agreement() -> str:
    dataset = long_term.task(AGREEMENT["gap"]).dataset
    return repr((AGREEMENT, long_term.SIZES, long_term.TRAINING)) + digest(dataset.train) + digest(dataset.test)


def _tasks() -> str:
    return repr((VARIANTS, OTHER, SEEDS, PARITY, NAMES, names()[1])) + _agreement()


AGREED = (update, learn_agreement, long_term.task, long_term.accuracy)
COUNTED = (update, parity, learn_parity)
MEASURED = Measured(
    "gates",
    {
        "looks": Part(
            lambda: {"result": made_looks()},
            (made_looks, look, *gate.code()),
            lambda: repr((SEEDS, AFTER_THE_SUBJECT)) + gate.data(),
        ),
        "plain": Part(
            lambda: {"result": [plain(seed) for seed in SEEDS]},
            (plain, *gate.code()),
            lambda: repr(SEEDS) + gate.data(),
        ),
        "counting": Part(
            lambda: {"result": [counting_gates(seed) for seed in SEEDS]},
            (counting_gates, *COUNTED),
            lambda: repr((SEEDS, PARITY)),
        ),
        "runs": Part(
            lambda: {"result": made_runs()},
            (made_runs, compare, names, learn_names, *AGREED, *COUNTED),
            _tasks,
        ),
        "open reset": Part(
            lambda: {"result": [reset_opened(variant, seed) for variant in OTHER for seed in SEEDS]},
            (reset_opened, *AGREED),
            lambda: repr((OTHER, SEEDS)) + _agreement(),
        ),
        "baselines": Part(
            lambda: {"result": baselines()},
            (
                *(baselines, parity, parity_table, parity_counted, second_word_table, names, names_by_counting),
                *(long_term.task, long_term.linear, long_term.baselines, *gate.code()),
            ),
            lambda: _tasks() + gate.data(),
        ),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
