"""Music generation (L1, L5): nothing, or first notes -> the notes of a melody.

A melody has a key, a sequence of chords and two bars of rhythm that alternate. Strong beats take notes of the
chord, weak beats step between them. Neither the chord nor the rhythm can be read off the last two or three
notes: a model has to keep the key, count the beats and remember the bars before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.support.types import Array

from .dataset import SPLITS, Dataset, Example, check_sizes, distinct, pick, three_ways, unigram_perplexity

TONES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
HOLD = "-"  # the note before sounds on
RATE = 8000  # samples a second of `tune`
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
# chords as degrees of the scale, one a bar; the last is the tonic
PROGRESSIONS = tuple(
    tuple(int(degree) - 1 for degree in text)
    for text in "1451 1641 1251 1561 1461 1351 1541 1621 1451 1345 1631 1421".split()
)
RHYTHMS = ("xxxxxxxx", "x-xxx-xx", "x-x-xxxx", "xxx-xxx-", "x-x-x-x-", "x--xx-x-", "x-xxx---", "xxxxx---")


def pitch_number(token: str) -> int:
    """The MIDI number of a note such as "C4" (60) or "F#5" (78).

    Raises ValueError: no such note.
    """
    name, octave = token[:-1], token[-1:]
    if name not in TONES or not octave.isdigit():
        raise ValueError(f"a note is one of {', '.join(TONES)} and an octave, such as 'F#5'; got {token!r}")
    return 12 * (int(octave) + 1) + TONES.index(name)


def _melody(key: int, minor: bool, progression: tuple[int, ...], rng: np.random.Generator) -> list[str]:
    """Eight bars: the chords twice, the two rhythms in turn, a long note at the end."""
    scale = MINOR if minor else MAJOR
    rhythms = [pick(rng, RHYTHMS), pick(rng, RHYTHMS)]
    step = 7 + int(rng.integers(0, 5))  # place in the scale, counted from the tonic below middle C
    tokens: list[str] = []
    for bar, root in enumerate(progression * 2):
        chord = {(root + third) % 7 for third in (0, 2, 4)}
        last = bar == 2 * len(progression) - 1
        for beat, mark in enumerate("x-------" if last else rhythms[bar % 2]):
            if mark == "-":
                tokens.append(HOLD)
                continue
            if beat % 4 == 0:  # strong: the nearest notes of the chord
                distances = sorted((abs(place - step), place) for place in range(4, 15) if place % 7 in chord)
                step = 7 if last else distances[int(rng.random() < 0.25)][1]
            else:  # weak: a step up or down, back when the range ends
                step += 1 if rng.random() < 0.5 else -1
                step = min(max(step, 4), 14)
            number = 48 + key + 12 * (step // 7) + scale[step % 7]
            tokens.append(f"{TONES[number % 12]}{number // 12 - 1}")
    return tokens


def melodies(seed: int = 1, train: int = 600, valid: int = 60, test: int = 120) -> Dataset:
    """Melodies of eight bars of eight tokens: a note ("C4") or "-", which holds the note before.

    x are the tokens; a language model predicts each from those before. y names the key.
    Held out: no pair of key and chord sequence of valid and test occurs in train.
    Raises ValueError or TypeError: a size that is not a whole number of at least 1.
    """
    check_sizes(train=train, valid=valid, test=test)
    rng = np.random.default_rng(seed)
    keys = [(key, minor) for key in (0, 2, 5, 7, 9) for minor in (False, True)]
    chords = sorted(set(PROGRESSIONS))
    pairs = three_ways([(key, minor, chord) for key, minor in keys for chord in chords], rng)
    taken: set[str] = set()
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):

        def make(rng: np.random.Generator, split: str = split) -> Example:
            key, minor, chord = pick(rng, pairs[split])
            name = f"{TONES[key]} {'minor' if minor else 'major'}"
            degrees = " ".join(str(degree + 1) for degree in chord)
            return Example(_melody(key, minor, chord, rng), name, f"{name}: {degrees}")

        splits[split] = distinct(make, count, rng, taken)
    return Dataset(
        name="music",
        description="nothing, or the first notes -> a melody",
        inputs="the notes so far",
        outputs="the next note, or '-' to hold the last one",
        score="perplexity (lower is better)",
        baseline=unigram_perplexity(*([e.x for e in splits[split]] for split in ("train", "test"))),
        baseline_name="how often each token occurs",
        **splits,
    )


def tune(tokens: list[str], seconds: float = 0.2) -> Array:
    """A recording of a melody to listen to: (samples,) between -1 and 1, `RATE` samples a second.

    Raises ValueError: no tokens, a first token that holds nothing, an unknown note, or seconds below one sample.
    """
    if not tokens or tokens[0] == HOLD:
        raise ValueError("tokens must begin with a note; there is nothing to hold yet")
    if not 1 / RATE <= seconds < np.inf:
        raise ValueError(f"seconds of a token must be at least 1 / {RATE}, one sample, and finite; got {seconds}")
    starts = [t for t, token in enumerate(tokens) if token != HOLD]
    wave = []
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        time = np.arange(int((end - start) * seconds * RATE)) / RATE
        hertz = 440 * 2 ** ((pitch_number(tokens[start]) - 69) / 12)
        sound = sum(np.sin(2 * np.pi * hertz * k * time) / k**2 for k in (1, 2, 3))
        wave.append(sound * np.exp(-2 * time) * np.minimum(1, 100 * time))
    joined = np.concatenate(wave)
    return np.asarray(joined / np.abs(joined).max())
