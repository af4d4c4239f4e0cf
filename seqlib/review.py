"""The final task of lesson 16: a translator out of the pieces that the lessons made, and what simple look-up gets beside it.

An encoder reads the sentence both ways (lesson 11), the mean of its states (lesson 5) is the first state of a language model (lesson
6) with memory cells (lesson 10), which writes the most probable words (lesson 15). Every function of `seqlib` that is called here can be
replaced by a learner's inside `using`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from seqlib import fast
from seqlib.batches import pad_batch
from seqlib.beam import greedy_search
from seqlib.bidirectional import bidirectional_backward, bidirectional_forward
from seqlib.cells import part
from seqlib.clipping import global_norm
from seqlib.embeddings import euclidean_distance
from seqlib.language_model import decoder_backward, decoder_forward, next_word
from seqlib.models import network_parameters
from seqlib.optimisers import Adam
from seqlib.pooling import pool_states, pool_states_backward
from seqlib.support.types import Array, Generator, Params
from seqlib.training import example_batches, train
from seqlib.vocabulary import Vocabulary

if TYPE_CHECKING:
    from seqlib.data.dataset import Dataset

CELL, POOL = "lstm", "mean"
LONGEST, SIZE = 14, 16

Translate = Callable[[Sequence[str]], list[str]]


class Solved(NamedTuple):
    """Of the held-out sentences, the share that is right from the first word to <EOS>, and the share of words at their right place."""

    sentences: float
    words: float


def first_parameters(rng: Generator, n_source: int, n_target: int, *, n_e: int = 32, n_a: int = 64) -> Params:
    """The encoder's parameters, n_a / 2 units in each direction, and the decoder's, n_a units. Raises ValueError on sizes.

    n_source, n_target: words of the two languages; n_e: of an embedding
    """
    if n_a < 2 or n_a % 2:
        raise ValueError(f"n_a must be even, so that both directions have as many units; got {n_a}")
    both = network_parameters(rng, n_x=n_e, n_a=n_a // 2, n_y=None, cell=CELL, bidirectional=True, n_words=n_source)
    decoder = network_parameters(rng, n_x=n_e, n_a=n_a, n_y=n_target, cell=CELL, n_words=n_target)
    encoder = {f"encoder/{name.removeprefix('1/')}": value for name, value in both.items()}
    return encoder | {f"decoder/{name}": value for name, value in decoder.items()}


def read(params: Params, source: Array, mask: Array | None = None) -> tuple[Array, tuple[Any, ...]]:
    """The encoder's states of both directions (n_a, m, T_x), and caches. source, mask: (m, T_x). Raises TypeError, ValueError."""
    encoder = part(params, "encoder/")
    x = fast.embedding_forward(source, encoder.pop("E"))  # (n_e, m, T_x)
    a, _, caches = bidirectional_forward(x, encoder, CELL, mask=mask)
    return a, caches


def pooled_translator_loss(
    params: Params, source: Array, targets: Array, source_mask: Array, target_mask: Array
) -> tuple[float, dict[str, Array]]:
    """-log P(y<1>, ..., y<T_y> | x), the mean over all words, and the gradient "d" + name of every parameter.

    source, source_mask: (m, T_x); targets, target_mask: (m, T_y), with their <EOS>. Raises TypeError, ValueError.
    """
    a, caches = read(params, source, source_mask)
    first = pool_states(a, source_mask, POOL)  # (n_a, m)
    decoder = part(params, "decoder/")
    logits, decoder_caches = decoder_forward(targets, decoder, CELL, a0=[first], mask=target_mask)
    loss, dlogits = fast.sequence_cross_entropy(logits, targets, target_mask, reduction="token")
    written = decoder_backward(dlogits, decoder_caches)
    da = pool_states_backward(written.pop("da0")[0], a, source_mask, POOL)
    written.pop("dc0", None)  # the memory cells start at 0
    heard = dict(bidirectional_backward(da, caches))
    heard["dE"] = fast.embedding_backward(heard.pop("dx"), source, params["encoder/E"].shape[1])
    gradients = {f"dencoder/{name[1:]}": value for name, value in heard.items() if name not in ("da0", "dc0")}
    return loss, gradients | {f"ddecoder/{name[1:]}": value for name, value in written.items()}


def clipped(gradients: dict[str, Array], limit: float) -> dict[str, Array]:
    """The gradients, scaled so that their common norm is at most limit. `global_norm` tells it, and may be a learner's."""
    norm = global_norm(gradients)
    return gradients if norm <= limit else {name: value * (limit / norm) for name, value in gradients.items()}


def learn(
    dataset: Dataset, seed: int = 0, *, epochs: int = 60, n_a: int = 64, rate: float = 0.003, limit: float = 1.0
) -> Translate:
    """Train a translator on a data set of parallel sentences, such as data.phrases; returns translate(words)."""
    source = Vocabulary(sorted({word for example in dataset.train for word in example.x}))
    target = Vocabulary(sorted({word for example in dataset.train for word in example.y}))
    params = first_parameters(np.random.default_rng(seed), len(source), len(target), n_a=n_a)
    pairs = [(source.encode(example.x), target.encode(example.y, end=True)) for example in dataset.train]

    def batch_of(some: Sequence[Any]) -> tuple[Array, ...]:
        (x, x_mask), (y, y_mask) = (pad_batch(side) for side in zip(*some, strict=True))
        return x, y, x_mask, y_mask

    def step(params: Params, batch: tuple[Array, ...]) -> tuple[float, dict[str, Array]]:
        loss, gradients = pooled_translator_loss(params, *batch)
        return loss, clipped(gradients, limit)

    batches = example_batches(pairs, SIZE, batch_of)
    train(params, step, batches, epochs=epochs, optimiser=Adam(rate), clip=None, seed=seed, progress=False)

    def translate(words: Sequence[str]) -> list[str]:
        x = np.array([source.encode(list(words))])
        a, _ = read(params, x)
        first = pool_states(a, np.ones(x.shape), POOL)
        step = next_word(part(params, "decoder/"), CELL)
        return target.decode(greedy_search(step, ([first], None), target.end, max_length=LONGEST))

    return translate


def nearest(dataset: Dataset) -> Translate:
    """The translation of the training sentence with the most similar word counts, by Euclidean distance: a simple baseline."""
    words = sorted({word for example in dataset.train for word in example.x})

    def counts(sentence: Sequence[str]) -> Array:
        return np.array([float(list(sentence).count(word)) for word in words])

    known = [(counts(example.x), example.y) for example in dataset.train]

    def translate(sentence: Sequence[str]) -> list[str]:
        own = counts(sentence)
        return list(min(known, key=lambda pair: euclidean_distance(own, pair[0]))[1])

    return translate


def differing(one: Sequence[str], other: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is left of two sentences without their common beginning and their common end."""
    begin = end = 0
    shorter = min(len(one), len(other))
    while begin < shorter and one[begin] == other[begin]:
        begin += 1
    while end < shorter - begin and one[-1 - end] == other[-1 - end]:
        end += 1
    return tuple(one[begin : len(one) - end]), tuple(other[begin : len(other) - end])


def by_analogy(dataset: Dataset, *, longest: int = 5) -> Translate:
    """A look-up without training: two sentences that differ as the new one differs from a third say what to replace; most votes win.

    longest: how many words a difference may have, both sides together. The translation is empty where nothing in training differs so.
    """
    known = [(list(example.x), list(example.y)) for example in dataset.train]
    replaced: defaultdict[Any, Counter[Any]] = defaultdict(Counter)
    for (x, y), (other_x, other_y) in permutations(known, 2):
        change = differing(x, other_x)
        if sum(map(len, change)) <= longest:
            replaced[change][differing(y, other_y)] += 1

    def translate(sentence: Sequence[str]) -> list[str]:
        votes: Counter[tuple[str, ...]] = Counter()
        for x, y in known:
            for (old, new), count in replaced.get(differing(x, sentence), Counter()).items():
                places = [i for i in range(len(y) - len(old) + 1) if old and tuple(y[i : i + len(old)]) == old]
                if len(places) == 1:
                    votes[(*y[: places[0]], *new, *y[places[0] + len(old) :])] += count
        return list(votes.most_common(1)[0][0]) if votes else []

    return translate


def solved(dataset: Dataset, translate: Translate) -> Solved:
    """How many of the test's sentences, and of its words, are translated correctly."""
    pairs = [(list(example.y), translate(example.x)) for example in dataset.test]
    hits = sum(one == other for right, given in pairs for one, other in zip(right, given, strict=False))
    return Solved(
        sum(right == given for right, given in pairs) / len(pairs),
        hits / sum(max(len(right), len(given)) for right, given in pairs),
    )
