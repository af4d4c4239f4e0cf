"""What lesson 15 measures: `python -m benchmarks.translation [PART ...]` (about ten minutes on one core in all).

translators: dates from English and into it, held-out days; exact share and BLEU of greedy search, beam search and sampling, by the number
    of dates, and of two simple methods; five seeds
widths: the same with half the units, greedy search; five seeds
rule: the same by somebody who knows how the sentences were made; five seeds
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from benchmarks.measured import Measured, Part
from seqlib import beam, data, edit_distance, sampling
from seqlib import bleu as corpus_bleu
from seqlib.book import gallery, translator
from seqlib.book.live import digest
from seqlib.book.translator import Translator
from seqlib.data.dataset import Dataset, Example
from seqlib.data.date_lists import WORDINGS, date_list

SEEDS = (1, 2, 3, 4, 5)
DATA: dict[str, Any] = {"train": 4000, "test": 200, "most": 3}
HOW: dict[str, Any] = {"n_e": 32, "n_a": 96, "epochs": 25, "rate": 0.01}
NARROW = 48  # units, in the part `widths`
DATES = (1, 2, 3)
WIDTHS, ALPHAS = tuple(range(2, 11)), (0.0, 0.7)
TEMPERATURES = (1.0, 0.5)
Translation = Callable[[Sequence[str]], list[str]]
Tokens = Sequence[str]

# ------------------------------------------------------------------------------------------------ scores


def dates_of(example: Example) -> int:
    """How many dates a sentence has."""
    return len(example.source.split()) - 2


def scores(outputs: Sequence[Tokens], test: Sequence[Example]) -> dict[str, Any]:
    """Exact share and BLEU, of all and by the number of dates, and how long the outputs are beside the closest references."""
    references = [data.date_references(example) for example in test]
    row: dict[str, Any] = {
        "exact": translator.share_exact(outputs, references),
        "bleu": corpus_bleu(outputs, references),
        "bleu of one reference": corpus_bleu(outputs, [[example.y] for example in test]),
        "length": sum(map(len, outputs)) / sum(closest(*pair) for pair in zip(outputs, references, strict=True)),
        "exact by dates": [],
        "bleu by dates": [],
    }
    for number in DATES:
        places = [i for i, example in enumerate(test) if dates_of(example) == number]
        some, theirs = [outputs[i] for i in places], [references[i] for i in places]
        row["exact by dates"].append(translator.share_exact(some, theirs))
        row["bleu by dates"].append(corpus_bleu(some, theirs))
    return row


def closest(output: Tokens, references: Sequence[Tokens]) -> int:
    """The reference length of the brevity penalty."""
    return min((len(one) for one in references), key=lambda length: (abs(length - len(output)), length))


# ------------------------------------------------------------------------------------------------ without a network


def nearest(train: Sequence[Example]) -> Translation:
    """The translation of the training sentence, into the same language, that is nearest in edit distance; the first on a tie."""
    by_language: dict[str, list[Example]] = defaultdict(list)
    for example in train:
        by_language[example.x[0]].append(example)

    def translation(x: Tokens) -> list[str]:
        some = by_language[x[0]]
        near = [e for e in some if abs(len(e.x) - len(x)) <= 1] or some
        return list(min(near, key=lambda e: edit_distance(e.x, list(x))).y)

    return translation


def word_for_word(train: Sequence[Example]) -> Translation:
    """Each word becomes the one that goes with it most closely in training: the largest 2 c(both) / (c(source) + c(target))."""
    both: Counter[tuple[str, str, str]] = Counter()
    there: Counter[tuple[str, str]] = Counter()
    here: Counter[tuple[str, str]] = Counter()
    for example in train:
        language, *words = example.x
        there.update((language, word) for word in set(words))
        here.update((language, word) for word in set(example.y))
        both.update((language, one, other) for one in set(words) for other in set(example.y))
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for (language, one, other), count in both.items():
        dice = 2 * count / (there[language, one] + here[language, other])
        best[language, one] = max(best.get((language, one), (0.0, "")), (dice, other))

    def translation(x: Tokens) -> list[str]:
        pairs = ((x[0], word) for word in x[1:])
        return [best[pair][1] for pair in pairs if pair in best]

    return translation


def by_rule() -> Translation:
    """Months by their words, days by their digits, and Babel to write them: what whoever knows how the sentences were made can do."""
    named: dict[str, set[int]] = defaultdict(set)
    for language, month in product(WORDINGS, range(1, 13)):
        for word in date_list([(month, 1)], language):
            named[word].add(month)
    months = {word: month for word, some in named.items() if len(some) == 1 for month in some}

    def translation(x: Tokens) -> list[str]:
        language, *words = x
        days = [int(word) for word in words if word.isdigit()]
        listed = [months[word] for word in words if word in months]
        return date_list(list(zip(listed, days, strict=True)), language.strip("<>"))

    return translation


# ------------------------------------------------------------------------------------------------ with one


def drawn(model: Translator, x: Tokens, temperature: float, rng: np.random.Generator) -> list[str]:
    """A translation whose words are sampled."""
    step, state = model.start(x)
    draw = sampling.sampler(rng, temperature=temperature)
    how: dict[str, Any] = {"state": state, "max_length": translator.MAX_LENGTH}
    return model.target.decode(sampling.generate(step, draw, model.target.end, **how))


def searches(model: Translator, test: Sequence[Example]) -> list[dict[str, Any]]:
    """One row for each way to search, with how often its translation is more probable than the greedy one, or less.

    The network computes in single precision: a thousandth is beyond its rounding.
    """
    greedy = [model.greedy(example.x) for example in test]
    log_p = [model.log_probability(example.x, y) for example, y in zip(test, greedy, strict=True)]
    rows = [{"search": "greedy", "width": 1, **scores(greedy, test)}]
    for width in WIDTHS:
        for alpha in ALPHAS:
            found = [model.beam(example.x, width, alpha)[0] for example in test]
            gains = np.array([one[1] - of_greedy for one, of_greedy in zip(found, log_p, strict=True)])
            rows.append(
                {
                    "search": "beam",
                    "width": width,
                    "alpha": alpha,
                    **scores([one[0] for one in found], test),
                    "more probable": float(np.mean(gains > 1e-3)),
                    "less probable": float(np.mean(gains < -1e-3)),
                }
            )
    return rows


def blame(model: Translator, test: Sequence[Example]) -> dict[str, float]:
    """Of the sentences that a beam of 10 gets wrong: the share in which a right translation would have been more probable."""
    wrong = missed = 0
    for example in test:
        y, log_p, _ = model.beam(example.x, WIDTHS[-1], 0.0)[0]
        right = data.date_references(example)
        if y not in right:
            wrong += 1
            missed += max(model.log_probability(example.x, one) for one in right) > log_p
    return {"wrong": wrong / len(test), "found wanting": missed / max(1, wrong)}


def translators(seed: int) -> dict[str, Any]:
    """One trained translator and everything that is measured of it."""
    dataset = data.date_lists(seed, **DATA)
    model, test = translator.train(dataset, seed, **HOW), dataset.test
    rng = np.random.default_rng(seed)
    row = {
        "seed": seed,
        "searches": searches(model, test),
        "sampled": [
            {"temperature": t, **scores([drawn(model, example.x, t, rng) for example in test], test)}
            for t in TEMPERATURES
        ],
        "nearest": scores([nearest(dataset.train)(example.x) for example in test], test),
        "word for word": scores([word_for_word(dataset.train)(example.x) for example in test], test),
        "train": scores([model.greedy(example.x) for example in dataset.train[:200]], dataset.train[:200]),
        "blame": blame(model, test),
    }
    print(json.dumps([seed, row["searches"][0], row["nearest"]["exact"], row["word for word"]["bleu"]]), flush=True)
    return row


def widths(seed: int) -> dict[str, Any]:
    """The translator with fewer units, on the same sentences."""
    dataset: Dataset = data.date_lists(seed, **DATA)
    model = translator.train(dataset, seed, **(HOW | {"n_a": NARROW}))
    return {"seed": seed, "n_a": NARROW, **scores([model.greedy(example.x) for example in dataset.test], dataset.test)}


def rule(seed: int) -> dict[str, Any]:
    """The scores of the rule on the same test sentences."""
    test, translation = data.date_lists(seed, **DATA).test, by_rule()
    return {"seed": seed, **scores([translation(example.x) for example in test], test)}


# ------------------------------------------------------------------------------------------------ all of it

CODE: list[Callable[..., Any]] = [
    translator.train, gallery.fit, scores, closest, dates_of, translator.share_exact, corpus_bleu,
    Translator.greedy,
]  # fmt: skip


def _depends() -> str:
    some = [data.date_lists(seed, **DATA) for seed in SEEDS]
    return repr((SEEDS, DATA, HOW, DATES, translator.MAX_LENGTH)) + "".join(
        digest(one.train + one.test) for one in some
    )


MEASURED = Measured(
    "translation",
    {
        "translators": Part(
            lambda: {"how": HOW, "rows": [translators(seed) for seed in SEEDS]},
            [
                *CODE,
                *(translators, searches, blame, drawn, nearest, word_for_word),
                *(Translator.beam, Translator.log_probability, Translator.start),
                beam.beam_search,
            ],
            lambda: repr((WIDTHS, ALPHAS, TEMPERATURES)) + _depends(),
        ),
        "widths": Part(
            lambda: {"rows": [widths(seed) for seed in SEEDS]},
            [*CODE, widths],
            lambda: repr(NARROW) + _depends(),
        ),
        "rule": Part(
            lambda: {"rows": [rule(seed) for seed in SEEDS]},
            [rule, by_rule, scores, closest, dates_of, translator.share_exact, corpus_bleu],
            lambda: repr(WORDINGS) + _depends(),
        ),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
