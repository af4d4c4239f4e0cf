"""A translator of dates and the search for its best translation, the live figure of lesson 15."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seqlib import data
from seqlib.batches import pad_batch
from seqlib.beam import Step
from seqlib.bleu import bleu
from seqlib.book import gallery
from seqlib.book.live import digest, pack_params, unpack_params
from seqlib.book.live import fingerprint as live_fingerprint
from seqlib.cells import part
from seqlib.data.dataset import Dataset, Example
from seqlib.encoder_decoder import encoder_forward, translate, translate_beam, translator_loss, translator_parameters
from seqlib.language_model import next_word
from seqlib.support.types import Array, Params
from seqlib.vocabulary import Vocabulary

HOW: dict[str, Any] = {"n_e": 24, "n_a": 72, "epochs": 30, "rate": 0.01}
DATA: dict[str, Any] = {"most": 2}
SIZE, CELL = 32, "gru"
MAX_LENGTH = 30  # tokens of a translation; none has as many
WIDTH, ALPHA = 4, 0.7


class Translator:
    """A translator with its two vocabularies: sentences in tokens go in and come out.

    params: those of encoder_decoder; source, target: the vocabularies
    """

    def __init__(self, params: Params, source: Vocabulary, target: Vocabulary) -> None:
        self.params, self.source, self.target = params, source, target

    def greedy(self, x: Sequence[str]) -> list[str]:
        """The most probable word at each step."""
        y = translate(self.params, self.source.encode(list(x)), self.target.end, cell=CELL, max_length=MAX_LENGTH)
        return self.target.decode(y)

    def beam(self, x: Sequence[str], width: int = WIDTH, alpha: float = ALPHA) -> list[tuple[list[str], float, float]]:
        """The translations that beam search finds, best first: (tokens, log-probability, score)."""
        how: dict[str, Any] = {"cell": CELL, "width": width, "alpha": alpha, "max_length": MAX_LENGTH}
        found = translate_beam(self.params, self.source.encode(list(x)), self.target.end, **how)
        return [(self.target.decode(tokens), log_p, score) for tokens, log_p, score in found]

    def start(self, x: Sequence[str]) -> tuple[Step, Any]:
        """The decoder's step and its first state, for a search of one's own: what the encoder made of a sentence."""
        state, _ = encoder_forward([self.source.encode(list(x))], part(self.params, "encoder/"), CELL)
        return next_word(part(self.params, "decoder/"), CELL), state

    def log_probability(self, x: Sequence[str], y: Sequence[str]) -> float:
        """log P(y | x) in nats, with the end."""
        coded = [self.source.encode(list(x))], [self.target.encode(list(y), end=True)]
        return -translator_loss(self.params, *coded, cell=CELL, reduction="sentence")[0]


def vocabularies(examples: Sequence[Example]) -> tuple[Vocabulary, Vocabulary]:
    """The words of the sources and those of the translations."""
    source, target = (sorted({word for example in examples for word in example[side]}) for side in (0, 1))
    return Vocabulary(source), Vocabulary(target)


def train(dataset: Dataset, seed: int, *, n_e: int, n_a: int, epochs: int, rate: float) -> Translator:
    """A GRU encoder and decoder."""
    source, target = vocabularies(dataset.train)
    sizes: dict[str, Any] = {"n_source": len(source), "n_target": len(target), "n_e": n_e, "n_a": n_a}
    params = translator_parameters(np.random.default_rng(seed), **sizes, cell=CELL, dtype=np.float32)

    def step(params: Params, batch: gallery.Batch) -> tuple[float, dict[str, Array]]:
        x, mask, targets = batch
        y, y_mask = pad_batch(targets)
        return translator_loss(params, x, y, mask, y_mask, cell=CELL)

    examples = [(source.encode(e.x), target.encode(e.y, end=True)) for e in dataset.train]
    gallery.fit(params, step, examples, epochs=epochs, size=SIZE, rate=rate, seed=seed)
    return Translator(params, source, target)


def share_exact(outputs: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]) -> float:
    """The share of sentences that equal one of their references."""
    return float(np.mean([output in rows for output, rows in zip(outputs, references, strict=True)]))


def of_stored(stored: dict[str, Any]) -> Translator:
    """The translator of the live figure, as it is stored."""
    return Translator(unpack_params(stored), Vocabulary(stored["source"]), Vocabulary(stored["target"]))


def greedy_lost(translator: Translator, example: Example) -> bool:
    """Whether a beam of WIDTH finds a translation that is more probable than the greedy one."""
    best = max(log_p for _, log_p, _ in translator.beam(example.x, WIDTH, 0.0))
    return best > translator.log_probability(example.x, translator.greedy(example.x)) + 1e-9


def samples(translator: Translator, test: Sequence[Example]) -> list[list[str]]:
    """Sentences to begin with: the first three in which greedy search lost, then the first of two dates from English into each language."""
    chosen = [example.x for example in test if greedy_lost(translator, example)][:3]
    for language in ("hi", "mr", "fr"):
        chosen.append(next(e.x for e in test if e.x[0] == f"<{language}>" and len(e.source.split()) == 4))
    return chosen


def make() -> dict[str, Any]:
    """The content of the stored file."""
    dataset = data.date_lists(**DATA)
    trained = train(dataset, 0, **HOW)
    stored: dict[str, Any] = {
        "cell": CELL,
        "source": trained.source.words,
        "target": trained.target.words,
        "params": pack_params(trained.params),
    }
    rounded = of_stored(stored)
    references = [data.date_references(example) for example in dataset.test]
    outputs = [rounded.beam(example.x)[0][0] for example in dataset.test]
    return {
        **stored,
        "samples": samples(rounded, dataset.test),
        "scores": {
            "exact": round(share_exact(outputs, references), 4),
            "bleu": round(bleu(outputs, references), 4),
        },
    }


def fingerprint() -> str:
    """What the stored network and its scores depend on."""
    code: list[Callable[..., Any]] = [
        make,
        train,
        vocabularies,
        samples,
        greedy_lost,
        share_exact,
        Translator.beam,
        Translator.greedy,
    ]
    rest = repr((HOW, DATA, SIZE, CELL, MAX_LENGTH, WIDTH, ALPHA)) + digest(
        [*(made := data.date_lists(**DATA)).train, *made.test]
    )
    return live_fingerprint([*code, gallery.fit], rest)
