"""What the future knows, the live figure of lesson 11: a name or not, read from the left, from the right and both ways, word by word."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from seqlib.batches import pad_batch, pad_features, shuffled_batches
from seqlib.bidirectional import reverse_padded
from seqlib.book import live
from seqlib.book.live import digest, pack_params, unpack_params
from seqlib.clipping import clip_by_norm
from seqlib.data import teddy_sentences
from seqlib.data.dataset import Dataset, Example
from seqlib.data.ner import build_words, encode_words, teddy_samples
from seqlib.data.ner_words import TEDDY
from seqlib.models import network_parameters, tag, tagger_loss
from seqlib.optimisers import Adam
from seqlib.support.types import Array, Params

HOW: dict[str, Any] = {"n_a": 16, "epochs": 16, "size": 32, "rate": 0.01, "known": 5, "whole": 0.5}
CELL, READERS = "gru", ("forward", "backward", "both")


@functools.cache
def sentences() -> Dataset:
    """The sentences that the three networks learn from."""
    return teddy_sentences()


@functools.cache
def words() -> list[str]:
    """The words that the networks know."""
    return build_words(sentences().train, min_count=HOW["known"])


def batch_of(examples: list[Example], reader: str, lengths: Array) -> tuple[Array, Array, Array]:
    """The first words of some sentences, as many as `lengths` says, in a reader's order: x (n_x, m, T_x), labels and mask (m, T_x)."""
    x, mask = pad_features([encode_words(e.x[:n], words()) for e, n in zip(examples, lengths, strict=True)])
    labels, _ = pad_batch([e.y[:n] for e, n in zip(examples, lengths, strict=True)])
    if reader == "backward":
        return reverse_padded(x, mask), reverse_padded(labels[None], mask)[0], mask
    return x, labels, mask


def train(reader: str, seed: int = 0) -> Params:
    """A tagger that has learnt from whole sentences and, as often, from beginnings of sentences, which a listener has."""
    sizes: dict[str, Any] = {"n_x": len(words()) + 1, "n_a": HOW["n_a"], "n_y": 2}
    params = network_parameters(np.random.default_rng(seed), cell=CELL, bidirectional=reader == "both", **sizes)
    rng, optimiser, examples = np.random.default_rng((seed, 1)), Adam(HOW["rate"]), sentences().train
    for _ in range(HOW["epochs"]):
        for rows in shuffled_batches(len(examples), HOW["size"], rng):
            some = [examples[int(row)] for row in rows]
            full = np.array([len(e.x) for e in some])
            lengths = np.where(rng.random(len(some)) < HOW["whole"], full, rng.integers(1, full + 1))
            _, gradients = tagger_loss(params, *batch_of(some, reader, lengths), cell=CELL)
            optimiser.update(params, clip_by_norm({"d" + name: gradients["d" + name] for name in params}, 1.0))
    return params


def name_probabilities(params: Params, reader: str, heard: list[str]) -> Array:
    """The probability that each of the words heard so far belongs to a name: (T_x,)."""
    x = encode_words(heard, words())[:, None, :]
    if reader == "backward":
        return np.asarray(tag(params, x[:, :, ::-1], cell=CELL)[1, 0, ::-1])
    return np.asarray(tag(params, x, cell=CELL)[1, 0])


def place_of(example: Example) -> int:
    """Where the word stands that may be a name or not."""
    return next(t for t, word in enumerate(example.x) if word in TEDDY["word"])


def accuracy(params: Params, reader: str, more: int | None) -> float:
    """The share of ambiguous test words that are labelled right when `more` words after them were heard; None: the whole sentence."""
    right = []
    for example in sentences().test:
        t = place_of(example)
        heard = example.x if more is None else example.x[: t + 1 + more]
        right.append((name_probabilities(params, reader, heard)[t] > 0.5) == example.y[t])
    return float(np.mean(right))


def make() -> dict[str, Any]:
    """The content of the stored file: the words, three networks, their scores, and what seqlib says to the lecture's sentences."""
    networks = {reader: {"params": pack_params(train(reader))} for reader in READERS}
    scores, probe = {}, []
    for reader, one in networks.items():
        params = unpack_params(one)
        for name, more in (("none after it", 0), ("one after it", 1), ("the whole sentence", None)):
            scores[f"{reader}, {name}"] = round(accuracy(params, reader, more), 4)
        for example in teddy_samples():
            for heard in (4, len(example.x)):
                p = name_probabilities(params, reader, example.x[:heard])
                probe.append(
                    {"reader": reader, "words": example.x[:heard], "p": [round(float(value), 8) for value in p]}
                )
    return {"cell": CELL, "words": words(), "networks": networks, "scores": scores, "probe": probe}


def fingerprint() -> str:
    """What the stored file depends on."""
    code: list[Callable[..., Any]] = [
        make, sentences, words, batch_of, train, name_probabilities, place_of, accuracy,
    ]  # fmt: skip
    data = sentences()
    return live.fingerprint(code, repr((HOW, CELL, READERS)) + digest(data.train) + digest(data.test))
