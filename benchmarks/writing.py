"""What lesson 7's models write, measured: `python -m benchmarks.writing [PART ...]`.

names: a GRU, letter by letter, and the n-gram model that the development part picks, each written from with five seeds at several
temperatures and with the most probable words cut off: how many names are new, how many of these exist, whether lengths and
letters are those of names, and what held-out names cost. levels: one text, word by word and letter by letter.
"""

from __future__ import annotations

import os

# the matrices are small: a second BLAS thread costs more than it brings
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

import seqlib
from benchmarks.measured import Measured, Part
from seqlib import Vocabulary, data
from seqlib.batches import pad_batch
from seqlib.beam import Step
from seqlib.language_model import decoder_forward, language_model_loss, next_word
from seqlib.ngrams import NGram, steps_of
from seqlib.support.types import Array, Params
from seqlib.training import example_batches

SEEDS = (1, 2, 3, 4, 5)
TEMPERATURES = (0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0)
CUT_OFFS: dict[str, dict[str, Any]] = {
    "k = 3": {"top_k": 3},
    "k = 8": {"top_k": 8},
    "p = 0.8": {"nucleus": 0.8},
    "p = 0.95": {"nucleus": 0.95},
}
NAMES: dict[str, Any] = {"n_e": 16, "n_a": 64, "epochs": 16, "size": 32, "rate": 0.005}
LETTERS: dict[str, Any] = {"n_e": 16, "n_a": 128, "epochs": 15, "size": 16, "rate": 0.005}
WORDS: dict[str, Any] = {"n_e": 48, "n_a": 96, "epochs": 10, "size": 16, "rate": 0.005}
WRITTEN = 700  # about as many names as are held out
LONGEST = 20  # letters of a name
SENTENCES = 60
Sequences = list[list[int]]

# ------------------------------------------------------------------------------------------------ models


def fit(train: Sequences, valid: Sequences, n_y: int, how: dict[str, Any], seed: int) -> tuple[Params, float]:
    """A GRU as it was after the epoch in which the development part was most probable, and the CPU seconds of an epoch."""
    sizes: dict[str, Any] = {"n_x": how["n_e"], "n_a": how["n_a"], "n_y": n_y, "n_words": n_y}
    params = seqlib.network_parameters(np.random.default_rng(seed), cell="gru", dtype=np.float32, **sizes)
    best: Params = {}
    losses: list[float] = []

    def evaluate(params: Params) -> float:
        nonlocal best
        losses.append(-float(np.concatenate(log_p(params, valid)).mean()))
        if losses[-1] == min(losses):
            best = {name: value.copy() for name, value in params.items()}
        return losses[-1]

    def step(params: Params, batch: tuple[Array, Array]) -> tuple[float, dict[str, Array]]:
        return language_model_loss(params, *batch, cell="gru", reduction="token")

    batches = example_batches(train, how["size"], pad_batch, list(map(len, train)))
    began = time.process_time()
    optimiser = seqlib.Adam(how["rate"])
    seqlib.train(
        params, step, batches, epochs=how["epochs"], optimiser=optimiser, evaluate=evaluate, seed=seed, progress=False
    )
    return best, (time.process_time() - began) / how["epochs"]


def log_p(params: Params, sequences: Sequences, temperature: float = 1.0, size: int = 64) -> list[Array]:
    """log P of each token of each sequence given those before it."""
    found = []
    for start in range(0, len(sequences), size):
        tokens, mask = pad_batch(sequences[start : start + size])
        logits, _ = decoder_forward(tokens, params, "gru", mask=mask)
        right = np.take_along_axis(seqlib.log_softmax(logits / temperature), tokens[None], axis=0)[0]  # (m, T_x)
        found += [row[real > 0].astype(float) for row, real in zip(right, mask, strict=True)]
    return found


def counted(train: Sequences, valid: Sequences, n_y: int) -> tuple[NGram, dict[str, Any]]:
    """The n-gram model that makes the development part most probable, and its settings."""
    settings = [
        {"order": order, **smoothing}
        for order in (2, 3, 4, 5, 6)
        for smoothing in (
            {"smoothing": "witten_bell"},
            *({"smoothing": "kneser_ney", "discount": discount} for discount in (0.6, 0.75, 0.9)),
        )
    ]

    def loss(setting: dict[str, Any]) -> float:
        model = NGram(train, n_y, **setting)
        return -sum(float(model.log_probabilities(sequence).sum()) for sequence in valid)

    best = min(settings, key=loss)
    return NGram(train, n_y, **best), best


# ------------------------------------------------------------------------------------------------ names


@cache
def names() -> tuple[dict[str, list[str]], Vocabulary]:
    """First names of several languages: those of each split, and their letters."""
    dataset = data.first_names()
    splits = {split: ["".join(e.x) for e in getattr(dataset, split)] for split in ("train", "valid", "test")}
    return splits, Vocabulary(sorted({letter for name in splits["train"] for letter in name}), unknown=False)


def coded(split: str) -> Sequences:
    """The names of a split as indices, each with its end."""
    return [names()[1].encode(list(name), end=True) for name in names()[0][split]]


def distance(some: Sequence[Any], others: Sequence[Any]) -> float:
    """Total variation: half the sum of the differences between two tables of frequencies; 0 the same, 1 nothing in common."""
    one, other = Counter(some), Counter(others)
    return sum(abs(one[key] / len(some) - other[key] / len(others)) for key in one | other) / 2


def letters_of(some: Sequence[str]) -> list[str]:
    """Pairs of neighbouring letters of names, their borders among them."""
    return [f"^{name}$"[i : i + 2] for name in some for i in range(len(name) + 1)]


def describe(written: Sequence[str]) -> dict[str, float]:
    """What names are like beside those of the data. Shares of the names written: new, different; of the new ones, those that exist held out."""
    splits, _ = names()
    held_out = [*splits["valid"], *splits["test"]]
    new = [name for name in written if name not in set(splits["train"])]
    found = {
        "new": len(new) / len(written),
        "different": len(set(written)) / len(written),
        "exist": float(np.mean([name in set(held_out) for name in set(new)])) if new else 0.0,
        "length": float(np.mean(list(map(len, written)))),
        "spread": float(np.std(list(map(len, written)))),
        "lengths": distance(list(map(len, written)), list(map(len, held_out))),
        "pairs": distance(letters_of(written), letters_of(held_out)),
    }
    return {name: round(value, 4) for name, value in found.items()}


def write(step: Step, seed: int, **how: Any) -> list[str]:
    """Names written by a model."""
    letters = names()[1]
    draw = seqlib.sampler(np.random.default_rng(seed), **how)
    options: dict[str, Any] = {"max_length": LONGEST, "reject": [letters.pad]}
    return ["".join(letters.decode(seqlib.generate(step, draw, letters.end, **options))) for _ in range(WRITTEN)]


def written_from(step: Step, bits: Callable[[float], float], seed: int) -> dict[str, Any]:
    """A model's names at each temperature, with the bits per character of held-out names, and with cut-offs."""
    found: dict[str, Any] = {}
    for temperature in TEMPERATURES:
        some = write(step, seed, temperature=temperature)
        found[str(temperature)] = {**describe(some), "bits": round(bits(temperature), 4)}
        if temperature in (0.5, 1.0, 1.5):
            found[str(temperature)]["some"] = some[:12]
    return found | {name: describe(write(step, seed, **how)) for name, how in CUT_OFFS.items()}


def of_names() -> dict[str, Any]:
    """Both models' names, for five seeds of training and writing (of writing alone for the n-gram model, which has no other chance)."""
    splits, letters = names()
    test, n_y = coded("test"), len(letters)
    characters = sum(map(len, test))
    models: dict[str, Any] = {"gru": [], "n-gram": []}
    for seed in SEEDS:
        params, _ = fit(coded("train"), coded("valid"), n_y, NAMES, seed)
        models["gru"].append(
            written_from(
                next_word(params, "gru"),
                lambda T, p=params: seqlib.bits_per_character(-sum(row.sum() for row in log_p(p, test, T)), characters),
                seed,
            )
        )
        print("gru", seed, models["gru"][-1]["1.0"], flush=True)
    model, setting = counted(coded("train"), coded("valid"), n_y)
    step = steps_of(model)

    def bits(temperature: float) -> float:
        total = 0.0
        for name in test:
            state: Any = None
            for before, letter in zip([None, *name[:-1]], name, strict=True):
                log_probabilities, state = step(state, before)
                total -= float(seqlib.log_softmax(log_probabilities / temperature)[letter])
        return seqlib.bits_per_character(total, characters)

    models["n-gram"] = [written_from(step, bits, seed) for seed in SEEDS]
    rng = np.random.default_rng(0)
    held_out = len(splits["valid"]) + len(splits["test"])
    some = [describe(list(rng.choice(splits["train"], held_out, replace=False))) for _ in SEEDS]
    print("n-gram", setting, models["n-gram"][0]["1.0"], flush=True)
    sizes = {split: len(splits[split]) for split in splits}
    found = {"how": NAMES, "written": WRITTEN, "sizes": sizes, "characters": characters, "picked": setting}
    return {**found, "models": models, "real": some}


# ------------------------------------------------------------------------------------------------ words and letters


@cache
def text() -> dict[str, list[list[str]]]:
    """The sentences of the documentation, each as its words in lower case."""
    dataset = data.python_corpus()
    return {split: [list(e.x) for e in getattr(dataset, split)] for split in ("train", "valid", "test")}


def joined(split: str) -> list[str]:
    """The sentences of a split as texts."""
    return [" ".join(words) for words in text()[split]]


def spelling_bits(words: Sequence[str]) -> float:
    """Bits that the letters of words cost, their ends counted, by letters' n-grams of the training text's rare words."""
    counts = Counter(word for words in text()["train"] for word in words)
    rare = [word for word, count in counts.items() if count == 1]
    letters = Vocabulary(sorted({letter for word in counts for letter in word}))
    model = NGram([letters.encode(list(word), end=True) for word in rare], len(letters), 4)
    return -sum(float(model.log_probabilities(letters.encode(list(word), end=True)).sum()) for word in words) / np.log(
        2
    )


def pieces(written: Sequence[str]) -> dict[str, float]:
    """Of what was written, the share of the words that the training text has, and of the pairs and threes of words."""
    seen = [set(), set(), set()]  # type: list[set[tuple[str, ...]]]
    for words in text()["train"]:
        for n in (1, 2, 3):
            seen[n - 1] |= {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}
    found = {}
    for n, name in ((1, "words"), (2, "pairs"), (3, "threes")):
        some = [tuple(s.split()[i : i + n]) for s in written for i in range(len(s.split()) - n + 1)]
        found[name] = round(float(np.mean([piece in seen[n - 1] for piece in some])), 4)
    return found


def level(splits: dict[str, list[list[str]]], tokens: Vocabulary, how: dict[str, Any], join: str, longest: int) -> Any:
    """One model of the text for each seed: its cost, held-out bits of the whole test text, and what it writes at temperature 0.7."""
    sequences = {split: [tokens.encode(s, end=True) for s in some] for split, some in splits.items()}
    characters = sum(len(s) + 1 for s in joined("test"))
    unknown = [token for s in splits["test"] for token in s if token not in tokens]
    extra = spelling_bits(unknown) if join else 0.0
    reject = [tokens[token] for token in ("<PAD>", "<UNK>")]
    rows = []
    for seed in SEEDS:
        params, seconds = fit(sequences["train"], sequences["valid"], len(tokens), how, seed)
        nats = -sum(float(row.sum()) for row in log_p(params, sequences["test"]))
        step, draw = next_word(params, "gru"), seqlib.sampler(np.random.default_rng(seed), temperature=0.7)
        written = [
            join.join(tokens.decode(seqlib.generate(step, draw, tokens.end, max_length=longest, reject=reject)))
            for _ in range(SENTENCES)
        ]
        bits = (nats / np.log(2) + extra) / characters
        rows.append(
            {"bits": round(float(bits), 4), "seconds": round(seconds, 2), **pieces(written), "some": written[:5]}
        )
        print(how["n_a"], rows[-1], flush=True)
    length = float(np.mean([len(s) for s in sequences["train"]]))
    weights = sum(value.size for value in params.values())
    facts = {"n_y": len(tokens), "tokens": round(length, 1), "weights": weights, "unknown": len(unknown)}
    return {"how": how, **facts, "seeds": rows}


def of_levels() -> dict[str, Any]:
    """The documentation word by word and letter by letter."""
    counts = Counter(word for words in text()["train"] for word in words)
    words = Vocabulary(sorted(word for word, count in counts.items() if count > 1))
    letters = Vocabulary(sorted({letter for s in joined("train") for letter in s}))
    by_letter = {split: [list(s) for s in joined(split)] for split in text()}
    total = sum(len(words) for words in text()["test"])
    return {
        "sentences": {split: len(some) for split, some in text().items()},
        "written": SENTENCES,
        "words of the test part": total,
        "words": level(text(), words, WORDS, " ", 40),
        "letters": level(by_letter, letters, LETTERS, "", 240),
    }


# ------------------------------------------------------------------------------------------------ what is stored

MEASURED = Measured(
    "writing",
    {
        "names": Part(
            of_names,
            (fit, log_p, of_names, written_from, write, describe, counted),
            lambda: repr((SEEDS, TEMPERATURES, CUT_OFFS, NAMES, WRITTEN, LONGEST, names()[0]["train"])),
        ),
        "levels": Part(
            of_levels,
            (fit, log_p, of_levels, level, pieces, spelling_bits),
            lambda: repr((SEEDS, LETTERS, WORDS, SENTENCES, text()["train"])),
        ),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
