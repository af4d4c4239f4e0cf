"""What the gallery measures besides benchmarks/gallery.py: `python -m benchmarks.exhibits [PART ...]` (about five minutes on one core).

Everything with five seeds, each with data of its own, on test examples.

dates: dates in six languages by an encoder and decoder of the size that the page runs, beside methods without a network: the
    share that is right in every character; and dates of the century before those that it learnt from
speech: edits per character, and again with letters that sound alike taken for one
dna: the share of a gene's bases that are marked, with its promoter and with one base of the promoter changed; and the share of
    bases that are labelled right before and after one base more shifts the gene's frame
music: the share of added notes that belong to the melody's key, and of the notes of another melody
n-grams: the same share of the notes that the best n-gram adds
video: clips turned around, and clips whose frames are shuffled
rules: where the rule that made the data is written in the library, its own score
"""

from __future__ import annotations

import os

# one thread: the matrices are small, and CPU time on one thread says what was computed
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import numpy as np

from benchmarks import gallery_rules
from benchmarks.measured import Measured, Part
from seqlib import data
from seqlib.book import exhibits, gallery
from seqlib.book.live import code_of, digest
from seqlib.data import dna, music, speech, video
from seqlib.data.dataset import Dataset
from seqlib.metrics import error_rate

SEEDS = (1, 2, 3, 4, 5)

# ------------------------------------------------------------------------------------------------ dates

PENALTY = 1.0  # of the ridge regression
Read = Callable[[Sequence[str]], list[str]]


def most_frequent(dataset: Dataset) -> Read:
    """The most frequent character of each place, whatever the date says."""
    places = zip(*(example.y for example in dataset.train), strict=True)
    answer = [Counter(place).most_common(1)[0][0] for place in places]
    return lambda x: answer


def features(x: Sequence[str]) -> set[Any]:
    """Which token stands where, counted from the start and from the end, and which two stand beside each other, and where."""
    padded = ["<start>", *x, "<end>"]
    pairs = list(pairwise(padded))
    from_end = {("end", t, token) for t, token in enumerate(reversed(x))}
    return {("start", t, token) for t, token in enumerate(x)} | from_end | set(enumerate(pairs)) | set(pairs)


def linear_reader(dataset: Dataset) -> Read:
    """Ridge regression on the features of a date: at each place of the answer the character with the largest value."""
    columns: dict[Any, int] = {}
    for example in dataset.train:
        for feature in features(example.x):
            columns.setdefault(feature, len(columns))

    def row(x: Sequence[str]) -> list[int]:
        return sorted(columns[feature] for feature in features(x) if feature in columns)

    inputs = np.zeros((len(dataset.train), len(columns)), np.float32)
    for values, example in zip(inputs, dataset.train, strict=True):
        values[row(example.x)] = 1
    characters = sorted({character for example in dataset.train for character in example.y})
    wanted = np.array([[[c == y for c in characters] for y in e.y] for e in dataset.train], np.float32)
    gram = inputs @ inputs.T + PENALTY * np.eye(len(inputs), dtype=np.float32)
    weights = inputs.T @ np.linalg.solve(gram, wanted.reshape(len(inputs), -1))

    def read(x: Sequence[str]) -> list[str]:
        values = weights[row(x)].sum(axis=0).reshape(-1, len(characters))
        return [characters[int(best)] for best in values.argmax(axis=1)]

    return read


def exact(dataset: Dataset, read: Read) -> float:
    """The share of test dates that are right in every character."""
    return share(list(read(example.x)) == list(example.y) for example in dataset.test)


def date_scores(seed: int) -> dict[str, Any]:
    """What each method makes of the test dates of one seed's data; of the century before, whole dates, and months and days."""
    dataset = data.dates(seed)
    trained = gallery.train_translation(dataset, seed, **exhibits.DATES)
    earlier = data.dates(seed, 1, 1, 300, first=1850, last=1949).test
    answers = trained.predict([example.x for example in earlier])
    pairs = [("".join(answer), "".join(example.y)) for answer, example in zip(answers, earlier, strict=True)]
    return {
        "seed": seed,
        "most frequent": exact(dataset, most_frequent(dataset)),
        "nearest": exact(dataset, gallery_rules.nearest_sentence(dataset)),
        "linear": exact(dataset, linear_reader(dataset)),
        "model": exact(dataset, lambda x: trained.predict([x])[0]),
        "earlier": share(answer == right for answer, right in pairs),
        "earlier, month and day": share(answer[4:] == right[4:] for answer, right in pairs),
        "parameters": sum(value.size for value in trained.params.values()),
    }


# ------------------------------------------------------------------------------------------------ speech


def by_sound(text: str) -> str:
    """Letters that sound alike as one letter."""
    first = {sound: letter for letter, sound in reversed(speech.SOUNDS.items())}
    return "".join(letter if letter == " " else first[speech.SOUNDS[letter]] for letter in text)


def speech_scores(seed: int) -> dict[str, Any]:
    """Edits per character of the test recordings, as written and by sound."""
    dataset = data.spoken_words(seed)
    heard = gallery.train_speech(dataset, seed).predict([example.x for example in dataset.test])
    right = [example.y for example in dataset.test]
    rows = {"as written": (heard, right), "by sound": (list(map(by_sound, heard)), list(map(by_sound, right)))}
    return {"seed": seed} | {name: round(error_rate(*pair), 4) for name, pair in rows.items()}


# ------------------------------------------------------------------------------------------------ DNA


def dna_scores(seed: int) -> dict[str, Any]:
    """What the network marks of the test strings that have one gene, and of the same strings with one base changed or one more."""
    dataset = data.genes(seed)
    trained = gallery.train_dna(dataset, seed)
    one_gene = [example for example in dataset.test if example.source and " " not in example.source]

    def marked(strings: list[str]) -> float:
        genes = [np.array(example.y) == 1 for example in one_gene]
        return share(np.concatenate([np.array(y)[g] for y, g in zip(trained.predict(strings), genes, strict=True)]))

    def right(strings: list[str]) -> float:
        pairs = zip(trained.predict(strings), strings, strict=True)
        return share(np.concatenate([np.array(y) == dna.true_labels(x) for y, x in pairs]))

    whole = [example.x for example in one_gene]
    broken, shifted = ([change(x) for x in whole] for change in (exhibits.without_promoter, exhibits.with_a_base_more))
    return {
        "seed": seed,
        "strings": len(whole),
        "marked": marked(whole),
        "marked without promoter": marked(broken),
        "right": right(whole),
        "right with a base more": right(shifted),
    }


# ------------------------------------------------------------------------------------------------ music


def in_key(tokens: Sequence[str], key: str) -> list[bool]:
    """Of each note, whether it belongs to a key such as "G minor"."""
    tonic, mode = key.split()
    steps = music.MINOR if mode == "minor" else music.MAJOR
    scale = {music.TONES[(music.TONES.index(tonic) + step) % 12] for step in steps}
    return [token[:-1] in scale for token in tokens if token != music.HOLD]


def music_scores(seed: int) -> dict[str, Any]:
    """The notes that the network adds to the first two bars of each test melody, and those of the melody before it in the list."""
    dataset = data.melodies(seed)
    test = dataset.test
    added = gallery.train_music(dataset, seed).predict([example.x[:16] for example in test])
    return {
        "seed": seed,
        "added": share(note for tokens, e in zip(added, test, strict=True) for note in in_key(tokens[16:], e.y)),
        "another melody": share(note for i, e in enumerate(test) for note in in_key(test[i - 1].x[16:], e.y)),
    }


N_GRAMS = tuple(product((3, 4, 5, 6), (False, True)))  # how long, and whether they know the beat
TEMPERATURE = 0.8  # that of the network's notes


def n_gram_scores(seed: int) -> dict[str, Any]:
    """The notes that an n-gram adds to the first two bars of each test melody: the one to which the development part is likeliest."""
    dataset, rng = data.melodies(seed), np.random.default_rng(seed)
    on_valid = replace(dataset, test=dataset.valid)
    best = min(N_GRAMS, key=lambda one: gallery_rules.n_gram_perplexity(on_valid, *one))
    probability = gallery_rules.n_gram(dataset, *best)
    notes = sorted({token for example in dataset.train for token in example.x})

    def go_on(tokens: list[str], count: int) -> list[str]:
        for _ in range(count):
            p = np.array([probability(tokens, note) for note in notes]) ** (1 / TEMPERATURE)
            tokens = [*tokens, notes[int(rng.choice(len(notes), p=p / p.sum()))]]
        return tokens

    added = [(go_on(e.x[:16], len(e.x) - 16)[16:], e.y) for e in dataset.test]
    return {
        "seed": seed,
        "longest": best[0],
        "beat": best[1],
        "added": share(note for tokens, key in added for note in in_key(tokens, key)),
    }


# ------------------------------------------------------------------------------------------------ video

TURNED = {"sitting down": "standing up", "falling over": "getting up"}
TURNED |= {other: activity for activity, other in TURNED.items()}


def video_scores(seed: int) -> dict[str, Any]:
    """Test clips as they are and with their frames shuffled; of movements with an end, clips turned around."""
    dataset = data.film_strips(seed)
    predict, test = gallery.train_video(dataset, seed).predict, dataset.test
    rng = np.random.default_rng(seed)
    ended = [example for example in test if example.y in TURNED]
    answers = {
        "as filmed": (predict([e.x for e in test]), [e.y for e in test]),
        "shuffled": (predict([rng.permutation(e.x) for e in test]), [e.y for e in test]),
        "turned around": (predict([e.x[::-1] for e in ended]), [TURNED[e.y] for e in ended]),
    }
    return {"seed": seed} | {
        name: share(one == other for one, other in zip(*pair, strict=True)) for name, pair in answers.items()
    }


# ------------------------------------------------------------------------------------------------ the rules themselves


def rule_scores(seed: int) -> dict[str, Any]:
    """The rule of a gene and that of a date on the test examples: shares of right bases, and of dates right in every character."""
    months, genes, dates = exhibits.month_numbers(), data.genes(seed).test, data.dates(seed)
    labels = [zip(dna.true_labels(example.x), example.y, strict=True) for example in genes]
    return {
        "seed": seed,
        "dna": share(one == other for pairs in labels for one, other in pairs),
        "dates": exact(dates, lambda x: exhibits.date_by_rule(x, months)),
    }


# ------------------------------------------------------------------------------------------------ all of it


def share(values: Iterable[Any]) -> float:
    """The share of what is true."""
    return round(float(np.mean(list(values))), 4)


def _rows(scores: Callable[[int], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    return lambda: {"rows": [scores(seed) for seed in SEEDS]}


MEASURED = Measured(
    "exhibits",
    {
        "dates": Part(
            _rows(date_scores),
            (
                date_scores, exact, share, most_frequent, features, linear_reader, gallery_rules.nearest_sentence,
                gallery.train_translation, gallery.fit,
            ),
            lambda: repr((SEEDS, PENALTY, exhibits.DATES)) + digest(data.dates().train),
        ),
        "speech": Part(
            _rows(speech_scores),
            (speech_scores, by_sound, gallery.train_speech, gallery.fit),
            lambda: repr(SEEDS) + exhibits.speech_fingerprint(),
        ),
        "dna": Part(
            _rows(dna_scores),
            (
                dna_scores, share, exhibits.without_promoter, exhibits.with_a_base_more, gallery.train_dna,
                gallery._tagger, gallery.fit,
            ),
            lambda: repr(SEEDS) + digest(data.genes().train),
        ),
        "music": Part(
            _rows(music_scores),
            (music_scores, share, in_key, gallery.train_music, gallery.fit),
            lambda: repr(SEEDS) + digest(data.melodies().train),
        ),
        "n-grams": Part(
            _rows(n_gram_scores),
            (n_gram_scores, share, in_key, gallery_rules.n_gram, gallery_rules.n_gram_perplexity),
            lambda: repr((SEEDS, N_GRAMS, TEMPERATURE)) + digest(data.melodies().train),
        ),
        "video": Part(
            _rows(video_scores),
            (video_scores, share, gallery.train_video, gallery._classifier, gallery.fit),
            lambda: repr((SEEDS, TURNED)) + code_of(data.film_strips) + code_of(video.film) + code_of(video.pose),
        ),
        "rules": Part(
            _rows(rule_scores),
            (rule_scores, exact, share, dna.true_labels, exhibits.date_by_rule, exhibits.month_numbers),
            lambda: repr(SEEDS) + digest(data.genes().test + data.dates().test),
        ),
    },
)  # fmt: skip

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
