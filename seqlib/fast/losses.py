"""Cross-entropy over time: one array for the exponentials, the probabilities and the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.fast.layout import columns, time_major
from seqlib.fast.memory import empty
from seqlib.losses import check_targets
from seqlib.support.swap import replaceable
from seqlib.support.types import Array


@replaceable
def sequence_cross_entropy(
    logits: Array, targets: Any, mask: Array | None = None, *, reduction: str = "sentence"
) -> tuple[float, Array]:
    """As seqlib.sequence_cross_entropy."""
    y, weights = check_targets(logits, targets, mask, reduction)
    z = time_major(logits)  # (T_x, m, n_y)
    right = (*np.indices(y.T.shape), y.T)  # the right words' places
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
