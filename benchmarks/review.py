"""What lesson 16 measures: `python -m benchmarks.review [PART ...]` (about 35 minutes on one core).

planted: the final task, a translator, with every function right, and with each of the six bugs that the exercise plants; five seeds
by_hand: the same with a right function that rounds in another way, as the known mistakes do
known: the same with each known mistake of the six functions; rows that depend on nothing that has changed are kept
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
from seqlib.book.live import digest, fingerprint

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


def by_hand(names: Iterable[str], seeds: Iterable[int]) -> Rows:
    """One row for each function and seed: all is right, so what differs from the translator without a mistake is rounding."""
    rows: Rows = []
    for seed in seeds:
        for name in names:
            with seqlib.using(**{name: find(name).right}):
                found = score(review.learn(data.phrases(language=LANGUAGE), seed))
            rows.append({"function": name, "mistake": "", "seed": seed, **found})
    return rows


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

    def code(name: str, mistake: str) -> Any:
        known = find(name).mistakes[mistake]
        return known.edits or source_of(known.function(find(name).right))

    wrong = [(name, source_of(find(name).right), code(name, mistake)) for name, mistake in mistakes]
    return repr((wrong, tuple(seeds), LANGUAGE)) + digest(data.phrases(language=LANGUAGE).train)


SIX = [(name, PLANTED) for name in SWAPS]
TRAINED = [name for name in SWAPS if name not in PLACES]
KNOWN = [(name, mistake) for name in SWAPS for mistake in find(name).mistakes]
FINAL = (
    review.first_parameters,
    review.read,
    review.pooled_translator_loss,
    review.clipped,
    review.learn,
    review.nearest,
    review.solved,
)


def _rights() -> str:
    """The settings, the data and the code of the right functions."""
    return repr([source_of(find(name).right) for name in TRAINED]) + _rest([], SEEDS)


def row_code(mistake: tuple[str, str]) -> str:
    """A digest of what the rows of one mistake depend on."""
    return fingerprint((attempt, score, *FINAL), _rest([mistake], ()))[:12]


def known() -> dict[str, Any]:
    """One row for each known mistake and seed; only what is not stored, or depends on what has changed, is run."""
    stored = MEASURED.load().get("known", {}).get("rows", [])
    kept = {(row["function"], row["mistake"], row["seed"], row["code"]): row for row in stored}
    codes = {mistake: row_code(mistake) for mistake in KNOWN}
    for seed in SEEDS:
        late = [mistake for mistake in KNOWN if (*mistake, seed, codes[mistake]) not in kept]
        for row in runs(late, [seed])[2:] if late else []:
            which = (row["function"], row["mistake"])
            kept[*which, seed, codes[which]] = row | {"code": codes[which]}
    return {"rows": [kept[*mistake, seed, codes[mistake]] for seed in SEEDS for mistake in KNOWN]}


MEASURED = Measured(
    "review",
    {
        "planted": Part(lambda: {"rows": runs(SIX, SEEDS)}, (runs, attempt, score, *FINAL), lambda: _rest(SIX, SEEDS)),
        "by_hand": Part(lambda: {"rows": by_hand(TRAINED, SEEDS)}, (by_hand, score, *FINAL), _rights),
        "known": Part(known, (known, runs, attempt, score, *FINAL), lambda: _rest(KNOWN, SEEDS)),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
