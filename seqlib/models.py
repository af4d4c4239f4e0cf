"""Networks for labels: embedding, layers of any cell in one direction or both, output layer. The tagger and the classifier.

Parameters are one dict: E (n_e, n_words) where the inputs are words, "1/Wf", "2/Wf" (or "1/forward/Wf") and so on for the
layers, Wy and by. Inputs are words' indices (m, T_x) or, without E, features (n_x, m, T_x).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib import fast
from seqlib.activations import softmax
from seqlib.batches import check_indices
from seqlib.deep import deep_backward, deep_forward, is_bidirectional
from seqlib.initialise import initialise_deep
from seqlib.pooling import final_states, final_states_backward, pool_states, pool_states_backward
from seqlib.support.types import Array, Generator, Params
from seqlib.support.validate import check_counts

Result = tuple[float, dict[str, Array]]


def network_parameters(
    rng: Generator,
    *,
    n_x: int,
    n_a: int,
    n_y: int | None,
    cell: str = "lstm",
    layers: int = 1,
    bidirectional: bool = False,
    n_words: int | None = None,
    dtype: Any = np.float64,
) -> Params:
    """First parameters: those of initialise_deep, and an embedding whose words have about length 1.

    n_x: features of an input (of a word's embedding)
    n_a: units of each layer, in each direction
    n_y: outputs, or None for a network without an output layer
    n_words: the size of the vocabulary, or None for inputs without E

    Raises ValueError on a size below 1 and an unknown cell. Source: L8, item 8.4.
    """
    check_counts(layers=layers, n_words=1 if n_words is None else n_words)
    params = initialise_deep(cell, n_x, [n_a] * layers, rng, n_y=n_y, bidirectional=bidirectional, dtype=dtype)
    if n_words is not None:
        params["E"] = rng.normal(0, n_x**-0.5, (n_x, n_words)).astype(dtype)
    return params


def network_forward(inputs: Any, params: Params, cell: str, mask: Array | None = None) -> tuple[Array, tuple[Any, ...]]:
    """The top layer's states a (n_a or 2 n_a, m, T_x) and caches. Raises TypeError, ValueError as the layers do."""
    x = fast.embedding_forward(inputs, params["E"]) if "E" in params else inputs
    a, _, caches = deep_forward(x, layers_of(params), cell, mask=mask)
    return a, (inputs, caches)


def network_backward(da: Array, caches: tuple[Any, ...], params: Params) -> dict[str, Array]:
    """Gradients of network_forward: those of E and the layers (of x, dx, where there is no E)."""
    inputs, inner = caches
    gradients = {name: value for name, value in deep_backward(da, inner).items() if name not in ("da0", "dc0")}
    if "E" in params:
        gradients["dE"] = fast.embedding_backward(gradients.pop("dx"), inputs, params["E"].shape[1])
    return gradients


def tagger_loss(
    params: Params,
    inputs: Any,
    targets: Any,
    mask: Array | None = None,
    *,
    cell: str = "lstm",
    reduction: str = "token",
) -> Result:
    """One label for each step: names, genes.

    inputs: (m, T_x) indices or (n_x, m, T_x)
    targets: (m, T_x) labels
    mask: (m, T_x)
    reduction: as in sequence_cross_entropy

    Returns the loss and the gradient "d" + name of every parameter. Raises TypeError, ValueError. Source: L2, L5, L11.
    """
    a, caches = network_forward(inputs, params, cell, mask)
    loss, dlogits = fast.sequence_cross_entropy(
        fast.output_forward(a, params, logits=True), targets, mask, reduction=reduction
    )
    top = fast.output_backward(dlogits, a, params)
    return loss, network_backward(top.pop("da"), caches, params) | top


def tag(params: Params, inputs: Any, mask: Array | None = None, *, cell: str = "lstm") -> Array:
    """The probability of each label at each step: (n_y, m, T_x). Raises TypeError, ValueError."""
    return fast.output_forward(network_forward(inputs, params, cell, mask)[0], params)


def classifier_loss(
    params: Params, inputs: Any, labels: Any, mask: Array | None = None, *, cell: str = "lstm", pool: str = "last"
) -> Result:
    """One label for a sequence: stars of a review, the activity in a film.

    labels: (m,)
    pool: the output layer sees the "last" state (in both directions: each one's own last), or the "mean" or the "max" of
        each unit over the sequence

    Returns the mean loss and the gradient "d" + name of every parameter. Raises TypeError, ValueError. Source: L5.
    """
    a, caches = network_forward(inputs, params, cell, mask)
    pooled = _pool(a, params, mask, pool)  # (n_a, m, 1)
    logits = fast.output_forward(pooled, params, logits=True)
    labels = check_indices("labels", labels, len(logits))
    if labels.shape != a.shape[1:2]:
        raise ValueError(f"labels must be (m,) = {a.shape[1:2]}, one for each sequence; got shape {labels.shape}")
    loss, dlogits = fast.sequence_cross_entropy(logits, labels[:, None])
    top = fast.output_backward(dlogits, pooled, params)
    da = _pool_backward(top.pop("da"), a, params, mask, pool)
    return loss, network_backward(da, caches, params) | top


def classify(
    params: Params, inputs: Any, mask: Array | None = None, *, cell: str = "lstm", pool: str = "last"
) -> Array:
    """The probability of each label: (n_y, m). Raises TypeError, ValueError."""
    a, _ = network_forward(inputs, params, cell, mask)
    return softmax(fast.output_forward(_pool(a, params, mask, pool), params, logits=True)[:, :, 0])


def layers_of(params: Params) -> Params:
    """The layers' parameters alone."""
    return {name: value for name, value in params.items() if "/" in name}


def reads_both_ways(params: Params) -> bool:
    """Whether the layers are bidirectional."""
    return is_bidirectional({name.partition("/")[2]: value for name, value in layers_of(params).items()})


def _pool(a: Array, params: Params, mask: Array | None, pool: str) -> Array:
    """What the output layer reads of a sequence: (n_a, m, 1). In both directions, each one's own last state."""
    mask = np.ones(a.shape[1:]) if mask is None else mask
    if pool != "last" or not reads_both_ways(params):
        return pool_states(a, mask, pool)[:, :, None]
    n_a = a.shape[0] // 2
    return np.concatenate([final_states(a[:n_a], mask), a[n_a:, :, 0]])[:, :, None]


def _pool_backward(dpooled: Array, a: Array, params: Params, mask: Array | None, pool: str) -> Array:
    mask = np.ones(a.shape[1:]) if mask is None else mask
    dpooled = dpooled[:, :, 0]
    if pool != "last" or not reads_both_ways(params):
        return pool_states_backward(dpooled, a, mask, pool)
    n_a = a.shape[0] // 2
    da = np.zeros_like(a)
    da[:n_a] = final_states_backward(dpooled[:n_a], mask)
    da[n_a:, :, 0] = dpooled[n_a:]
    return da
