"""Writing with a language model: drawing the next word from its probabilities, and whole sequences word by word.

`generate` and `generated_log_probability` ask the model by step(state, word), as greedy_search and beam_search do:
the log-probabilities (n_y,) of the next word and the next state; the first word is None. `next_word` in language_model.py
makes such a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seqlib.activations import log_softmax, softmax
from seqlib.batches import check_indices
from seqlib.beam import Step, allowed
from seqlib.support.swap import replaceable
from seqlib.support.types import Array, Generator

Draw = Callable[[Array], int]


@replaceable
def sample_logits(logits: Array, rng: Generator, count: int, *, temperature: float = 1.0) -> Array:
    """Draw indices, independently of one another, from softmax(logits / temperature).

    logits: (n_y,), the scores before softmax, of any size; -inf is never drawn
    rng: the only source of chance: in the same state it gives the same draws, and after them it gives others
    count: how many indices to draw
    temperature: below 1 sharper, above 1 flatter

    Returns (count,) in int64, in the order in which they were drawn. Raises TypeError (no generator) and ValueError (nothing that
    can be drawn, NaN, an argument out of range). Source: L7, items 7.1 and 7.2.

    >>> sample_logits(np.array([-np.inf, 2.0]), np.random.default_rng(0), 3)
    array([1, 1, 1])
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng must be a numpy.random.Generator such as np.random.default_rng(0), got {type(rng).__name__}"
        )
    _check_temperature(temperature)
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    z = np.asarray(logits, dtype=float)
    if z.ndim != 1 or not np.isfinite(z.max(initial=-np.inf)):
        raise ValueError(f"logits must be (n_y,), with no NaN and a largest that is finite; got shape {z.shape}")
    # softmax(z / T) with the largest made 0 first: the rest divided by a small T is -inf at worst, and e^-inf = 0
    p = softmax((z - z.max()) / temperature)
    return np.asarray(rng.choice(len(p), size=count, p=p))


@replaceable
def top_k_probabilities(probabilities: Array, k: int) -> Array:
    """Keep the k most probable words, scaled to sum to 1; the rest are 0.

    probabilities: (n_y,), as from softmax
    k: how many to keep; of equally probable words, those with the lower index. All of them where k is n_y or more

    Returns (n_y,) in float64. Raises ValueError (no distribution, k below 1). Source: L7, item 7.2; Fan et al. 2018.

    >>> top_k_probabilities(np.array([0.25, 0.5, 0.125, 0.125]), 2)
    array([0.33333333, 0.66666667, 0.        , 0.        ])
    """
    p = _distribution(probabilities)
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    p[np.argsort(-p, kind="stable")[k:]] = 0
    return np.asarray(p / p.sum())


@replaceable
def nucleus_probabilities(probabilities: Array, mass: float) -> Array:
    """Keep the fewest most probable words whose sum reaches `mass`, scaled to sum to 1; the rest are 0.

    probabilities: (n_y,), as from softmax
    mass: above 0, at most 1; the word with which the sum reaches it is kept. Of equally probable words, those with the lower index

    Returns (n_y,) in float64. Raises ValueError (no distribution, mass out of range). Source: L7, item 7.2; Holtzman et al. 2020.

    >>> nucleus_probabilities(np.array([0.25, 0.5, 0.125, 0.125]), 0.75)
    array([0.33333333, 0.66666667, 0.        , 0.        ])
    """
    p = _distribution(probabilities)
    if not 0 < mass <= 1:
        raise ValueError(f"mass must be above 0 and at most 1, got {mass}")
    order = np.argsort(-p, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(p[order])[:-1]])  # the sum of all that are more probable
    p[order[before >= mass]] = 0
    return np.asarray(p / p.sum())


def filter_probabilities(
    probabilities: Array,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    nucleus: float | None = None,
    reject: Sequence[int] = (),
) -> Array:
    """The probabilities that are drawn from, in this order: without rejected indices, at a temperature, cut off.

    probabilities: (n_y,), as from softmax
    temperature: below 1 sharper, above 1 flatter: p_i^(1/temperature), scaled to sum to 1
    top_k: keep the k most probable
    nucleus: keep the most probable until their sum reaches it
    reject: such as that of <UNK>

    Returns (n_y,) in float64. Raises ValueError (no distribution, an argument out of range, nothing left). Source: L7, item 7.2.
    """
    p = _distribution(probabilities)
    _check_temperature(temperature)
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k must be at least 1, got {top_k}")
    if nucleus is not None and not 0 < nucleus <= 1:
        raise ValueError(f"nucleus must be above 0 and at most 1, got {nucleus}")
    if len(reject):
        p[check_indices("reject", list(reject), len(p))] = 0
    if not p.any():
        raise ValueError("reject leaves no index that has a probability above 0")
    # p_i^(1/temperature) = exp(log p_i / temperature), the largest made 1 first
    p = (p / p.max()) ** (1 / temperature)
    p /= p.sum()
    if top_k is not None:
        p = top_k_probabilities(p, top_k)
    return p if nucleus is None else nucleus_probabilities(p, nucleus)


def sample(
    probabilities: Array,
    rng: Generator,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    nucleus: float | None = None,
    reject: Sequence[int] = (),
) -> int:
    """Draw one index. The arguments are those of `filter_probabilities`. Raises TypeError, ValueError. Source: L7."""
    p = filter_probabilities(probabilities, temperature=temperature, top_k=top_k, nucleus=nucleus, reject=reject)
    with np.errstate(divide="ignore"):  # log 0 = -inf is never drawn
        return int(sample_logits(np.log(p), rng, 1)[0])


def sampler(
    rng: Generator, *, temperature: float = 1.0, top_k: int | None = None, nucleus: float | None = None
) -> Draw:
    """draw(log_p) for `generate`: one index drawn as `sample` draws it, from log-probabilities or logits (n_y,)."""

    def draw(log_p: Array) -> int:
        p = softmax(np.asarray(log_p, dtype=float))
        return sample(p, rng, temperature=temperature, top_k=top_k, nucleus=nucleus)

    return draw


@replaceable
def generate(
    step: Step,
    draw: Draw,
    end: int,
    *,
    start: Sequence[int] = (),
    state: Any = None,
    max_length: int = 20,
    reject: Sequence[int] = (),
) -> list[int]:
    """Write words, each fed back as the next input, until `end` or max_length words.

    step: step(state, word), the log-probabilities (n_y,) of the next word and the next state; the first word is None
    draw: draw(log_p), the index of one word, such as a `sampler`
    end: the index of <EOS>
    start: words that are given; they count towards max_length
    state: the first state that step is given
    max_length: how many words there may be
    reject: words that are never written, such as <UNK> and <PAD>: log_p is -inf there when draw gets it

    Returns the words with those of start, without `end`; the arrays that step returns are not changed.
    Raises ValueError (max_length below 1, nothing that is not rejected, NaN). Source: L7, item 7.1.

    >>> def step(state, word):
    ...     return np.log([0.1, 0.7, 0.2] if word == 0 else [0.6, 0.1, 0.3]), None
    >>> generate(step, np.argmax, end=1)
    [0]
    >>> generate(step, np.argmax, end=1, start=[0], reject=[1], max_length=4)
    [0, 2, 0, 2]
    """
    if max_length < 1:
        raise ValueError(f"max_length must be at least 1, got {max_length}")
    words = [int(word) for word in start]
    log_p, state = step(state, None)
    for word in words:
        log_p, state = step(state, word)
    while len(words) < max_length:
        word = int(draw(allowed(log_p, reject)))
        if word == end:
            break
        words.append(word)
        log_p, state = step(state, word)
    return words


@replaceable
def generated_log_probability(
    step: Step,
    words: Sequence[int],
    end: int,
    *,
    start: Sequence[int] = (),
    state: Any = None,
    max_length: int = 20,
    reject: Sequence[int] = (),
) -> float:
    """log of the probability, in nats, with which `generate` writes these words when it draws from step's probabilities.

    step: as in generate
    words: what generate returned, those of start included, without `end`
    end: the index of <EOS>, which was drawn, too, where max_length was not reached
    start: the words that were given; they cost nothing
    state: the first state that step was given
    max_length: as in generate
    reject: words that were never written; their probability goes to the others, in proportion

    Returns -inf where a word was rejected.
    Raises ValueError (words do not begin with start, are more than max_length, have end after start, or are outside the vocabulary).
    Source: L6, item 6.1; L7, item 7.1.

    >>> def step(state, word):
    ...     return np.log([0.1, 0.7, 0.2] if word == 0 else [0.6, 0.1, 0.3]), None
    >>> round(np.exp(generated_log_probability(step, [0], end=1)), 6)  # 0.6 * 0.7
    np.float64(0.42)
    """
    words = [int(word) for word in words]
    if words[: len(start)] != list(start) or len(words) > max(max_length, len(start)) or end in words[len(start) :]:
        raise ValueError(
            f"words must begin with start, be at most max_length = {max_length} and go on without end, got {words}"
        )
    drawn = words if len(words) >= max_length else [*words, end]
    total, word = 0.0, None
    for t, following in enumerate(drawn):
        log_p, state = step(state, word)
        if t >= len(start):
            total += float(log_softmax(allowed(log_p, reject))[check_indices("words", following, len(log_p))])
        word = following
    return total


def _distribution(probabilities: Array) -> Array:
    """Probabilities as a copy in float64. Raises ValueError where they do not sum to 1."""
    p = np.array(probabilities, dtype=float)
    if p.ndim != 1 or not (p >= 0).all() or abs(p.sum() - 1) > 1e-3:
        raise ValueError(
            f"probabilities must be (n_y,), not negative, with sum 1; got shape {p.shape} and sum {p.sum():.4g}"
        )
    return p


def _check_temperature(temperature: float) -> None:
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, got {temperature}; the most probable word is that of argmax")
    if temperature == np.inf:
        raise ValueError(
            "temperature must be finite, got inf: it would bring back what is rejected or has the probability 0"
        )
