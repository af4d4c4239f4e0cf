"""The output layer on top of the hidden states, forward and backward."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqlib.activations import softmax
from seqlib.support.steps import over_time
from seqlib.support.types import Array, Params
from seqlib.support.validate import Sizes


def output_name(params: Params) -> str:
    """Wya where params hold the plain RNN's output layer, otherwise "Wy". Raises ValueError where they hold neither, or no by."""
    for name in ("Wya", "Wy"):
        if name in params and "by" in params:
            return name
    raise ValueError(
        f"params have no output layer: expected Wya or Wy (n_y, n_a) and by (n_y, 1), got {', '.join(params)}"
    )


def output_forward(a: Array, params: Params, *, logits: bool = False) -> Array:
    """y_hat<t> = softmax(W_ya a<t> + b_y) for every step.

    a: (n_a, m, T_x), the hidden states
    params: Wya (or Wy) (n_y, n_a), by (n_y, 1)
    logits: leave the softmax out

    Returns y_hat (n_y, m, T_x). Raises TypeError, ValueError on shapes and names. Source: L3, item 3.3.
    """
    W = check_output(a, params)
    z = np.tensordot(W, a, axes=1) + params["by"][:, :, None]  # (n_y, m, T_x)
    return z if logits else softmax(z)


def output_backward(dlogits: Array, a: Array, params: Params) -> dict[str, Array]:
    """Gradients of the output layer z<t> = W_ya a<t> + b_y, from the loss to the hidden states.

    dlogits: (n_y, m, T_x), the gradient of the loss with respect to z
    a: (n_a, m, T_x), the hidden states
    params: Wya (or Wy) (n_y, n_a), by (n_y, 1)

    Returns a dict: da (n_a, m, T_x), dWya (or dWy) (n_y, n_a), dby (n_y, 1). Raises TypeError, ValueError. Source: L4.

    One unit with two outputs, two steps; dW sums over the steps:

    >>> params = {"Wya": np.array([[1.0], [-1.0]]), "by": np.zeros((2, 1))}
    >>> dlogits, a = np.array([[[0.5, 0.0]], [[-0.5, 1.0]]]), np.array([[[2.0, 3.0]]])
    >>> output_backward(dlogits, a, params)
    {'da': array([[[ 1., -1.]]]), 'dWya': array([[1.],
           [2.]]), 'dby': array([[0.5],
           [0.5]])}
    """
    W = check_output(a, params, dlogits)
    return {
        # da<t> = W_ya^T dz<t>
        "da": np.tensordot(W.T, dlogits, axes=1),  # (n_a, m, T_x)
        # dW_ya = sum over the examples and steps of dz<t> a<t>^T
        "d" + output_name(params): np.einsum("ymt,amt->ya", dlogits, a, optimize=True),  # (n_y, n_a)
        # db_y = sum over the examples and steps of dz<t>
        "dby": dlogits.sum(axis=(1, 2))[:, None],  # (n_y, 1)
    }


def check_output(a: Array, params: Params, dlogits: Array | None = None) -> Array:
    """Check the arguments of the output layer; returns its weights (n_y, n_a). Raises TypeError, ValueError."""
    name = output_name(params)
    sizes = Sizes()
    sizes.floats("a", a, ("n_a", "m", "T_x"))
    sizes.floats(f"params[{name!r}]", params[name], ("n_y", "n_a"))
    sizes.floats("params['by']", params["by"], ("n_y", 1))
    if dlogits is not None:
        sizes.floats("dlogits", dlogits, ("n_y", "m", "T_x"))
    return params[name]


def with_output_layer(params: Params, name: str, a0: Array) -> Params:
    """The parameters as a cell expects them: where they have no output layer, with one of zeros. a0: (n_a, m)."""
    if "by" in params:
        return params
    return {**params, name: np.zeros((1, len(a0)), a0.dtype), "by": np.zeros((1, 1), a0.dtype)}


def outputs_of_steps(
    y_hat: Sequence[Array], states: Array, params: Params, mask: Array | None, logits: bool
) -> Array | None:
    """y_hat (n_y, m, T_x) of a sequence: the cell's at tokens, that of the state carried over at padding.

    y_hat: (n_y, m) for each step, from the cell
    states: (n_a, m, T_x + 1), from <0> to <T_x>
    logits: those of the states, since a cell returns none

    Returns None where params have no output layer.
    """
    if "by" not in params:
        return None
    if logits or mask is not None:
        carried = output_forward(states[:, :, 1:], params, logits=logits)
    if logits:
        return carried
    return over_time(y_hat) if mask is None else np.where(mask > 0, over_time(y_hat), carried)
