"""What lesson 16 measures: `python -m benchmarks.review` (about four minutes on one core).

planted: the final task, a translator, with every function right, and with each of the six bugs that the exercise plants; five seeds
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import sys
from collections.abc import Iterable
from typing import Any

import seqlib
from autograder.lessons import find
from autograder.lessons.lesson_16 import SWAPS
from autograder.lessons.mistake import source_of
from benchmarks.measured import Measured, Part
from seqlib import data, review
from seqlib.book.live import digest

PLANTED = "not_mended"
SEEDS = (1, 2, 3, 4, 5)
LANGUAGE = "French"
# what a wrong function changes: the simple method beside the translator, how a trained one writes, or all of its training
PLACES = {"euclidean_distance": "nearest", "next_word": "writing"}
Rows = list[dict[str, Any]]


def score(translate: review.Translate) -> dict[str, float]:
    """The shares of sentences and of words, rounded to what is told of them."""
    return {
        name: round(share, 4)
        for name, share in review.solved(data.phrases(language=LANGUAGE), translate)._asdict().items()
    }


def attempt(name: str, mistake: str, seed: int, learnt: review.Translate) -> dict[str, Any]:
    """One row: the final task with one wrong function; learnt: the translator of this seed, all of whose functions are right."""
    dataset, row = data.phrases(language=LANGUAGE), {"function": name, "mistake": mistake, "seed": seed}
    with seqlib.using(**{name: find(name).wrong[mistake]}):
        try:
            if PLACES.get(name) == "nearest":
                return row | score(review.nearest(dataset))
            return row | score(learnt if PLACES.get(name) == "writing" else review.learn(dataset, seed))
        except Exception as error:  # a mistake that shows at once
            return row | {"raised": type(error).__name__}


def runs(mistakes: Iterable[tuple[str, str]], seeds: Iterable[int]) -> Rows:
    """One row for each mistake and seed, after one for the translator without a mistake and one for the nearest sentence."""
    rows: Rows = []
    dataset, chosen = data.phrases(language=LANGUAGE), list(mistakes)
    for seed in seeds:
        learnt = review.learn(dataset, seed)
        rows.append({"function": "", "mistake": "", "seed": seed, **score(learnt)})
        rows.append({"function": "", "mistake": "nearest", "seed": seed, **score(review.nearest(dataset))})
        for name, mistake in chosen:
            rows.append(attempt(name, mistake, seed, learnt))
            print(json.dumps(rows[-1]), flush=True)
    return rows


def _rest(mistakes: Iterable[tuple[str, str]], seeds: Iterable[int]) -> str:
    """The settings, the data and the code of the wrong functions."""
    wrong = [(name, source_of(find(name).right), find(name).mistakes[mistake].edits) for name, mistake in mistakes]
    return repr((wrong, tuple(seeds), LANGUAGE)) + digest(data.phrases(language=LANGUAGE).train)


SIX = [(name, PLANTED) for name in SWAPS]
FINAL = (
    review.first_parameters,
    review.read,
    review.pooled_translator_loss,
    review.clipped,
    review.learn,
    review.nearest,
    review.solved,
)
MEASURED = Measured(
    "review",
    {
        "planted": Part(lambda: {"rows": runs(SIX, SEEDS)}, (runs, attempt, score, *FINAL), lambda: _rest(SIX, SEEDS)),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
