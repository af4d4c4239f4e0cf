"""N-gram language models by counting: the baseline that a recurrent network has to beat.

The start of a sentence is no word, as x<1> = 0 is none; in contexts and columns its index is n_y.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqlib.batches import check_indices
from seqlib.beam import Step
from seqlib.support.swap import replaceable
from seqlib.support.types import Array
from seqlib.support.validate import check_counts

SMOOTHINGS = ("dirichlet", "witten_bell", "kneser_ney")
Context = tuple[int, ...]


@replaceable
def bigram_probabilities(sentences: Sequence[Sequence[int]], n_y: int, *, strength: float = 1.0) -> Array:
    """P(i | j) = (c(j, i) + strength P(i)) / (c(j) + strength), with P(i) = (c(i) + strength / n_y) / (N + strength).

    sentences: the words' indices of each sentence, with its <EOS> where it has one
    n_y: the size of the vocabulary
    strength: how much the prior weighs, above 0: that of the words' frequencies P(i), and that of 1 / n_y in P(i) itself

    c(j, i) counts how often i follows j within a sentence, c(j) how often any word does; c(i) counts the word itself, N all words.
    Returns (n_y, n_y + 1): column j holds P(. | j), the last one the probabilities of a sentence's first word; each sums to 1.
    Raises TypeError (no integers) and ValueError (no word, one outside 0 to n_y - 1, strength not above 0). Source: L6, item 6.3.

    >>> bigram_probabilities([[0, 1], [0, 0, 1]], 2).round(2)
    array([[0.4 , 0.58, 0.86],
           [0.6 , 0.42, 0.14]])
    """
    sentences = _sentences(sentences, n_y)
    _positive("strength", strength)
    pairs = np.zeros((n_y, n_y + 1))  # [i, j]: how often i follows j
    for sentence in sentences:
        np.add.at(pairs, (sentence, [n_y, *sentence[:-1]]), 1)
    counts = pairs.sum(axis=1, keepdims=True)  # (n_y, 1): a word follows something as often as it occurs
    prior = (counts + strength / n_y) / (counts.sum() + strength)
    return np.asarray((pairs + strength * prior) / (pairs.sum(axis=0) + strength))


class NGram:
    """Words given the order - 1 words before, interpolated with all shorter contexts down to 1 / n_y.

    sentences: the words' indices of each sentence, with its <EOS> where it has one
    n_y: the size of the vocabulary
    order: 1 for single words, 2 for pairs, 3 for triples, ...
    smoothing: what a context of C words, T of them different, hands to the next shorter one (item 6.3)
        "dirichlet": strength / (C + strength); with order 2 it is bigram_probabilities
        "witten_bell": T / (C + T)
        "kneser_ney": discount T / C, taken from the counts, discount each; shorter contexts count what a word follows, not how often
    strength, discount: the numbers of these formulas; strength above 0, discount between 0 and 1

    Raises TypeError, ValueError.
    """

    def __init__(
        self,
        sentences: Sequence[Sequence[int]],
        n_y: int,
        order: int = 3,
        *,
        smoothing: str = "kneser_ney",
        strength: float = 1.0,
        discount: float = 0.75,
    ):
        check_counts(order=order)
        if smoothing not in SMOOTHINGS:
            raise ValueError(f"smoothing must be one of {', '.join(SMOOTHINGS)}, got {smoothing!r}")
        _positive("strength", strength)
        if not 0 < discount < 1:
            raise ValueError(f"discount must be between 0 and 1, got {discount}")
        self.n_y, self.order, self.smoothing = n_y, order, smoothing
        self._strength, self._discount = strength, discount
        counts = self._counts(_sentences(sentences, n_y))
        self._table = {
            context: (np.array(list(following)), np.array(list(following.values()), dtype=float))
            for context, following in counts.items()
        }

    def _counts(self, sentences: Sequence[Sequence[int]]) -> dict[Context, Counter[int]]:
        """How often each word follows each context of at most order - 1 words."""
        counts: dict[Context, Counter[int]] = defaultdict(Counter)
        longest: Counter[tuple[Context, int]] = Counter(
            (self.context(sentence[:t]), word) for sentence in sentences for t, word in enumerate(sentence)
        )
        for (context, word), count in longest.items():
            counts[context][word] += count
            if self.smoothing != "kneser_ney":
                for k in range(1, len(context) + 1):
                    counts[context[k:]][word] += count
        if self.smoothing == "kneser_ney":
            # each different word before (context, word) counts once
            for length in range(self.order - 1, 0, -1):
                for context in [context for context in counts if len(context) == length]:
                    for word in counts[context]:
                        counts[context[1:]][word] += 1
        return counts

    def context(self, before: Sequence[int]) -> Context:
        """The last order - 1 of the words before; where there are fewer, the start of the sentence stands in front."""
        return (self.n_y, *before)[-(self.order - 1) :] if self.order > 1 else ()

    def seen(self, context: Context) -> bool:
        """Whether a word has followed this context."""
        return context in self._table

    def probabilities(self, before: Sequence[int]) -> Array:
        """P of every word after those before it in its sentence: (n_y,). Raises TypeError, ValueError."""
        return self._given(self.context([int(word) for word in check_indices("before", _array(before), self.n_y)]))

    def _given(self, context: Context) -> Array:
        shorter = self._given(context[1:]) if context else np.full(self.n_y, 1 / self.n_y)
        if context not in self._table:
            return shorter
        words, counts = self._table[context]
        discount, handed_on = {
            "dirichlet": (0.0, self._strength),
            "witten_bell": (0.0, float(len(words))),
            "kneser_ney": (self._discount, self._discount * len(words)),
        }[self.smoothing]
        p = handed_on * shorter
        p[words] += counts - discount
        return np.asarray(p / (counts.sum() - discount * len(words) + handed_on))

    def log_probabilities(self, sentence: Sequence[int]) -> Array:
        """log P of each word of a sentence given those before it, in nats: (T,). Raises TypeError, ValueError."""
        words = [int(word) for word in check_indices("sentence", _array(sentence), self.n_y)]
        return np.array([np.log(self._given(self.context(words[:t]))[word]) for t, word in enumerate(words)])


def _array(words: Sequence[int]) -> Array:
    """Words as an array; an empty list is one of integers."""
    return np.asarray(words, dtype=None if len(words) else int)


def _sentences(sentences: Sequence[Sequence[int]], n_y: int) -> list[list[int]]:
    """Check sentences of indices from 0 to n_y - 1, and that there is a word. Raises TypeError, ValueError."""
    check_counts(n_y=n_y)
    checked = [
        [int(word) for word in check_indices(f"sentences[{i}]", _array(sentence), n_y)]
        for i, sentence in enumerate(sentences)
    ]
    if not any(checked):
        raise ValueError("sentences has no word: there is nothing to count")
    return checked


def _positive(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(
            f"{name} must be above 0, got {value}: without it a word that was never seen has probability 0"
        )


def steps_of(model: NGram) -> Step:
    """step(state, word) of an n-gram model for generate and the searches, as `next_word` of a network; its state is the words so far."""
    known: dict[Context, Array] = {}

    def step(state: Any, word: int | None) -> tuple[Array, Any]:
        words = () if word is None else (*state, word)
        context = model.context(words)
        if context not in known:
            known[context] = np.log(model.probabilities(words))
        return known[context], words

    return step
