"""Connectionist temporal classification: a loss for outputs that are not aligned with the inputs.

At every step the network gives a probability to each symbol or to a blank. A path, one symbol a step,
spells a text once repeats are merged and blanks left out: "-cc-aa-t" spells "cat". The probability of a
text is the sum over all its paths, which two recursions compute in T_x steps. Source: Graves et al. 2006.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from seqlib.activations import log_softmax
from seqlib.support.types import Array


def _extended(targets: Sequence[Sequence[int]], blank: int) -> tuple[Array, Array]:
    """Each target with blanks before, between and after its symbols, padded: (m, S), and its length."""
    lengths = np.array([2 * len(target) + 1 for target in targets])
    labels = np.full((len(targets), lengths.max()), blank)
    for i, target in enumerate(targets):
        labels[i, 1 : lengths[i] : 2] = target
    return labels, lengths


def _check(logits: Array, targets: Sequence[Sequence[int]], mask: Array, blank: int) -> None:
    """Raises ValueError: shapes that do not fit, an unknown symbol, or a target too long for its steps."""
    n_y, m, T_x = logits.shape
    if len(targets) != m or mask.shape != (m, T_x):
        raise ValueError(
            f"logits is (n_y, m, T_x) = {logits.shape}: targets must have {m} sequences and mask must be "
            f"{(m, T_x)}; got {len(targets)} targets and a mask of shape {mask.shape}"
        )
    for i, target in enumerate(targets):
        if any(not 0 <= symbol < n_y or symbol == blank for symbol in target):
            raise ValueError(f"targets[{i}] must hold symbols from 0 to {n_y - 1} without the blank, {blank}")
        # two equal symbols in a row need a blank between them
        least = len(target) + sum(one == other for one, other in pairwise(target))
        if least > mask[i].sum() or not mask[i].any():
            raise ValueError(f"targets[{i}] needs at least {max(1, least)} steps; its input has {int(mask[i].sum())}")


def ctc_loss(
    logits: Array, targets: Sequence[Sequence[int]], *, mask: Array | None = None, blank: int = 0
) -> tuple[float, Array]:
    """-log P(target | x), mean over the examples, and its gradient.

    logits: (n_y, m, T_x), before the softmax, `blank` being one of the n_y symbols
    targets: m sequences of symbols
    mask: (m, T_x), 1 at a real step and 0 at padding
    blank: the index of the symbol that stands for none

    Returns the loss and dlogits (n_y, m, T_x).
    Raises ValueError: shapes that do not fit, a symbol that does not exist, a target that is too long for its input.
    """
    _, m, T_x = logits.shape
    mask = np.ones((m, T_x)) if mask is None else mask
    _check(logits, targets, mask, blank)
    labels, lengths = _extended(targets, blank)  # (m, S), (m,)
    real = mask.astype(bool)
    log_y = log_softmax(logits).transpose(2, 1, 0)  # (T_x, m, n_y)
    log_p = np.take_along_axis(log_y, labels[None], axis=2)  # (T_x, m, S)
    # a blank may be left out between two different symbols
    may_skip = np.zeros(labels.shape, dtype=bool)
    may_skip[:, 2:] = labels[:, 2:] != labels[:, :-2]
    alpha, beta = _alpha(log_p, may_skip, real), _beta(log_p, may_skip, real, lengths)  # (T_x, m, S)
    log_likelihood = np.logaddexp.reduce(alpha[-1] + beta[-1], axis=1)  # (m,)
    # P(at place s in step t | target), then summed over the places that hold the same symbol
    places = np.exp(alpha + beta - log_likelihood[:, None]).transpose(1, 0, 2)  # (m, T_x, S)
    one_hot = (labels[:, :, None] == np.arange(logits.shape[0])).astype(logits.dtype)  # (m, S, n_y)
    expected = places @ one_hot  # (m, T_x, n_y)
    dlogits = (np.exp(log_y).transpose(2, 1, 0) - expected.transpose(2, 0, 1)) * real / m
    return float(-log_likelihood.mean()), dlogits.astype(logits.dtype, copy=False)


def _alpha(log_p: Array, may_skip: Array, real: Array) -> Array:
    """log of alpha<t>(s) = y<t>(s) (alpha<t-1>(s) + alpha<t-1>(s-1) + alpha<t-1>(s-2) if it may skip): (T_x, m, S)."""
    alpha = np.empty_like(log_p)
    before = np.full_like(log_p[0], -np.inf)
    before[:, 0] = 0.0  # as if a blank had come before the first step
    for t in range(len(log_p)):
        one, two = np.full_like(before, -np.inf), np.full_like(before, -np.inf)
        one[:, 1:] = before[:, :-1]
        two[:, 2:] = np.where(may_skip[:, 2:], before[:, :-2], -np.inf)
        reached = np.logaddexp(np.logaddexp(before, one), two) + log_p[t]  # (m, S)
        before = alpha[t] = np.where(real[:, t, None], reached, before)
    return alpha


def _beta(log_p: Array, may_skip: Array, real: Array, lengths: Array) -> Array:
    """log of beta<t>(s), the sum over what may follow s of y<t+1>(s') beta<t+1>(s'): (T_x, m, S)."""
    beta = np.empty_like(log_p)
    after = np.full_like(log_p[0], -np.inf)
    rows = np.arange(len(lengths))
    after[rows, lengths - 1] = 0.0
    after[rows, np.maximum(lengths - 2, 0)] = 0.0
    for t in reversed(range(len(log_p))):
        beta[t] = after
        coming = after + log_p[t]
        one, two = np.full_like(after, -np.inf), np.full_like(after, -np.inf)
        one[:, :-1] = coming[:, 1:]
        two[:, :-2] = np.where(may_skip[:, 2:], coming[:, 2:], -np.inf)
        after = np.where(real[:, t, None], np.logaddexp(np.logaddexp(coming, one), two), after)
    return beta


def ctc_decode(logits: Array, *, mask: Array | None = None, blank: int = 0) -> list[list[int]]:
    """The symbols that the likeliest path spells: repeats merged, blanks left out. logits: (n_y, m, T_x)."""
    best = logits.argmax(axis=0)  # (m, T_x)
    real = np.ones(best.shape, dtype=bool) if mask is None else mask.astype(bool)
    decoded: list[list[int]] = []
    for path, steps in zip(best, real, strict=True):
        path = path[steps]
        new = np.append(True, path[1:] != path[:-1])[: len(path)]
        decoded.append([int(symbol) for symbol in path[new & (path != blank)]])
    return decoded
