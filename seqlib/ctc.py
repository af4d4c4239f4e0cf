"""Connectionist temporal classification: a loss for outputs that are not aligned with the inputs.

At every step the network gives a probability to each symbol or to a blank. A path, one symbol a step,
spells a text once repeats are merged and blanks left out: "-cc-aa-t" spells "cat". The probability of a
text is the sum over all its paths, which two recursions compute in T_x steps. Source: Graves et al. 2006.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqlib.activations import log_softmax
from seqlib.batches import check_indices
from seqlib.support.types import Array
from seqlib.support.validate import Sizes, mask_of


def _extended(targets: Sequence[Sequence[int]], blank: int) -> tuple[Array, Array]:
    """Each target with blanks before, between and after its symbols, padded: (m, S), and its length."""
    lengths = np.array([2 * len(target) + 1 for target in targets])
    labels = np.full((len(targets), lengths.max()), blank)
    for i, target in enumerate(targets):
        labels[i, 1 : lengths[i] : 2] = target
    return labels, lengths


def _check_logits(logits: Array, mask: Array | None, blank: int) -> tuple[Sizes, Array]:
    """The sizes, and the mask (m, T_x) as floats. Raises TypeError, ValueError."""
    sizes = Sizes()
    sizes.floats("logits", logits, ("n_y", "m", "T_x"))
    if not isinstance(blank, int | np.integer) or not 0 <= blank < sizes["n_y"]:
        raise ValueError(f"blank must be the index of one of the n_y symbols, 0 to {sizes['n_y'] - 1}, got {blank!r}")
    checked = mask_of(mask, sizes)
    return sizes, np.ones((sizes["m"], sizes["T_x"])) if checked is None else checked


def _check_targets(targets: Sequence[Sequence[int]], mask: Array, n_y: int, blank: int) -> None:
    """Raises TypeError (no integers) and ValueError: another number, an unknown symbol, a target too long for its steps."""
    if len(targets) != len(mask):
        raise ValueError(f"targets must have {len(mask)} sequences, m of logits (n_y, m, T_x), got {len(targets)}")
    for i, target in enumerate(targets):
        symbols = check_indices(f"targets[{i}]", np.asarray(target, dtype=None if len(target) else int), n_y)
        if (symbols == blank).any():
            raise ValueError(f"targets[{i}] must hold symbols from 0 to {n_y - 1} without the blank, {blank}")
        # two equal symbols in a row need a blank between them
        least = len(symbols) + int((symbols[1:] == symbols[:-1]).sum())
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
    Raises TypeError (logits are no floats, targets no integers) and ValueError: shapes that do not fit, NaN, a blank or a symbol that
    does not exist, a target that is too long for its input.
    """
    sizes, mask = _check_logits(logits, mask, blank)
    _check_targets(targets, mask, sizes["n_y"], blank)
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
    dlogits = (np.exp(log_y).transpose(2, 1, 0) - expected.transpose(2, 0, 1)) * real / sizes["m"]
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
    """The symbols that the likeliest path spells: repeats merged, blanks left out. logits: (n_y, m, T_x).

    Raises TypeError, ValueError as ctc_loss does.
    """
    real = _check_logits(logits, mask, blank)[1].astype(bool)
    best = logits.argmax(axis=0)  # (m, T_x)
    decoded: list[list[int]] = []
    for path, steps in zip(best, real, strict=True):
        path = path[steps]
        new = np.append(True, path[1:] != path[:-1])[: len(path)]
        decoded.append([int(symbol) for symbol in path[new & (path != blank)]])
    return decoded
