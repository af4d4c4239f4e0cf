"""What can be had without a network: counts, look-ups and nearest templates, from the training split."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seqlib.data.dataset import Dataset, Example
from seqlib.data.dna import START, STOPS
from seqlib.data.music import HOLD, RHYTHMS
from seqlib.data.speech import LETTERS, spectrogram, synthesise

BEATS = len(RHYTHMS[0])  # tokens in a bar


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


def linear_classifier(dataset: Dataset, longest: int, penalty: float = 10.0) -> Callable[[Any], int]:
    """Ridge regression on which runs of 1 to `longest` words occur: the stars with the largest value."""
    stars = sorted({example.y for example in dataset.train})
    columns: dict[tuple[str, ...], int] = {}
    for example in dataset.train:
        for gram in grams(example.x, longest):
            columns.setdefault(gram, len(columns))

    def features(x: Sequence[str]) -> list[int]:
        return sorted({columns[gram] for gram in grams(x, longest) if gram in columns})

    runs = np.zeros((len(dataset.train), len(columns)), np.float32)
    for row, example in zip(runs, dataset.train, strict=True):
        row[features(example.x)] = 1
    wanted = np.array([[example.y == star for star in stars] for example in dataset.train], np.float32)
    # (R^T R + p I)^-1 R^T = R^T (R R^T + p I)^-1, and there are fewer reviews than runs
    weights = runs.T @ np.linalg.solve(runs @ runs.T + penalty * np.eye(len(runs), dtype=np.float32), wanted)
    return lambda x: stars[int(weights[features(x)].sum(axis=0).argmax())]


def linear_tagger(
    dataset: Dataset, encode: Callable[[Any], Any], radius: int, penalty: float = 1.0
) -> Callable[[Any], list[int]]:
    """Ridge regression on what stands within `radius` places: encode(x) gives one-hot columns (n, T_x)."""

    def windows_of(x: Any) -> Any:
        columns = np.pad(encode(x).astype(np.float32), ((0, 0), (radius, radius)))
        rows = np.lib.stride_tricks.sliding_window_view(columns, 2 * radius + 1, axis=1)  # (n, T_x, 2 radius + 1)
        rows = rows.transpose(1, 0, 2).reshape(len(x), -1)
        return np.concatenate([rows, np.ones((len(x), 1), np.float32)], axis=1)

    rows = np.concatenate([windows_of(example.x) for example in dataset.train])
    wanted = 2.0 * np.array(labels_of(dataset.train)) - 1
    weights = np.linalg.solve(rows.T @ rows + penalty * np.eye(rows.shape[1]), rows.T @ wanted)
    return lambda x: (windows_of(x) @ weights > 0).astype(int).tolist()


def n_gram(dataset: Dataset, longest: int, beat: bool, weight: float = 2.0) -> Callable[[Sequence[str], str], float]:
    """The probability of a token after all those before it, under n-grams, each order falling back on the one before it.

    beat: every order also knows the place in the bar and whether a note was held there two bars ago
    """
    counts: Counter[tuple[Any, ...]] = Counter()
    begun: Counter[tuple[Any, ...]] = Counter()
    start = ["<start>"] * max(longest, 2 * BEATS)
    kinds = len({token for example in dataset.train for token in example.x}) + 1

    def contexts(before: Sequence[str]) -> list[tuple[Any, ...]]:
        tokens, t = [*start, *before], len(before)
        runs: list[tuple[Any, ...]] = [tuple(tokens[len(tokens) - n :]) for n in range(longest)]
        if not beat:
            return runs
        place = (t % BEATS, tokens[-2 * BEATS] == HOLD, t < 2 * BEATS)
        return [(), *((*place, *run) for run in runs)]

    for example in dataset.train:
        for t, token in enumerate(example.x):
            some = contexts(example.x[:t])
            counts.update((context, token) for context in some)
            begun.update(some)

    def probability(before: Sequence[str], token: str) -> float:
        p = 1 / kinds
        for context in contexts(before):
            p = (counts[context, token] + weight * p) / (begun[context] + weight)
        return p

    return probability


def n_gram_perplexity(dataset: Dataset, longest: int, beat: bool) -> float:
    """Perplexity of the test split under n-grams."""
    probability = n_gram(dataset, longest, beat)
    losses = [-np.log(probability(e.x[:t], token)) for e in dataset.test for t, token in enumerate(e.x)]
    return float(np.exp(np.mean(losses)))


def nearest(dataset: Dataset, features: Callable[[Any], Any]) -> Callable[[Any], str]:
    """The activity of the training clip whose features, a vector, are nearest."""
    known = np.array([features(example.x) for example in dataset.train])
    labels = [example.y for example in dataset.train]
    return lambda x: labels[int(((known - features(x)) ** 2).sum(axis=1).argmin())]


def average_frame(clip: Any) -> Any:
    """The mean of all frames: their order does not count."""
    return clip.mean(axis=0).ravel()


def twelve_frames(clip: Any) -> Any:
    """The clip stretched or shrunk to 12 frames, side by side: their order counts."""
    at = np.linspace(0, len(clip) - 1, 12)
    before = at.astype(int)
    after, share = np.minimum(before + 1, len(clip) - 1), (at - before)[:, None, None]
    return ((1 - share) * clip[before] + share * clip[after]).ravel()


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
