"""What can be had without a network: counts, look-ups and nearest templates, from the training split."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seqlib.data.dataset import Dataset, Example
from seqlib.data.dna import START, STOPS
from seqlib.data.speech import LETTERS, spectrogram, synthesise


def look_up(dataset: Dataset, keys: Callable[[Sequence[Any], int], list[Any]]) -> Callable[[Any], list[int]]:
    """The most frequent label of the first key of a place that training has seen."""
    counts: dict[Any, Counter[int]] = defaultdict(Counter)
    for example in dataset.train:
        for t, label in enumerate(example.y):
            for key in keys(example.x, t):
                counts[key][label] += 1
    frequent = {key: counter.most_common(1)[0][0] for key, counter in counts.items()}
    return lambda x: [next((frequent[key] for key in keys(x, t) if key in frequent), 0) for t in range(len(x))]


def names(dataset: Dataset, known: set[str]) -> Callable[[Any], list[int]]:
    """Look up a word, whether it has a capital, and the word before it; rare words are one and the same."""

    def word(x: Sequence[str], t: int) -> tuple[str, bool]:
        if t < 0:
            return "<start>", False
        return (x[t].lower() if x[t].lower() in known else "<UNK>"), x[t][0].isupper()

    return look_up(dataset, lambda x, t: [(word(x, t), word(x, t - 1)), word(x, t)])


def windows(dataset: Dataset, width: int) -> Callable[[Any], list[int]]:
    """Look up the bases around a place, from `width` on either side down to none."""

    def keys(x: str, t: int) -> list[Any]:
        return [(k, t < k, x[max(0, t - k) : t + k + 1]) for k in range(width, -1, -1)]

    return look_up(dataset, keys)


def reading_frames(sequence: str) -> list[int]:
    """Mark every stretch from a start codon to the first stop codon in its frame, promoter or not."""
    labels, at = [0] * len(sequence), 0
    while (start := sequence.find(START, at)) >= 0:
        end = start + 3
        while end + 3 <= len(sequence) and sequence[end : end + 3] not in STOPS:
            end += 3
        if end + 3 <= len(sequence):
            labels[start : end + 3] = [1] * (end + 3 - start)
            at = end + 3
        else:
            at = start + 3
    return labels


def grams(words: Sequence[str], longest: int) -> list[tuple[str, ...]]:
    """Every run of 1 to `longest` words."""
    return [tuple(words[i : i + n]) for n in range(1, longest + 1) for i in range(len(words) - n + 1)]


def word_counts(dataset: Dataset, longest: int) -> Callable[[Any], int]:
    """Naive Bayes on runs of words: the stars whose training reviews hold these runs most often."""
    stars = sorted({example.y for example in dataset.train})
    counts = {star: Counter[tuple[str, ...]]() for star in stars}
    for example in dataset.train:
        counts[example.y].update(grams(example.x, longest))
    kinds = len(set().union(*counts.values()))
    totals = {star: sum(counts[star].values()) + kinds for star in stars}
    prior = Counter(example.y for example in dataset.train)

    def rule(x: Sequence[str]) -> int:
        def log_probability(star: int) -> float:
            seen = sum(np.log((counts[star][gram] + 1) / totals[star]) for gram in grams(x, longest))
            return float(np.log(prior[star]) + seen)

        return max(stars, key=log_probability)

    return rule


def n_gram_perplexity(dataset: Dataset, longest: int, weight: float = 2.0) -> float:
    """Perplexity of the test split under n-grams, each order falling back on the one before it."""
    counts: Counter[tuple[str, ...]] = Counter()
    begun: Counter[tuple[str, ...]] = Counter()
    start = ["<start>"] * longest
    kinds = len({token for example in dataset.train for token in example.x}) + 1

    def runs(tokens: list[str], t: int) -> list[tuple[str, ...]]:
        return [tuple(tokens[t - n : t + 1]) for n in range(longest)]

    for example in dataset.train:
        tokens = start + list(example.x)
        for t in range(longest, len(tokens)):
            counts.update(runs(tokens, t))
            begun.update(run[:-1] for run in runs(tokens, t))
    losses = []
    for example in dataset.test:
        tokens = start + list(example.x)
        for t in range(longest, len(tokens)):
            probability = 1 / kinds
            for run in runs(tokens, t):
                probability = (counts[run] + weight * probability) / (begun[run[:-1]] + weight)
            losses.append(-np.log(probability))
    return float(np.exp(np.mean(losses)))


def nearest_frames(dataset: Dataset) -> Callable[[Any], str]:
    """The activity of the training clip whose average frame is nearest: order does not count."""
    averages = np.array([example.x.mean(axis=0).ravel() for example in dataset.train])
    labels = [example.y for example in dataset.train]
    return lambda x: labels[int(((averages - x.mean(axis=0).ravel()) ** 2).sum(axis=1).argmin())]


def nearest_sentence(dataset: Dataset) -> Callable[[Any], list[str]]:
    """The target of the training sentence that has most words in the same place."""
    by_place: dict[tuple[int, str], list[int]] = defaultdict(list)
    for i, example in enumerate(dataset.train):
        for t, word in enumerate(example.x):
            by_place[t, word].append(i)

    def rule(x: Sequence[str]) -> list[str]:
        shared = Counter(i for t, word in enumerate(x) for i in by_place.get((t, word), []))
        return list(dataset.train[shared.most_common(1)[0][0]].y) if shared else []

    return rule


def nearest_sounds(seed: int = 1, voices: int = 6) -> Callable[[Any], str]:
    """Name each frame by the nearest sound of a few voices; two alike in a row are a letter."""
    rng = np.random.default_rng(seed)
    sounds: list[Any] = []
    letters: list[str] = []
    for _ in range(voices):
        for letter in LETTERS:
            sounds.append(spectrogram(synthesise(letter * 6, rng))[:, 5:-5].mean(axis=1))
            letters.append(letter)
        sounds.append(spectrogram(synthesise("a    a", rng))[:, 10:14].mean(axis=1))
        letters.append(" ")
    templates = np.array(sounds)

    def rule(x: Any) -> str:
        nearest = ((x.T[:, None] - templates) ** 2).sum(axis=2).argmin(axis=1)
        text, run = "", 0
        heard = [letters[int(i)] for i in nearest]
        for t, letter in enumerate(heard):
            run = run + 1 if t and heard[t - 1] == letter else 1
            text += letter if run == 2 else ""
        return text.strip()

    return rule


def labels_of(examples: list[Example]) -> list[int]:
    """The labels of all places, one after the other."""
    return [label for example in examples for label in example.y]
