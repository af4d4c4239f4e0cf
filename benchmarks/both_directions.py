"""Lesson 11: what it brings to read both ways, and what goes wrong where the future is the answer.

`python -m benchmarks.both_directions` trains GRUs that read from left to right, from right to left, both ways, and from left to right
with delayed outputs, on three kinds of sentences, and language models in one and in both directions. About five minutes
of one core; chapter 11 shows the results. All scores are on held-out sentences.
"""

from __future__ import annotations

import os

# the matrices are small: a second BLAS thread costs more than it brings
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import seqlib
from benchmarks.measured import Measured, Part
from seqlib import data, fast
from seqlib.batches import pad_batch, pad_features, shuffled_batches
from seqlib.book.live import digest
from seqlib.data.dataset import Dataset, Example
from seqlib.data.ner import build_words, encode_words
from seqlib.data.ner_words import CLAUSES, TEDDY
from seqlib.models import network_backward, network_forward, network_parameters
from seqlib.parameters import count_parameters
from seqlib.support.types import Array, Params

CELL, UNITS = "gru", 32
DELAYS = {"delayed by 1": 1, "delayed by 4": 4}
VARIANTS = ("left to right", *DELAYS, "right to left", "both")
TASKS: dict[str, Callable[[], Dataset]] = {
    "flowers": data.name_or_flower,
    "teddy": data.teddy_sentences,
    "names": data.name_sentences,
}
SEEDS = {"flowers": range(10), "teddy": range(10), "names": range(10), "language model": range(10)}
SELDOM = {"flowers": 5, "teddy": 5, "names": 25}  # words that are rarer in training become <UNK>
EPOCHS = {"flowers": 8, "teddy": 8, "names": 6, "language model": 16}
UNSEEN = "Willow"  # a name and a plant that no sentence of name_or_flower has
FIRST_WORD = set(CLAUSES["first_word"]["test"])  # templates whose first word only later words explain
TRAINING = {"batch": 32, "rate": 0.01, "norm": 1.0}


@dataclass
class Batch:
    """Inputs (n_x, m, T_x) with the mask of the steps that are read, labels (m, T_x) with the mask of those that count."""

    x: Array
    read: Array
    labels: Array
    count: Array


@functools.cache
def dataset(task: str) -> Dataset:
    """The sentences of a task."""
    return TASKS[task]()


@functools.cache
def words_of(task: str) -> list[str]:
    """The words that the networks of a task know."""
    return build_words(dataset(task).train, min_count=SELDOM[task])


def batch_of(examples: list[Example], task: str, variant: str) -> Batch:
    """Sentences as a variant reads them: reversed, or with empty steps at the end for the delayed outputs."""
    x, mask = pad_features([encode_words(e.x, words_of(task)) for e in examples], np.float32)
    labels, _ = pad_batch([e.y for e in examples])
    if variant == "right to left":
        return Batch(seqlib.reverse_padded(x, mask), mask, seqlib.reverse_padded(labels[None], mask)[0], mask)
    delay = DELAYS.get(variant, 0)
    late = ((0, 0), (delay, 0))
    read = np.pad(mask, late, constant_values=1)  # delay more steps than words
    return Batch(np.pad(x, ((0, 0), (0, 0), (0, delay))), read, np.pad(labels, late), np.pad(mask, late))


def units_of(variant: str, n_x: int) -> int:
    """The units of each direction, so that two directions have no more parameters than one."""
    if variant != "both":
        return UNITS
    most = count_parameters(CELL, n_x, UNITS, 2)
    return max(n for n in range(1, UNITS) if count_parameters(CELL, n_x, n, 2, bidirectional=True) <= most)


def loss_and_gradients(params: Params, batch: Batch) -> tuple[float, Params]:
    """The mean loss of the labels that count, and its gradients."""
    a, caches = network_forward(batch.x, params, CELL, batch.read)
    logits = fast.output_forward(a, params, logits=True)
    loss, dlogits = fast.sequence_cross_entropy(logits, batch.labels, batch.count, reduction="token")
    top = fast.output_backward(dlogits, a, params)
    return loss, network_backward(top.pop("da"), caches, params) | top


def learn(params: Params, examples: list[Any], make: Callable[[list[Any]], Batch], epochs: int, seed: int) -> None:
    """Train in place by Adam, clipped by norm; the learning rate falls in a line to a twentieth of its start."""
    optimiser, rng = seqlib.Adam(TRAINING["rate"]), np.random.default_rng((seed, 1))
    lengths = [len(e.x) for e in examples]
    for rate in np.linspace(TRAINING["rate"], TRAINING["rate"] / 20, epochs):
        optimiser.learning_rate = float(rate)
        for rows in shuffled_batches(len(examples), int(TRAINING["batch"]), rng, lengths=lengths):
            _, gradients = loss_and_gradients(params, make([examples[row] for row in rows]))
            optimiser.update(
                params, seqlib.clip_by_norm({"d" + n: gradients["d" + n] for n in params}, TRAINING["norm"])
            )


def train(task: str, variant: str, seed: int) -> Params:
    """A trained network of a variant."""
    n_x = len(words_of(task)) + 1
    sizes: dict[str, Any] = {"n_x": n_x, "n_a": units_of(variant, n_x), "n_y": 2, "bidirectional": variant == "both"}
    params = network_parameters(np.random.default_rng(seed), cell=CELL, dtype=np.float32, **sizes)
    learn(params, dataset(task).train, lambda some: batch_of(some, task, variant), EPOCHS[task], seed)
    return params


def guesses(params: Params, examples: list[Example], task: str, variant: str) -> list[Array]:
    """The label that a network gives each word of each sentence, in the order of the words."""
    found = []
    for example in examples:
        batch = batch_of([example], task, variant)
        a, _ = network_forward(batch.x, params, CELL, batch.read)
        labels = fast.output_forward(a, params).argmax(axis=0)[0][batch.count[0] > 0]
        found.append(labels[::-1] if variant == "right to left" else labels)
    return found


def ambiguous(example: Example, task: str) -> int:
    """The place of the word that may be a name or not."""
    return 0 if task == "flowers" else next(t for t, word in enumerate(example.x) if word in TEDDY["word"])


def f1(found: list[Array], examples: list[Example]) -> float:
    """F1 of the words that belong to a name."""
    guess, right = np.concatenate(found), np.concatenate([e.y for e in examples])
    return 2 * float((guess & right).sum()) / float(guess.sum() + right.sum())


def scores(found: list[Array], examples: list[Example], task: str) -> dict[str, float]:
    """The held-out scores of a task: F1, or accuracy at the ambiguous word, by the distance of the word that decides.

    Of names also the accuracy at first words that only later words explain: "Chelsea is famous for long evenings".
    """
    if task == "names":
        first = [labels[0] == e.y[0] for labels, e in zip(found, examples, strict=True) if e.source in FIRST_WORD]
        return {"F1": f1(found, examples), "first words": float(np.mean(first))}
    places = [ambiguous(e, task) for e in examples]
    right = np.array([labels[t] == e.y[t] for labels, t, e in zip(found, places, examples, strict=True)])
    if task == "teddy":
        return {"accuracy": float(right.mean())}
    far = np.array([int(e.source) for e in examples])
    return {str(distance): float(right[far == distance].mean()) for distance in sorted(set(far.tolist()))}


# ------------------------------------------------------------------------------------------------ without a network


def window(example: Example, task: str, t: int, width: int) -> Array:
    """The words at most `width` places from place t, each with its place: one long vector."""
    words = encode_words(example.x, words_of(task))
    padded = np.pad(words, ((0, 0), (width, width)))
    return np.asarray(padded[:, t : t + 2 * width + 1].ravel(), np.float32)


def bag(example: Example, task: str) -> Array:
    """How often each word occurs in the sentence."""
    return np.asarray(encode_words(example.x, words_of(task)).sum(axis=1), np.float32)


def linear(train: Array, y: Array, test: Array) -> Array:
    """Labels from a linear model of features (m, n), by least squares with a small penalty on the weights."""
    weights = np.linalg.solve(train.T @ train + np.eye(train.shape[1], dtype=train.dtype), train.T @ (2.0 * y - 1))
    return np.asarray(test @ weights > 0).astype(int)


def baselines(task: str) -> dict[str, dict[str, float]]:
    """The held-out scores of the more frequent label, of a linear model of two words on each side, and of one of all words without order."""
    split = dataset(task)
    ways: dict[str, Callable[[Example, int], Array]] = {
        "linear, two words on each side": lambda e, t: window(e, task, t, 2)
    }
    if task != "names":
        ways["linear, a bag of words"] = lambda e, t: bag(e, task)
    found = {}
    for name, features in ways.items():
        x: list[Array] = []
        x_test: list[Array] = []
        y: list[int] = []
        for examples, rows in ((split.train, x), (split.test, x_test)):
            for e in examples:
                places = range(len(e.x)) if task == "names" else [ambiguous(e, task)]
                rows += [features(e, t) for t in places]
                y += [e.y[t] for t in places] if rows is x else []
        most = np.full(len(x_test), round(float(np.mean(y))))
        found["the more frequent label"] = scores(_by_word(most, split.test, task), split.test, task)
        labels = linear(np.array(x), np.array(y), np.array(x_test))
        found[name] = scores(_by_word(labels, split.test, task), split.test, task)
    return found


def _by_word(labels: Array, examples: list[Example], task: str) -> list[Array]:
    """Labels of all words one after the other, or of the ambiguous words, as `guesses` has them."""
    if task == "names":
        return np.split(labels, np.cumsum([len(e.x) for e in examples])[:-1])
    return [np.full(len(e.x), label) for e, label in zip(examples, labels, strict=True)]


# ------------------------------------------------------------------------------------------------ the leak


@functools.cache
def language() -> tuple[Dataset, seqlib.Vocabulary]:
    """The sentences of lesson 6 with words that sound alike, and their vocabulary."""
    sentences = data.homophone_sentences()
    return sentences, seqlib.Vocabulary(sorted({word for e in sentences.train for word in e.x}))


def next_words(sentences: list[list[str]]) -> Batch:
    """x<1> = 0, x<t> = y<t-1>, and the label of each step is y<t>, <EOS> at the end."""
    _, vocabulary = language()
    tokens, mask = pad_batch([vocabulary.encode(words, end=True) for words in sentences])
    x = np.zeros((len(vocabulary), *tokens.shape), np.float32)
    x[:, :, 1:] = seqlib.one_hot(tokens, len(vocabulary))[:, :, :-1]
    return Batch(x, mask, tokens, mask)


def probabilities(params: Params, batch: Batch) -> Array:
    """What a network gives each word of each sentence, the whole sentence before it: (m, T_x), 1 at padding."""
    a, _ = network_forward(batch.x, params, CELL, batch.read)
    p = np.take_along_axis(fast.output_forward(a, params), batch.labels[None], axis=0)[0]
    return np.asarray(np.where(batch.count > 0, p, 1.0))


def honest(params: Params, batch: Batch) -> Array:
    """The same with nothing before the network but the words so far: a run for each step, of which the last output counts."""
    steps = []
    for t in range(batch.x.shape[2]):
        so_far = Batch(
            batch.x[:, :, : t + 1], batch.read[:, : t + 1], batch.labels[:, : t + 1], batch.count[:, : t + 1]
        )
        steps.append(probabilities(params, so_far)[:, t])
    return np.stack(steps, axis=1)


def leak(both: bool, seed: int) -> dict[str, float]:
    """A language model in one direction, or in both: perplexity of held-out sentences, seen whole and word by word."""
    sentences, vocabulary = language()
    sizes: dict[str, Any] = {"n_x": len(vocabulary), "n_a": UNITS, "n_y": len(vocabulary), "bidirectional": both}
    params = network_parameters(np.random.default_rng(seed), cell=CELL, dtype=np.float32, **sizes)
    learn(params, sentences.train, lambda some: next_words([e.x for e in some]), EPOCHS["language model"], seed)
    batch = next_words([e.x for e in sentences.test])
    ways = {"perplexity, whole sentences": probabilities, "perplexity, word by word": honest}
    return {
        name: seqlib.perplexity(-float(np.log(way(params, batch)).sum()), float(batch.count.sum()))
        for name, way in ways.items()
    }


def counts() -> dict[str, float]:
    """The perplexity of the same sentences by counts alone: uniform, one word, two words, each with half a count more."""
    sentences, vocabulary = language()
    n = len(vocabulary)
    coded = [vocabulary.encode(e.x, end=True) for e in sentences.train]
    one, two = np.full(n, 0.5), np.full((n + 1, n), 0.5)  # row n: the beginning
    for tokens in coded:
        np.add.at(one, tokens, 1)
        np.add.at(two, ([n, *tokens[:-1]], tokens), 1)
    p1, p2 = one / one.sum(), two / two.sum(axis=1, keepdims=True)
    test = [vocabulary.encode(e.x, end=True) for e in sentences.test]
    length = float(sum(len(tokens) for tokens in test))
    unigram = -sum(float(np.log(p1[tokens]).sum()) for tokens in test)
    bigram = -sum(float(np.log(p2[[n, *tokens[:-1]], tokens]).sum()) for tokens in test)
    return {
        "uniform": float(n),
        "unigram": seqlib.perplexity(unigram, length),
        "bigram": seqlib.perplexity(bigram, length),
    }


# ------------------------------------------------------------------------------------------------ the stored result


def runs(task: str) -> dict[str, Any]:
    """A task: one row for each variant and seed, the units of each direction and the parameters, and what can be had without a network."""
    rows: list[dict[str, Any]] = []
    sizes = {}
    n_x, test = len(words_of(task)) + 1, dataset(task).test
    for variant in VARIANTS:
        for seed in SEEDS[task]:
            found = guesses(train(task, variant, seed), test, task, variant)
            rows.append({"variant": variant, "seed": seed, **scores(found, test, task)})
        units = units_of(variant, n_x)
        sizes[variant] = [units, count_parameters(CELL, n_x, units, 2, bidirectional=variant == "both")]
        print(task, rows[-1], flush=True)
    return {"training": TRAINING, "sizes": sizes, "rows": rows, "baselines": baselines(task)}


def leaks() -> dict[str, Any]:
    """One row for each language model and seed, and the perplexities of counts."""
    rows = [
        {"both": both, "seed": seed, **leak(both, seed)} for both in (False, True) for seed in SEEDS["language model"]
    ]
    return {"rows": rows, "counts": counts()}


def unseen() -> dict[str, Any]:
    """The networks of the flowers on a first word that no training sentence has: accuracy by distance, and that of a bag of words."""
    split = dataset("flowers")
    test = [Example([UNSEEN, *e.x[1:]], e.y, e.source) for e in split.test]
    rows = []
    for variant in VARIANTS:
        for seed in SEEDS["flowers"]:
            found = guesses(train("flowers", variant, seed), test, "flowers", variant)
            rows.append({"variant": variant, "seed": seed, **scores(found, test, "flowers")})
    counted, asked = (np.array([bag(e, "flowers") for e in some]) for some in (split.train, test))
    labels = linear(counted, np.array([e.y[0] for e in split.train]), asked)
    return {
        "word": UNSEEN,
        "rows": rows,
        "baselines": {"linear, a bag of words": scores(_by_word(labels, test, "flowers"), test, "flowers")},
    }


def _rest(task: str, sentences: Callable[[], Dataset]) -> str:
    of_tasks = repr((DELAYS, VARIANTS, SELDOM.get(task), sorted(FIRST_WORD))) if task in TASKS else ""
    settings = repr((CELL, UNITS, SEEDS[task], EPOCHS[task], TRAINING))
    return settings + of_tasks + digest(sentences().train) + digest(sentences().test)


LEARNT = (loss_and_gradients, learn)
TAGGED = (
    *(runs, dataset, words_of, batch_of, units_of, train, guesses, ambiguous, f1, scores),
    *(window, bag, linear, baselines, _by_word),
)
MEASURED = Measured(
    "both_directions",
    {
        **{
            task: Part(functools.partial(runs, task), (*LEARNT, *TAGGED), functools.partial(_rest, task, sentences))
            for task, sentences in TASKS.items()
        },
        "unseen": Part(
            unseen,
            (
                *LEARNT,
                unseen,
                dataset,
                words_of,
                batch_of,
                units_of,
                train,
                guesses,
                ambiguous,
                scores,
                bag,
                linear,
                _by_word,
            ),
            lambda: _rest("flowers", data.name_or_flower) + UNSEEN,
        ),
        "language model": Part(
            leaks,
            (*LEARNT, leaks, leak, language, next_words, probabilities, honest, counts),
            functools.partial(_rest, "language model", data.homophone_sentences),
        ),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
