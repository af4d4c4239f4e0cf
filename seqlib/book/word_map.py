"""A map of word vectors, the live figure of lesson 13: the book's own, of the fixed-window model, and the table of six words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from seqlib import fast
from seqlib.batches import shuffled_batches
from seqlib.book import live
from seqlib.book.live import digest, pack, pack_exactly, unpack
from seqlib.data import people, people_sentences
from seqlib.data.dataset import Dataset
from seqlib.embeddings import analogy
from seqlib.optimisers import Adam
from seqlib.support.swap import using
from seqlib.support.types import Array, Params
from seqlib.training import train
from seqlib.vocabulary import Vocabulary
from seqlib.window_model import window_examples, window_loss, window_parameters

HOW: dict[str, Any] = {"k": 5, "n_e": 32, "n_h": 64, "epochs": 6, "size": 64, "rate": 0.003, "seed": 1}
# item 13.1: gender, royal, age, food
TABLE = {
    "man": (-1, 0.01, 0.05, 0.001),
    "woman": (1, 0.02, 0.02, 0.002),
    "king": (-0.95, 0.90, 0.7, 0.0001),
    "queen": (0.97, 0.98, 0.68, 0.0002),
    "apple": (0, 0.05, 0.001, 0.95),
    "orange": (0.001, -0.01, -0.4, 0.90),
}


@cache
def sentences() -> Dataset:
    """What the model learns from."""
    return people_sentences()


def vocabulary() -> Vocabulary:
    """The words of the sentences."""
    return Vocabulary(sorted({word for example in sentences().train for word in example.x}))


def shown_words() -> dict[str, list[str]]:
    """The words of the map, by group."""
    persons = list(people.ROLES.values())
    return {
        "one person": [word for he, she, *_ in persons for word in (he, she)],
        "several": [word for _, _, men, women, _ in persons for word in (men, women)],
        "fruit": [word for one, many, *_ in people.FRUIT.values() for word in (one, many)],
        "verbs": [form for verb in people.verbs() for form in (verb, people.past_tense(verb))],
    }


def pairs() -> dict[str, list[tuple[str, str]]]:
    """Pairs of words that differ in one thing."""
    persons = list(people.ROLES.values())
    return {
        "gender": [(he, she) for he, she, *_ in persons],
        "number": [pair for he, she, men, women, _ in persons for pair in ((he, men), (she, women))],
        "past": [(verb, people.past_tense(verb)) for verb in people.verbs()],
    }


def train_window() -> Params:
    """The fixed-window model of the book's sentences about people and fruit."""
    words, n_y = vocabulary(), len(vocabulary())
    coded = [words.encode(example.x, end=True) for example in sentences().train]
    windows, following = window_examples(coded, HOW["k"], n_y)
    rng = np.random.default_rng(HOW["seed"])
    params = window_parameters(rng, n_y, HOW["n_e"], HOW["k"], HOW["n_h"], dtype=np.float32)

    def batches(rng: np.random.Generator) -> Iterator[Any]:
        for rows in shuffled_batches(len(following), HOW["size"], rng):
            yield windows[rows], following[rows]

    with using(embedding_backward=fast.embedding_backward):
        train(
            params,
            lambda params, batch: window_loss(params, *batch),
            batches,
            epochs=HOW["epochs"],
            optimiser=Adam(HOW["rate"]),
            seed=HOW["seed"],
            progress=False,
        )
    return params


def main_axes(E: Array) -> tuple[Array, Array]:
    """The mean of the columns of E (n_e, n_words), and the two directions in which they differ most, (2, n_e)."""
    mean = E.mean(axis=1)
    U, _, _ = np.linalg.svd(E - mean[:, None], full_matrices=False)
    axes = U[:, :2].T
    return mean, axes * np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]


def _packed(words: list[str], groups: dict[str, list[str]], packed: dict[str, Any]) -> dict[str, Any]:
    mean, axes = main_axes(unpack(packed))
    return {
        "words": words,
        "groups": {name: [words.index(word) for word in some] for name, some in groups.items()},
        "E": packed,
        "mean": pack_exactly(mean[:, None], 8),
        "axes": pack_exactly(axes, 8),
    }


def answered(E: Array, columns: dict[str, int], some: list[tuple[str, str]]) -> float:
    """The share of analogies of two pairs that cosine answers right, among the words of the map."""
    asked = [(a, b, c, d) for a, b in some for c, d in some if a != c]
    return float(np.mean([analogy(a, b, c, E, columns) == d for a, b, c, d in asked]))


def make() -> dict[str, Any]:
    """The content of the stored file: the book's vectors and the table's, with their words and the axes of their maps."""
    groups = shown_words()
    words = [word for some in groups.values() for word in some]
    vectors = train_window()["E"][:, vocabulary().encode(words)].astype(float)
    book = _packed(words, groups, pack(vectors))
    table = _packed(list(TABLE), {"words": list(TABLE)}, pack_exactly(np.array(list(TABLE.values())).T, 6))
    columns = {word: i for i, word in enumerate(words)}
    scores = {
        name: round(answered(unpack(book["E"]), columns, some), 4) for name, some in pairs().items() if name != "past"
    }
    return {"book": book, "table": table, "sentences": len(sentences().train), "scores": scores}


def fingerprint() -> str:
    """What the stored file depends on."""
    code: list[Callable[..., Any]] = [
        make,
        vocabulary,
        people.verbs,
        shown_words,
        pairs,
        train_window,
        window_examples,
        window_parameters,
        window_loss,
        main_axes,
    ]
    return live.fingerprint([*code, _packed, answered], repr((HOW, TABLE)) + digest(sentences().train))
