"""Speech recognition (L1): a synthesised recording -> the text, with no alignment between the two.

Every letter has a sound of two formants or of noise; speakers differ in pitch, tempo and formants, letters
glide into one another, and some letters share a sound (c, k and q; s and z; i and y): then only the letters
around them tell which is meant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.support.types import Array

from .common_words import COMMON_WORDS
from .dataset import SPLITS, Dataset, Example, check_sizes, distinct, pick, three_ways

RATE = 8000  # samples a second
HOP = 160  # samples from one frame to the next: 20 ms
WINDOW = 320  # samples in a frame
BANDS = 20  # n_x: energies a frame
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LECTURE = "the quick brown fox jumped over the lazy dog"

# letter: (first formant, second formant, share of noise), in Hz; letters on one line sound alike
SOUNDS = {
    "a": (750, 1250, 0.0), "e": (500, 1900, 0.0), "i": (300, 2300, 0.0), "y": (300, 2300, 0.0),
    "o": (480, 850, 0.0), "u": (320, 1050, 0.0), "m": (220, 1100, 0.1), "n": (250, 1650, 0.1),
    "l": (370, 2650, 0.0), "r": (480, 1400, 0.1), "w": (290, 700, 0.0), "j": (270, 2900, 0.4),
    "b": (220, 800, 0.3), "p": (900, 700, 0.7), "d": (220, 1850, 0.3), "t": (1300, 2900, 0.8),
    "g": (220, 1350, 0.3), "c": (1100, 1800, 0.8), "k": (1100, 1800, 0.8), "q": (1100, 1800, 0.8),
    "f": (1700, 2500, 0.9), "v": (1400, 2300, 0.5), "s": (2600, 3400, 1.0), "z": (2600, 3400, 1.0),
    "h": (900, 1600, 0.9), "x": (1900, 3300, 0.9),
}  # fmt: skip


def synthesise(text: str, rng: np.random.Generator) -> Array:
    """A recording of `text` by a random speaker: (samples,) between -1 and 1, `RATE` samples a second.

    Raises ValueError: text that has no letter, or characters other than a to z and space.
    """
    if not text.strip() or set(text) - set(LETTERS) - {" "}:
        raise ValueError(f"text may hold the letters a to z and spaces, at least one letter; got {text!r}")
    pitch, tempo, tract = rng.uniform(90, 220), rng.uniform(0.8, 1.3), rng.uniform(0.88, 1.14)
    targets, loudness = [], []
    for letter in f" {text} ":
        samples = int(tempo * rng.uniform(0.05, 0.10) * RATE)
        sound = SOUNDS.get(letter, (300, 1200, 1.0))
        targets.append(np.tile(sound, (samples, 1)))
        # every letter swells and fades, so that "ll" can be told from a long "l"
        loudness.append((0.02 if letter == " " else 1.0) * np.hanning(samples + 2)[1:-1] ** 0.5)
    volume = np.concatenate(loudness)
    width = 200  # 25 ms: a formant glides from one letter to the next
    padded = np.pad(np.concatenate(targets), ((width // 2, width - 1 - width // 2), (0, 0)), mode="edge")
    totals = np.vstack([np.zeros(3), np.cumsum(padded, axis=0)])
    first, second, noise = ((totals[width:] - totals[:-width]) / width).T  # (samples,) each
    time = np.arange(len(volume)) / RATE
    buzz = 0.3 * np.sin(2 * np.pi * pitch * time)
    hiss = rng.normal(size=len(volume))
    wave = np.zeros(len(volume))
    for formant, share in ((first, 0.6), (second, 0.5)):
        phase = 2 * np.pi * np.cumsum(tract * formant) / RATE
        # a noisy sound is the same formant with a phase that jitters
        wave += share * np.sin(phase + 2.5 * noise * np.cumsum(hiss) / 3)
    wave = volume * (wave + buzz * (1 - noise)) + 0.01 * rng.normal(size=len(volume))
    return np.asarray(wave / np.abs(wave).max())


def spectrogram(wave: Array) -> Array:
    """Log energies of `BANDS` frequency bands in each frame, mean 0 and spread 1: (n_x, T_x).

    Raises ValueError: a recording shorter than one frame.
    """
    if wave.ndim != 1 or len(wave) < WINDOW:
        raise ValueError(f"wave must be (samples,) with at least {WINDOW} samples; got shape {wave.shape}")
    frames = np.lib.stride_tricks.sliding_window_view(wave, WINDOW)[::HOP] * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(frames)) ** 2  # (T_x, WINDOW // 2 + 1)
    # bands are narrow where frequencies are low, as in the ear (mel scale)
    edges = 700 * (np.logspace(0, np.log10(1 + RATE / 2 / 700), BANDS + 2) - 1) / (RATE / WINDOW)
    bins = np.arange(power.shape[1])
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    bank = np.clip(np.minimum(rise, fall), 0, None)  # (n_x, bins)
    energies = np.log(power @ bank.T + 1e-3).T  # (n_x, T_x)
    return np.asarray((energies - energies.mean()) / energies.std())


def spoken_words(seed: int = 1, train: int = 1500, valid: int = 100, test: int = 200) -> Dataset:
    """Recordings of one to three words, as spectrograms, and their text.

    Held out: no word of valid and test is spoken in train. `test[0]` is the lecture's sentence.
    Raises ValueError or TypeError: a size that is not a whole number of at least 1.
    """
    check_sizes(train=train, valid=valid, test=test)
    rng = np.random.default_rng(seed)
    held_out = set(LECTURE.split())
    words = three_ways([word for word in COMMON_WORDS if word not in held_out], rng)
    words["test"] += sorted(held_out)
    taken: set[str] = set()
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):

        def make(rng: np.random.Generator, split: str = split) -> Example:
            text = " ".join(pick(rng, words[split]) for _ in range(int(rng.integers(1, 4))))
            return Example(spectrogram(synthesise(text, rng)).astype(np.float32), text, text)

        splits[split] = distinct(make, count, rng, taken)
    sample = Example(spectrogram(synthesise(LECTURE, rng)).astype(np.float32), LECTURE, "lecture")
    splits["test"][0] = sample
    return Dataset(
        name="speech",
        description="a recording -> its text",
        inputs=f"spectrogram, ({BANDS}, T_x), 20 ms a frame",
        outputs="the letters that were spoken, with spaces; not aligned with the frames",
        score="character error rate (lower is better)",
        baseline=1.0,
        baseline_name="an empty transcript",
        sample=sample,
        **splits,
    )
