"""Cross-entropy over time, as in the NumPy path, from logits (n_y, m, T_x)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from seqlib.losses import REDUCTIONS


def sequence_cross_entropy(
    logits: Tensor, targets: Tensor, mask: Tensor | None = None, *, reduction: str = "sentence"
) -> Tensor:
    """L<t> = -sum_i y_i<t> log y_hat_i<t> with y_hat = softmax(logits), over a batch of sequences.

    logits: (n_y, m, T_x)
    targets: (m, T_x), the index of the right word at each step
    mask: (m, T_x), 0 at padding
    reduction: "sentence", the sum over steps and the mean over sentences; "token", the mean over all tokens that count; "sum"
    Returns the loss, in float32 at least. Raises ValueError on shapes and the reduction. Source: L6, item 6.3.
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction must be one of {', '.join(REDUCTIONS)}, got {reduction!r}")
    if logits.ndim != 3 or targets.shape != logits.shape[1:]:
        raise ValueError(
            f"targets must be (m, T_x) as in logits (n_y, m, T_x), got shapes {tuple(targets.shape)} and {tuple(logits.shape)}"
        )
    if mask is not None and mask.shape != targets.shape:
        raise ValueError(f"mask must be (m, T_x) = {tuple(targets.shape)}, got shape {tuple(mask.shape)}")
    rows = logits.permute(2, 1, 0).flatten(0, 1)  # (T_x m, n_y), as they lie in memory
    rows = rows.to(torch.promote_types(rows.dtype, torch.float32))
    losses = functional.cross_entropy(rows, targets.T.flatten(), reduction="none")  # (T_x m,)
    if mask is not None:
        losses = losses * mask.T.flatten()
    if reduction == "sum":
        return losses.sum()
    if reduction == "sentence":
        return losses.sum() / len(targets)
    return losses.sum() / (targets.numel() if mask is None else mask.sum())
