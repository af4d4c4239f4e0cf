"""Cross-entropy over time from logits, with masks; perplexity and bits per character."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.activations import sigmoid
from seqlib.batches import check_indices
from seqlib.layout import columns, time_major
from seqlib.memory import empty
from seqlib.types import Array
from seqlib.validate import Sizes, mask_of

REDUCTIONS = ("sentence", "token", "sum")


def binary_cross_entropy(
    logits: Array, targets: Any, mask: Array | None = None, *, reduction: str = "sentence"
) -> tuple[float, Array]:
    """L<t> = -y<t> log y_hat<t> - (1 - y<t>) log(1 - y_hat<t>) with y_hat = sigmoid(logits), over a batch of sequences.

    logits: (1, m, T_x), before the sigmoid; targets: (m, T_x), zeros and ones; mask, reduction: as in sequence_cross_entropy
    Returns the loss and dlogits (1, m, T_x). Raises TypeError, ValueError. Source: L4, item 4.1.
    """
    sizes = Sizes()
    sizes.floats("logits", logits, (1, "m", "T_x"))
    y = check_indices("targets", targets, 2)  # (m, T_x)
    _same_steps("targets", y, sizes)
    weights = _weights(mask_of(mask, sizes), sizes, reduction).astype(logits.dtype)
    z = logits[0]  # (m, T_x)
    # -y log y_hat - (1 - y) log(1 - y_hat) = max(z, 0) - z y + log(1 + e^-|z|)
    losses = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
    # dL/dz = y_hat - y
    return float((weights * losses).sum()), (weights * (sigmoid(z) - y))[None].astype(logits.dtype)


def sequence_cross_entropy(
    logits: Array, targets: Any, mask: Array | None = None, *, reduction: str = "sentence"
) -> tuple[float, Array]:
    """L<t> = -sum_i y_i<t> log y_hat_i<t> with y_hat = softmax(logits), over a batch of sequences.

    logits: (n_y, m, T_x), before the softmax; targets: (m, T_x), the index of the right word at each step
    mask: (m, T_x), 1 at tokens and 0 at padding, which costs nothing
    reduction: "sentence", the cost J = 1/m sum over sentences of the sum over their steps (items 4.1, 6.3);
        "token", the mean over all tokens that count; "sum"

    Returns the loss and dlogits (n_y, m, T_x). Raises TypeError, ValueError. Source: L6, item 6.3.
    """
    sizes = Sizes()
    sizes.floats("logits", logits, ("n_y", "m", "T_x"))
    y = check_indices("targets", targets, sizes["n_y"])  # (m, T_x)
    _same_steps("targets", y, sizes)
    weights = _weights(mask_of(mask, sizes), sizes, reduction).astype(logits.dtype)
    z, right = (
        time_major(logits),
        (*np.indices((sizes["T_x"], sizes["m"])), y.T),
    )  # (T_x, m, n_y), the right words' places
    # log y_hat = z - log sum_j e^z_j, with the largest z made 0 first
    dlogits = np.subtract(z, z.max(axis=2, keepdims=True), out=empty(z.shape, z.dtype))
    log_y_hat = dlogits[right]  # (T_x, m)
    np.exp(dlogits, out=dlogits)
    total = dlogits.sum(axis=2)  # (T_x, m)
    log_y_hat -= np.log(total)
    # dL/dz = y_hat - y, and y is 1 at the right word
    dlogits *= (weights.T / total)[:, :, None]
    dlogits[right] -= weights.T
    return -float((weights.T * log_y_hat).sum()), columns(dlogits)


def perplexity(total_loss: float, tokens: float) -> float:
    """exp(total loss in nats / number of tokens): the number of words that the model hesitates between.

    The mean is over tokens, <EOS> among them, not over sentences: it is not exp(J). Raises ValueError. Source: L6, item 6.3.
    """
    return float(np.exp(_per_token(total_loss, tokens)))


def bits_per_character(total_loss: float, tokens: float) -> float:
    """total loss in nats / (number of characters * ln 2). Raises ValueError. Source: L7."""
    return float(_per_token(total_loss, tokens) / np.log(2))


def _per_token(total_loss: float, tokens: float) -> float:
    if not tokens > 0:
        raise ValueError(f"tokens must be a positive number, got {tokens}")
    return total_loss / tokens


def _same_steps(name: str, values: Array, sizes: Sizes) -> None:
    if values.shape != (sizes["m"], sizes["T_x"]):
        raise ValueError(
            f"{name} must be (m, T_x) = {(sizes['m'], sizes['T_x'])} as in logits, got shape {values.shape}"
        )


def _weights(mask: Array | None, sizes: Sizes, reduction: str) -> Array:
    """What each step counts in the loss: (m, T_x)."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction must be one of {', '.join(REDUCTIONS)}, got {reduction!r}")
    weights = np.ones((sizes["m"], sizes["T_x"])) if mask is None else mask
    if not weights.any():
        raise ValueError("mask is all zeros: no token counts")
    if reduction == "sum":
        return weights
    return weights / (sizes["m"] if reduction == "sentence" else weights.sum())
