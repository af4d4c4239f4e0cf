"""Checks of what is drawn at random: how often each result may come, by exact binomial tails, and which distribution a function draws from.

A right answer may draw in any order of random calls, so nothing is compared draw by draw. Of `draws` independent draws the number that
gives one result is binomial, whatever the method; the counts of a check have to lie between `bounds`. Nothing here is an approximation:
`risk` is a true upper limit on how often a right answer is rejected, `acceptance` one on how often a wrong one is not.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

DRAWS = 4000  # of one case
RISK = 1e-7  # that one case rejects a right answer: a check with ten such cases does so at most once in a million


@functools.cache
def _log_choices(draws: int) -> np.ndarray:
    """log of draws over k, for k = 0 to `draws`."""
    log_factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, draws + 1)))])
    return np.asarray(log_factorials[draws] - log_factorials - log_factorials[::-1])


@functools.lru_cache(maxsize=1000)
def tails(p: float, draws: int) -> np.ndarray:
    """P(X < k) for k = 0 to draws + 1, where X is binomial: (draws + 2,). Exact up to rounding, some 1e-12."""
    k = np.arange(draws + 1)
    if p <= 0 or p >= 1:
        return np.concatenate([[0.0], (k >= (draws if p >= 1 else 0)).astype(float)])
    return np.concatenate([[0.0], np.cumsum(np.exp(_log_choices(draws) + k * np.log(p) + (draws - k) * np.log1p(-p)))])


def bounds(probabilities: np.ndarray, draws: int = DRAWS, risk: float = RISK) -> np.ndarray:
    """The fewest and the most times that each result may come, (2, n): at most `risk` that chance leaves them anywhere.

    Each of the 2 n tails gets an equal part of the risk; together, by the union bound, they have no more than all of it.
    """
    tail = risk / (2 * len(probabilities))
    limits = []
    for p in probabilities:
        at_most = tails(float(p), draws)  # at_most[k] = P(X < k)
        low = int(np.searchsorted(at_most, tail, side="right")) - 1  # the largest k with P(X < k) <= tail
        high = draws - (int(np.searchsorted(tails(1 - float(p), draws), tail, side="right")) - 1)
        limits.append((max(low, 0), min(high, draws)))
    return np.array(limits).T


def acceptance(probabilities: np.ndarray, limits: np.ndarray, draws: int = DRAWS) -> float:
    """An upper limit on the probability that counts drawn from `probabilities` lie between `limits`: that of the result that leaves them most often."""
    inside = []
    for p, (low, high) in zip(probabilities, limits.T, strict=True):
        at_most = tails(float(p), draws)
        inside.append(at_most[high + 1] - at_most[low])
    return float(max(0.0, min(inside)))


class _Noting(np.random.Generator):
    """A generator that notes the probabilities that `choice` is called with."""

    noted: np.ndarray | None = None

    def choice(  # type: ignore[override]
        self, a: Any, size: Any = None, replace: bool = True, p: Any = None, **options: Any
    ) -> Any:
        results = len(a) if np.ndim(a) else int(a)
        self.noted = np.full(results, 1 / results) if p is None else np.asarray(p, dtype=float)
        return super().choice(a, size, replace, p, **options)


def drawn_from(call: Callable[[np.random.Generator], Any]) -> np.ndarray:
    """The probabilities that a call draws from: what it hands to rng.choice, as references and known mistakes do.

    Raises RuntimeError where it does not call rng.choice.
    """
    rng = _Noting(np.random.PCG64(0))
    call(rng)
    if rng.noted is None:
        raise RuntimeError("what it draws from is known only of a function that draws by rng.choice")
    return rng.noted
