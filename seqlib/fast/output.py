"""The output layer on top of the hidden states: one product for all steps."""

from __future__ import annotations

from seqlib.activations import softmax
from seqlib.fast.layout import bias_gradient, columns, product, time_major, weight_gradient
from seqlib.output import check_output, output_name
from seqlib.support.types import Array, Params


def output_forward(a: Array, params: Params, *, logits: bool = False) -> Array:
    """As seqlib.output_forward."""
    check_output(a, params)
    return output_of(time_major(a), params, logits)


def output_of(a: Array, params: Params, logits: bool) -> Array:
    """`output_forward` of states (T_x, m, n_a) that need no check."""
    z = product(a, params[output_name(params)], params["by"])  # (T_x, m, n_y)
    return columns(z if logits else softmax(z, axis=2))


def output_backward(dlogits: Array, a: Array, params: Params) -> dict[str, Array]:
    """As seqlib.output_backward."""
    W = check_output(a, params, dlogits)
    dz = time_major(dlogits)  # (T_x, m, n_y)
    return {
        "da": columns(product(dz, W.T)),
        "d" + output_name(params): weight_gradient(dz, time_major(a)),
        "dby": bias_gradient(dz),
    }
