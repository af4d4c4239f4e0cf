"""What every data set of the book looks like: three splits, a description and a trivial baseline's score."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

SPLITS = ("train", "valid", "test")


class Example(NamedTuple):
    """One pair of a data set: x is the input sequence, y what belongs to it, source what it was made from."""

    x: Any
    y: Any
    source: str = ""


@dataclass(frozen=True)
class Dataset:
    """A task with its examples. The lecture's sample is never in `train`; it is `test[0]`, or stands in `sample` alone (agreement, dna)."""

    name: str
    description: str
    inputs: str  # what X is, in words
    outputs: str  # what Y is, in words
    train: list[Example]
    valid: list[Example]
    test: list[Example]
    score: str  # how the task is scored, e.g. "accuracy"
    baseline: float  # that score on `test` for a model that ignores the input
    baseline_name: str  # what that model does
    sample: Example | None = None  # the lecture's sample

    @property
    def sizes(self) -> dict[str, int]:
        """The number of examples in each split."""
        return {split: len(getattr(self, split)) for split in SPLITS}

    def rows(self, count: int = 5) -> list[Example]:
        """The first examples to look at: the lecture's sample, if there is one, then those of `test`."""
        others = [example for example in self.test[:count] if example is not self.sample]
        return ([self.sample, *others] if self.sample else others)[:count]

    def __str__(self) -> str:
        sizes = ", ".join(f"{count} {split}" for split, count in self.sizes.items())
        baseline = f"{self.baseline_name}: {self.score} {self.baseline:.3f}"
        return f"{self.name}: {self.description} ({sizes}; {baseline})"


def needs(package: str, what: str) -> ModuleType:
    """Import a package that only some data sets need.

    Raises ImportError: names the data set, the package and the extra that brings it.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(
            f"{what} is made with the package {package!r}, which is not installed; "
            "the extra `book` brings it: pip install -e '.[book]'"
        ) from error


def distinct(
    make: Callable[[np.random.Generator], Example], count: int, rng: np.random.Generator, taken: set[str]
) -> list[Example]:
    """`count` examples from `make`, no two with the same x and none whose x is in `taken` (updated in place).

    Raises ValueError: when `make` has nothing new to give.
    """
    examples: list[Example] = []
    misses = 0
    while len(examples) < count:
        example = make(rng)
        key = repr(example.x)
        if key in taken:
            misses += 1
            if misses > 1000 + 100 * count:
                raise ValueError(f"only {len(examples)} distinct examples exist; {count} were asked for")
            continue
        taken.add(key)
        examples.append(example)
    return examples


def check_sizes(**sizes: int) -> None:
    """Raises ValueError: a size below 1; TypeError: a size that is no whole number."""
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int | np.integer):
            raise TypeError(f"{name} is the number of examples, a whole number; got {size!r}")
        if size < 1:
            raise ValueError(f"{name} is the number of examples, at least 1; got {size}")


def zeros_or_ones(train: Sequence[int], test: Sequence[int]) -> float:
    """The share of 0s in `test`, or of 1s when `train` has more of them: the trivial baseline of yes or no."""
    ones = float(np.mean(test))
    return ones if np.mean(train) > 0.5 else 1 - ones


def unigram_perplexity(train: Iterable[Sequence[str]], test: Iterable[Sequence[str]]) -> float:
    """Perplexity of `test` by how often each token occurs in `train`, with 1 added to each count and for what does not occur."""
    counts = Counter(token for tokens in train for token in tokens)
    total = sum(counts.values()) + len(counts) + 1
    return float(np.exp(np.mean([-np.log((counts[token] + 1) / total) for tokens in test for token in tokens])))


def pick(rng: np.random.Generator, items: Sequence[Any]) -> Any:
    """One of `items`, each as likely as the others."""
    return items[int(rng.integers(len(items)))]


def three_ways(items: Sequence[Any], rng: np.random.Generator, held_out: float = 0.15) -> dict[str, Any]:
    """Shuffle `items` and deal them to train, valid and test; no item lands in two of them."""
    order = rng.permutation(len(items))
    part = max(1, round(held_out * len(items)))
    cuts = {"test": order[:part], "valid": order[part : 2 * part], "train": order[2 * part :]}
    return {split: [items[int(i)] for i in cuts[split]] for split in SPLITS}


def with_articles(text: str) -> str:
    """`text` with "an" for "a" before a vowel or "hour": "a awful film" -> "an awful film"."""
    return re.sub(r"\b([Aa]) (?=[aeiouAEIOU]|hour\b)", r"\1n ", text)
