"""Cross-entropy over time, as in the NumPy path, from logits (n_y, m, T_x)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from seqlib.losses import REDUCTIONS

NO_TARGET = -(2**63)  # of torch's cross_entropy: no index that does not count


def sequence_cross_entropy(
    logits: Tensor, targets: Tensor, mask: Tensor | None = None, *, reduction: str = "sentence"
) -> Tensor:
    """L<t> = -sum_i y_i<t> log y_hat_i<t> with y_hat = softmax(logits), over a batch of sequences.

    logits: (n_y, m, T_x)
    targets: (m, T_x), the index of the right word at each step
    mask: (m, T_x), 0 at padding
    reduction: "sentence", the sum over steps and the mean over sentences; "token", the mean over all tokens that count; "sum"
    Returns the loss, in float32 at least. Raises TypeError on targets that are no integers, ValueError on shapes and the reduction and,
    on the CPU, on targets outside the vocabulary, a mask of anything but zeros and ones, and one of zeros alone. On a GPU nobody waits
    for a look at the values. Source: L6, item 6.3.
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction must be one of {', '.join(REDUCTIONS)}, got {reduction!r}")
    if logits.ndim != 3 or targets.shape != logits.shape[1:]:
        raise ValueError(
            f"targets must be (m, T_x) as in logits (n_y, m, T_x), got shapes {tuple(targets.shape)} and {tuple(logits.shape)}"
        )
    if mask is not None and mask.shape != targets.shape:
        raise ValueError(f"mask must be (m, T_x) = {tuple(targets.shape)}, got shape {tuple(mask.shape)}")
    if targets.dtype in (torch.bool, torch.complex64, torch.complex128) or targets.is_floating_point():
        raise TypeError(f"targets must hold integers, got {targets.dtype}; encode turns tokens into indices")
    if not logits.is_cuda:
        _check_values(len(logits), targets, mask)
    rows = logits.permute(2, 1, 0).flatten(0, 1)  # (T_x m, n_y), as they lie in memory
    rows = rows.to(torch.promote_types(rows.dtype, torch.float32))
    right = targets.T.flatten().long()
    losses = functional.cross_entropy(rows, right, reduction="none", ignore_index=NO_TARGET)  # (T_x m,)
    weights = None if mask is None else mask.T.flatten().to(losses.dtype)
    if weights is not None:
        losses = losses * weights
    if reduction == "sum":
        return losses.sum()
    if reduction == "sentence":
        return losses.sum() / len(targets)
    return losses.sum() / (targets.numel() if weights is None else weights.sum())


def _check_values(n_y: int, targets: Tensor, mask: Tensor | None) -> None:
    """Raises ValueError."""
    outside = targets[(targets < 0) | (targets >= n_y)]
    if len(outside):
        raise ValueError(
            f"targets has {int(outside[0])}, outside 0 to {n_y - 1}: another vocabulary than that of the model? "
            "What does not count is said by the mask"
        )
    if mask is None:
        return
    others = mask[(mask != 0) & (mask != 1)]
    if len(others):
        raise ValueError(f"mask must hold only zeros (padding) and ones (tokens), got {others[0].item()}")
    if not mask.any():
        raise ValueError("mask is all zeros: no token counts")
