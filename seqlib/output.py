"""The output layer on top of the hidden states, forward and backward."""

from __future__ import annotations

from seqlib.activations import softmax
from seqlib.layout import bias_gradient, columns, product, time_major, weight_gradient
from seqlib.types import Array, Params
from seqlib.validate import Sizes


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

    a: (n_a, m, T_x); params: Wya (or Wy) (n_y, n_a), by (n_y, 1); logits: leave the softmax out.
    Returns y_hat (n_y, m, T_x). Raises TypeError, ValueError on shapes and names. Source: L3, item 3.3.
    """
    name = output_name(params)
    sizes = Sizes()
    sizes.floats("a", a, ("n_a", "m", "T_x"))
    sizes.floats(f"params[{name!r}]", params[name], ("n_y", "n_a"))
    sizes.floats("params['by']", params["by"], ("n_y", 1))
    return output_of(time_major(a), params, logits)


def output_of(a: Array, params: Params, logits: bool) -> Array:
    """`output_forward` of states (T_x, m, n_a) that need no check."""
    z = product(a, params[output_name(params)], params["by"])  # (T_x, m, n_y)
    return columns(z if logits else softmax(z, axis=2))


def output_backward(dlogits: Array, a: Array, params: Params) -> dict[str, Array]:
    """From the loss to the hidden states: undoes z<t> = W_ya a<t> + b_y.

    dlogits: (n_y, m, T_x), the gradient of the loss with respect to z; a: (n_a, m, T_x); params: Wya (or Wy), by.
    Returns a dict: da (n_a, m, T_x), dWya (or dWy) (n_y, n_a), dby (n_y, 1). Raises TypeError, ValueError. Source: L4.
    """
    name = output_name(params)
    sizes = Sizes()
    sizes.floats("a", a, ("n_a", "m", "T_x"))
    sizes.floats(f"params[{name!r}]", params[name], ("n_y", "n_a"))
    sizes.floats("dlogits", dlogits, ("n_y", "m", "T_x"))
    dz = time_major(dlogits)  # (T_x, m, n_y)
    return {
        # da<t> = W_ya^T dz<t>
        "da": columns(product(dz, params[name].T)),
        # dW_ya = sum_t dz<t> a<t>^T
        "d" + name: weight_gradient(dz, time_major(a)),
        # db_y = sum_t dz<t>
        "dby": bias_gradient(dz),
    }
