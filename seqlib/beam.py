"""The most probable sequence, rather than a sampled one: greedy search and beam search.

Both call step(state, token), which returns the log-probabilities (n_y,) of the next token and the next state; the first
token is None. `next_word` in language_model.py makes such a step from a model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from seqlib.batches import check_indices
from seqlib.support.swap import replaceable
from seqlib.support.types import Array

Step = Callable[[Any, int | None], tuple[Array, Any]]
NOTHING_LEFT = "reject leaves no word that has a probability above 0"


class Hypothesis(NamedTuple):
    """A sequence without its end token, its log-probability, and its score: the log-probability over length^alpha."""

    tokens: list[int]
    log_probability: float
    score: float


@replaceable
def greedy_search(step: Step, state: Any, end: int, *, max_length: int = 50, reject: Sequence[int] = ()) -> list[int]:
    """The most probable token at each step, until `end` or max_length tokens.

    step: step(state, token), the log-probabilities (n_y,) of the next token and the next state; the first token is None
    state: the first state that step is given
    end: the token that ends a sequence
    max_length: how many tokens there may be
    reject: tokens that never occur

    Returns the tokens without `end`. Raises ValueError (max_length below 1, nothing that is not rejected, NaN).
    Source: L14, item 14.1; L15, item 15.2.

    >>> def step(state, token):
    ...     return np.log([0.1, 0.7, 0.2] if token == 0 else [0.6, 0.1, 0.3]), None
    >>> greedy_search(step, None, end=1)
    [0]
    """
    _check(max_length)
    tokens: list[int] = []
    token: int | None = None
    for _ in range(max_length):
        log_p, state = step(state, token)
        token = int(np.argmax(allowed(log_p, reject)))
        if token == end:
            break
        tokens.append(token)
    return tokens


@replaceable
def beam_search(
    step: Step,
    state: Any,
    end: int,
    *,
    width: int = 4,
    max_length: int = 50,
    alpha: float = 0.7,
    reject: Sequence[int] = (),
) -> list[Hypothesis]:
    """Keep the `width` most probable beginnings at each step.

    step: step(state, token) returns the log-probabilities (n_y,) of the next token and the next state
    state: the first state
    end: the token that ends a sequence
    width: how many beginnings go on
    max_length: a sequence of so many tokens ends without `end`
    alpha: sequences are compared by log P / length^alpha, where the length counts `end`: 0 favours short ones
    reject: tokens that never occur

    Returns at most `width` sequences, best first. Raises ValueError where width, max_length or alpha is out of range, where every
    token is rejected, and on NaN.
    Source: L15, item 15.2; Sutskever et al. 2014.

    >>> found = beam_search(lambda state, token: (np.log([0.2, 0.5, 0.3]), state), None, 0, width=2, max_length=2, alpha=0)
    >>> [(one.tokens, round(one.log_probability, 3)) for one in found]
    [([1, 1], -1.386), ([1, 2], -1.897)]
    """
    _check(max_length)
    if width < 1 or alpha < 0:
        raise ValueError(f"width must be at least 1 and alpha at least 0, got {width} and {alpha}")
    beam: list[tuple[list[int], float, Any]] = [([], 0.0, state)]
    done: list[Hypothesis] = []
    for length in range(1, max_length + 1):
        grown = []
        for tokens, log_probability, before in beam:
            log_p, after = step(before, tokens[-1] if tokens else None)
            log_p = _without(log_p, reject)
            # one more than the width: `end` may be among them
            for token in np.argsort(-log_p, kind="stable")[: width + 1]:
                grown.append((tokens, int(token), log_probability + float(log_p[token]), after))
        grown.sort(key=lambda candidate: -candidate[2])
        beam = []
        for tokens, token, log_probability, after in grown:
            if log_probability == -np.inf or len(beam) == width:
                break
            if token == end:
                done.append(Hypothesis(tokens, log_probability, log_probability / length**alpha))
            elif length == max_length:
                done.append(Hypothesis([*tokens, token], log_probability, log_probability / length**alpha))
            else:
                beam.append(([*tokens, token], log_probability, after))
        done = sorted(done, key=lambda hypothesis: -hypothesis.score)[:width]
        # log P only falls: no beginning can end better than log P / max_length^alpha
        if not beam or (len(done) == width and done[-1].score >= beam[0][1] / max_length**alpha):
            break
    return done


def allowed(log_p: Array, reject: Sequence[int]) -> Array:
    """log_p (n_y,) in float64 with -inf for what is rejected; a copy. Raises ValueError where nothing is left, and on NaN."""
    log_p = np.array(_without(log_p, reject), dtype=float)
    if not (log_p > -np.inf).any():
        raise ValueError(NOTHING_LEFT)
    return log_p


def _without(log_p: Array, reject: Sequence[int]) -> Array:
    """log_p with -inf for what is rejected. Of many beginnings, one that leads nowhere is left behind: that is no error.

    Raises ValueError on NaN, and where every word is rejected; TypeError, ValueError on what is no word.
    """
    if np.isnan(log_p).any():
        raise ValueError(
            f"log_p has {np.isnan(log_p).sum()} NaN of {np.size(log_p)}: the step's parameters or its state hold NaN"
        )
    if len(reject) == 0:
        return log_p
    rejected = check_indices("reject", list(reject), len(log_p))
    if len(np.unique(rejected)) == len(log_p):
        raise ValueError(NOTHING_LEFT)
    log_p = log_p.copy()
    log_p[rejected] = -np.inf
    return log_p


def _check(max_length: int) -> None:
    if max_length < 1:
        raise ValueError(f"max_length must be at least 1, got {max_length}")
