"""Lesson 6's language models, scored on held-out text: `python -m benchmarks.language_models [PART ...]`.

Three corpora, each with counted models (uniform, single words, bigrams, the best n-gram that the development part picks) and
recurrent ones (RNN, GRU, LSTM, five seeds each; size, learning rate and epoch are those that the development part picks). Two parts more: which words of
the documentation each kind of model predicts better, and how a perplexity near 1 on the training text is had by learning it
by heart.
"""

from __future__ import annotations

import os

# the matrices are small: a second BLAS thread costs more than it brings
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np

import seqlib
from benchmarks.measured import Measured, Part
from seqlib import NGram, Vocabulary, data
from seqlib.batches import pad_batch
from seqlib.data.dataset import Example
from seqlib.language_model import decoder_forward, language_model_loss
from seqlib.support.types import Array, Params
from seqlib.training import example_batches

SEEDS = (1, 2, 3, 4, 5)
CELLS = ("rnn", "gru", "lstm")
SPLITS = ("train", "valid", "test")
Sentences = list[list[int]]
Model = Callable[[list[int]], Array]  # log P of each word of a sentence given those before it

# ------------------------------------------------------------------------------------------------ the corpora


@dataclass(frozen=True)
class Corpus:
    """Sentences as indices, each with its end; `characters` of the test text, ends counted; `pairs` of sentences that sound alike."""

    text: dict[str, Sentences]
    n_y: int
    orders: tuple[int, ...]
    how: tuple[dict[str, Any], ...]
    characters: int | None = None
    pairs: list[tuple[list[int], list[int]]] = field(default_factory=list)

    @property
    def train(self) -> Sentences:
        """What is trained on."""
        return self.text["train"]

    @property
    def valid(self) -> Sentences:
        """What decides between settings."""
        return self.text["valid"]

    @property
    def test(self) -> Sentences:
        """What the scores are of."""
        return self.text["test"]

    def tokens(self, split: str) -> int:
        """The number of words, or letters, of a split, ends counted."""
        return sum(map(len, self.text[split]))


def coded(dataset: data.Dataset, vocabulary: Vocabulary) -> dict[str, Sentences]:
    """The sentences of each split, each with its end."""
    return {split: [vocabulary.encode(e.x, end=True) for e in getattr(dataset, split)] for split in SPLITS}


def known_words(examples: Sequence[Example], least: int = 1) -> list[str]:
    """The words that occur at least so often."""
    counts = Counter(word for example in examples for word in example.x)
    return sorted(word for word, count in counts.items() if count >= least)


@cache
def homophones() -> Corpus:
    """Words of sentences from templates; the text is small and regular."""
    dataset = data.homophone_sentences()
    words = Vocabulary(known_words(dataset.train))
    return Corpus(
        coded(dataset, words),
        n_y=len(words),
        orders=(2, 3, 4, 5),
        how=tuple(
            {"n_e": 24, "n_a": n_a, "epochs": 14, "size": 32, "rate": rate}
            for n_a in (32, 64)
            for rate in (0.005, 0.01)
        ),
        characters=sum(len(" ".join(e.x)) + 1 for e in dataset.test),
        pairs=[(words.encode(e.x, end=True), words.encode(e.y, end=True)) for e in dataset.test],
    )


@cache
def documentation() -> Corpus:
    """Words of real prose, and little of it; what occurs once is <UNK>."""
    dataset = data.python_corpus()
    words = Vocabulary(known_words(dataset.train, least=2))
    how = tuple(
        {"n_e": n_a // 2, "n_a": n_a, "epochs": 10, "size": 16, "rate": rate}
        for n_a in (64, 128)
        for rate in (0.002, 0.005)
    )
    return Corpus(coded(dataset, words), n_y=len(words), orders=(2, 3, 4), how=how)


@cache
def names() -> Corpus:
    """Letters of first names."""
    dataset = data.first_names()
    letters = Vocabulary(known_words(dataset.train), unknown=False)
    how = tuple(
        {"n_e": 16, "n_a": n_a, "epochs": 16, "size": 32, "rate": rate}
        for n_a in (32, 64, 128)
        for rate in (0.002, 0.005)
    )
    splits = coded(dataset, letters)
    characters = sum(map(len, splits["test"]))
    return Corpus(splits, n_y=len(letters), orders=(2, 3, 4, 5, 6), how=how, characters=characters)


CORPORA = {"homophones": homophones, "documentation": documentation, "names": names}

# ------------------------------------------------------------------------------------------------ recurrent models


def log_p(params: Params, cell: str, sentences: Sentences, size: int = 64) -> list[Array]:
    """log P of each word of each sentence given those before it."""
    found = []
    for start in range(0, len(sentences), size):
        tokens, mask = pad_batch(sentences[start : start + size])
        logits, _ = decoder_forward(tokens, params, cell, mask=mask)
        right = np.take_along_axis(seqlib.log_softmax(logits), tokens[None], axis=0)[0]  # (m, T_x)
        found += [row[real > 0].astype(float) for row, real in zip(right, mask, strict=True)]
    return found


def mean_loss(of_words: Sequence[Array]) -> float:
    """Minus the mean log P of a word."""
    return -float(np.concatenate(of_words).mean())


@cache
def picked(corpus: Callable[[], Corpus]) -> dict[str, Any]:
    """The sizes and the rate with which a GRU from a seed of its own does best on the development part."""
    losses = [min(fit(corpus(), how, "gru", seed=0)[1]["valid"]) for how in corpus().how]
    return corpus().how[int(np.argmin(losses))]


def fit(corpus: Corpus, how: dict[str, Any], cell: str, seed: int) -> tuple[Params, dict[str, Any]]:
    """Train, and keep the parameters of the epoch after which the development part is most probable."""
    sizes: dict[str, Any] = {"n_x": how["n_e"], "n_a": how["n_a"], "n_y": corpus.n_y, "n_words": corpus.n_y}
    params = seqlib.network_parameters(np.random.default_rng(seed), cell=cell, dtype=np.float32, **sizes)
    losses: dict[str, list[float]] = {"train": [], "valid": []}
    best: Params = {}

    def evaluate(params: Params) -> float:
        nonlocal best
        losses["train"].append(mean_loss(log_p(params, cell, corpus.train[:: max(1, len(corpus.train) // 300)])))
        losses["valid"].append(mean_loss(log_p(params, cell, corpus.valid)))
        if losses["valid"][-1] == min(losses["valid"]):
            best = {name: value.copy() for name, value in params.items()}
        return losses["valid"][-1]

    def step(params: Params, batch: tuple[Array, Array]) -> tuple[float, dict[str, Array]]:
        return language_model_loss(params, *batch, cell=cell, reduction="token")

    batches = example_batches(corpus.train, how["size"], pad_batch, list(map(len, corpus.train)))
    optimiser = seqlib.Adam(how["rate"])
    epochs = how["epochs"]
    seqlib.train(
        params, step, batches, epochs=epochs, optimiser=optimiser, evaluate=evaluate, seed=seed, progress=False
    )
    return best, {name: [round(float(np.exp(value)), 3) for value in some] for name, some in losses.items()}


# ------------------------------------------------------------------------------------------------ counted models


def add_one(corpus: Corpus) -> Model:
    """Bigrams with 1 added to every count."""
    counts = np.ones((corpus.n_y, corpus.n_y + 1))
    for sentence in corpus.train:
        np.add.at(counts, (sentence, [corpus.n_y, *sentence[:-1]]), 1)
    log_p = np.log(counts / counts.sum(axis=0))
    return lambda sentence: np.asarray(log_p[sentence, [corpus.n_y, *sentence[:-1]]])


def choices(orders: Sequence[int]) -> list[tuple[int, dict[str, Any]]]:
    """Every order with every smoothing and its number."""
    smoothings: list[dict[str, Any]] = [{"smoothing": "witten_bell"}]
    smoothings += [{"smoothing": "dirichlet", "strength": s} for s in (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)]
    smoothings += [{"smoothing": "kneser_ney", "discount": d} for d in (0.5, 0.6, 0.7, 0.8, 0.9)]
    return list(itertools.product(orders, smoothings))


def counted(corpus: Corpus) -> dict[str, tuple[Model, dict[str, Any]]]:
    """The models that count, each with what the development part picked for it."""

    def loss(order: int, smoothing: dict[str, Any]) -> float:
        model = NGram(corpus.train, corpus.n_y, order, **smoothing)
        return mean_loss([model.log_probabilities(sentence) for sentence in corpus.valid])

    def pick(options: list[tuple[int, dict[str, Any]]]) -> tuple[Model, dict[str, Any]]:
        order, smoothing = min(options, key=lambda option: loss(*option))
        return NGram(corpus.train, corpus.n_y, order, **smoothing).log_probabilities, {"order": order, **smoothing}

    prior = [(2, how) for _, how in choices((2,)) if how["smoothing"] == "dirichlet"]
    return {
        "uniform": (lambda sentence: np.full(len(sentence), -np.log(corpus.n_y)), {}),
        "unigram": (NGram(corpus.train, corpus.n_y, 1, smoothing="dirichlet").log_probabilities, {"order": 1}),
        "bigram, one added": (add_one(corpus), {"order": 2}),
        "bigram": pick(prior),
        "n-gram": pick(choices(corpus.orders)),
    }


# ------------------------------------------------------------------------------------------------ scores


def scores(corpus: Corpus, model: Model) -> dict[str, Any]:
    """Perplexity of each split, bits per character of the test text, and the share of pairs ranked right, ties counting half."""
    found: dict[str, Any] = {}
    for split in SPLITS:
        found[split] = round(float(np.exp(mean_loss([model(sentence) for sentence in corpus.text[split]]))), 3)
    if corpus.characters:
        total = -sum(float(model(sentence).sum()) for sentence in corpus.test)
        found["bits"] = round(seqlib.bits_per_character(total, corpus.characters), 4)
    if corpus.pairs:
        gaps = np.array([model(right).sum() - model(wrong).sum() for right, wrong in corpus.pairs])
        found["pairs"] = round(float(np.mean((gaps > 1e-9) + 0.5 * (np.abs(gaps) <= 1e-9))), 4)
    return found


def recurrent(params: Params, cell: str, corpus: Corpus) -> Model:
    """log P of a sentence's words by a trained network; all that `scores` asks for is worked out at once."""
    wanted = [*corpus.train, *corpus.valid, *corpus.test, *itertools.chain.from_iterable(corpus.pairs)]
    known = dict(zip(map(tuple, wanted), log_p(params, cell, wanted), strict=True))
    return lambda sentence: known[tuple(sentence)]


def mixed(one: Model, other: Model, valid: Sentences) -> Model:
    """The weighted mean of the probabilities of two models, with the weight that the development part picks."""

    def both(share: float) -> Model:
        return lambda s: np.asarray(np.logaddexp(np.log(share) + one(s), np.log(1 - share) + other(s)))

    return min(
        (both(share) for share in (0.1, 0.3, 0.5, 0.7, 0.9)),
        key=lambda model: mean_loss([model(sentence) for sentence in valid]),
    )


def of_corpus(of: Callable[[], Corpus]) -> dict[str, Any]:
    """Every model's scores on one corpus; a list of five for the recurrent ones and for what is mixed with them."""
    models: dict[str, Any] = {}
    corpus, how = of(), picked(of)
    by_count = counted(corpus)
    for name, (model, chosen) in by_count.items():
        models[name] = {"picked": chosen, "scores": [scores(corpus, model)]}
    n_gram = remembered(by_count["n-gram"][0])
    for cell in CELLS:
        models[cell] = {"scores": [], "curves": [], "seconds": []}
        both: list[dict[str, Any]] = []
        for seed in SEEDS:
            began = time.process_time()
            params, curves = fit(corpus, how, cell, seed)
            models[cell]["seconds"].append(round(time.process_time() - began, 1))
            model = recurrent(params, cell, corpus)
            models[cell]["scores"].append(scores(corpus, model))
            models[cell]["curves"].append(curves)
            both.append(scores(corpus, mixed(model, n_gram, corpus.valid)))
        models[f"{cell} and n-gram"] = {"scores": both}
        print(cell, [row["test"] for row in models[cell]["scores"]], models[cell]["seconds"], flush=True)
    sizes = {split: {"sentences": len(corpus.text[split]), "tokens": corpus.tokens(split)} for split in SPLITS}
    return {"n_y": corpus.n_y, "sizes": sizes, "how": how, "models": models}


def remembered(model: Model) -> Model:
    """The same model, which works out each sentence once."""
    known: dict[tuple[int, ...], Array] = {}

    def of_words(sentence: list[int]) -> Array:
        key = tuple(sentence)
        if key not in known:
            known[key] = model(sentence)
        return known[key]

    return of_words


# ------------------------------------------------------------------------------------------------ who predicts what

KINDS = ("the three words", "the last two", "neither")


def kind_of_word(corpus: Corpus) -> Callable[[list[int]], list[str]]:
    """For each word of a sentence, what of it and the two words before occurs together in the training text."""
    seen: set[tuple[int, ...]] = set()
    for sentence in corpus.train:
        padded = [-1, -1, *sentence]
        seen |= {tuple(padded[t - k : t + 1]) for t in range(2, len(padded)) for k in (1, 2)}

    def kinds(sentence: list[int]) -> list[str]:
        padded = [-1, -1, *sentence]
        return [
            KINDS[0]
            if tuple(padded[t - 2 : t + 1]) in seen
            else KINDS[1]
            if tuple(padded[t - 1 : t + 1]) in seen
            else KINDS[2]
            for t in range(2, len(padded))
        ]

    return kinds


def who_predicts_what() -> dict[str, Any]:
    """The loss of the best n-gram and of the GRUs on test words of the documentation, by what was seen in training."""
    corpus = documentation()
    kinds = kind_of_word(corpus)
    of_word = np.array([kind for sentence in corpus.test for kind in kinds(sentence)])
    best = counted(corpus)["n-gram"][0]
    n_gram = np.concatenate([best(sentence) for sentence in corpus.test])
    gru = [
        np.concatenate(log_p(fit(corpus, picked(documentation), "gru", seed)[0], "gru", corpus.test)) for seed in SEEDS
    ]
    return {
        kind: {
            "share": round(float(np.mean(of_word == kind)), 4),
            "n-gram": round(-float(n_gram[of_word == kind].mean()), 4),
            "gru": [round(-float(one[of_word == kind].mean()), 4) for one in gru],
        }
        for kind in KINDS
    }


# ------------------------------------------------------------------------------------------------ learning by heart

HEART: dict[str, Any] = {"n_e": 16, "n_a": 128, "size": 10, "rate": 0.005, "updates": 600, "every": 30}


@cache
def letters_of_documentation() -> Corpus:
    """The documentation letter by letter."""
    dataset = data.python_corpus()
    texts = {split: [e.y for e in getattr(dataset, split)] for split in SPLITS}
    letters = Vocabulary(sorted({letter for text in texts["train"] for letter in text}))
    splits = {split: [letters.encode(list(text), end=True) for text in some] for split, some in texts.items()}
    return Corpus(splits, n_y=len(letters), orders=(), how=(HEART,))


def learn_by_heart(sentences: int, seed: int) -> dict[str, list[float]]:
    """Perplexities per letter, of the sentences trained on and of held-out ones, while a GRU learns so many sentences."""
    corpus = letters_of_documentation()
    rng = np.random.default_rng(seed)
    train = [corpus.train[int(i)] for i in rng.permutation(len(corpus.train))[:sentences]]
    sizes: dict[str, Any] = {"n_x": HEART["n_e"], "n_a": HEART["n_a"], "n_y": corpus.n_y, "n_words": corpus.n_y}
    params = seqlib.network_parameters(rng, cell="gru", dtype=np.float32, **sizes)
    optimiser = seqlib.Adam(HEART["rate"])
    batches = example_batches(train, HEART["size"], pad_batch, list(map(len, train)))
    curves: dict[str, list[float]] = {"train": [], "test": []}
    endless = itertools.chain.from_iterable(batches(rng) for _ in itertools.count())
    rates = np.linspace(HEART["rate"], HEART["rate"] / 20, HEART["updates"])
    for update, (rate, (tokens, mask)) in enumerate(zip(rates, endless, strict=False), start=1):
        optimiser.learning_rate = float(rate)
        _, gradients = language_model_loss(params, tokens, mask, cell="gru", reduction="token")
        optimiser.update(params, seqlib.clip_by_norm(gradients_of(params, gradients), 5.0))
        if update % HEART["every"] == 0:
            for name, some in (("train", train[:60]), ("test", corpus.test[:60])):
                curves[name].append(round(float(np.exp(mean_loss(log_p(params, "gru", some)))), 4))
    return curves


def gradients_of(params: Params, gradients: dict[str, Any]) -> dict[str, Array]:
    """The gradients of the parameters alone, without those of the first states."""
    return {"d" + name: gradients["d" + name] for name in params}


def by_heart() -> dict[str, Any]:
    """Curves for three sizes of training text, and the lowest perplexity that is possible on it."""
    corpus = letters_of_documentation()
    found: dict[str, Any] = {}
    for sentences in (10, 100, len(corpus.train)):
        curves = [learn_by_heart(sentences, seed) for seed in SEEDS]
        found[str(sentences)] = {
            "letters": round(sentences * corpus.tokens("train") / len(corpus.train)),
            "train": [curve["train"] for curve in curves],
            "test": [curve["test"] for curve in curves],
        }
        print(sentences, [(c["train"][-1], c["test"][-1], min(c["test"])) for c in curves], flush=True)
    return {"how": HEART, "n_y": corpus.n_y, "sizes": found}


# ------------------------------------------------------------------------------------------------ what is stored

OF_CORPUS = (of_corpus, picked, fit, log_p, mean_loss, counted, choices, add_one, scores, recurrent, mixed)


def _part(make: Callable[[], dict[str, Any]], code: Sequence[Callable[..., Any]], text: Callable[[], Corpus]) -> Part:
    def rest() -> str:
        corpus = text()
        return repr([corpus.text, corpus.how, corpus.orders, corpus.pairs])

    return Part(make, code, rest)


MEASURED = Measured(
    "language_models",
    {
        **{name: _part(partial(of_corpus, corpus), OF_CORPUS, corpus) for name, corpus in CORPORA.items()},
        "who predicts what": _part(
            who_predicts_what,
            (who_predicts_what, kind_of_word, picked, fit, log_p, counted, choices),
            documentation,
        ),
        "by heart": _part(by_heart, (by_heart, learn_by_heart, log_p, mean_loss), letters_of_documentation),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
