"""Drawing the next word from the model's probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqlib.support.types import Array, Generator


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
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng must be a numpy.random.Generator such as np.random.default_rng(0), got {type(rng).__name__}"
        )
    p = filter_probabilities(probabilities, temperature=temperature, top_k=top_k, nucleus=nucleus, reject=reject)
    return int(rng.choice(len(p), p=p))


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
    p = np.array(probabilities, dtype=float)
    if p.ndim != 1 or not (p >= 0).all() or abs(p.sum() - 1) > 1e-3:
        raise ValueError(
            f"probabilities must be (n_y,), not negative, with sum 1; got shape {p.shape} and sum {p.sum():.4g}"
        )
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, got {temperature}; the most probable word is p.argmax()")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k must be at least 1, got {top_k}")
    if nucleus is not None and not 0 < nucleus <= 1:
        raise ValueError(f"nucleus must be above 0 and at most 1, got {nucleus}")
    p[list(reject)] = 0
    if not p.any():
        raise ValueError("reject leaves no index that has a probability above 0")
    # p_i^(1/temperature) = exp(log p_i / temperature), the largest made 1 first
    p = (p / p.max()) ** (1 / temperature)
    p /= p.sum()
    order = np.argsort(-p, kind="stable")
    if top_k is not None:
        p[order[top_k:]] = 0
        p /= p.sum()
    if nucleus is not None:
        before = np.cumsum(p[order]) - p[order]  # the sum of all that are more probable
        p[order[before >= nucleus]] = 0
    return np.asarray(p / p.sum())
