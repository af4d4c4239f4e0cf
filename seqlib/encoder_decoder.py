"""The encoder and decoder of translation: the encoder's last states are the decoder's first.

Parameters are two networks' in one dict: "encoder/E", "encoder/1/Wf", ... and "decoder/E", "decoder/1/Wf", ..., "decoder/Wy",
"decoder/by"; both have as many layers and units.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib import fast
from seqlib.beam import Hypothesis, beam_search, greedy_search
from seqlib.cells import part, sequence_backward, sequence_forward
from seqlib.deep import count_layers
from seqlib.language_model import decoder_backward, decoder_forward, next_word
from seqlib.models import layers_of, network_parameters
from seqlib.support.types import Array, Generator, Params

Encoded = tuple[list[Array], list[Array] | None]


def translator_parameters(
    rng: Generator,
    *,
    n_source: int,
    n_target: int,
    n_e: int,
    n_a: int,
    cell: str = "lstm",
    layers: int = 1,
    dtype: Any = np.float64,
) -> Params:
    """First parameters. n_source, n_target: words of the two languages; n_e: of an embedding. Raises ValueError."""
    shared: dict[str, Any] = {"n_x": n_e, "n_a": n_a, "cell": cell, "layers": layers, "dtype": dtype}
    encoder = network_parameters(rng, n_words=n_source, n_y=1, **shared)
    decoder = network_parameters(rng, n_words=n_target, n_y=n_target, **shared)
    kept = {f"encoder/{name}": value for name, value in encoder.items() if name not in ("Wy", "by")}
    return kept | {f"decoder/{name}": value for name, value in decoder.items()}


def encoder_forward(
    source: Any, params: Params, cell: str = "lstm", mask: Array | None = None
) -> tuple[Encoded, tuple[Any, ...]]:
    """Read a sentence.

    source: (m, T_x) indices; params: the encoder's, E and layers; mask: (m, T_x)
    Returns each layer's last state (n_a, m), those of the memory cells or None, and caches. Raises TypeError, ValueError.
    Source: L15, item 15.1; Cho et al. 2014; Sutskever et al. 2014.
    """
    below = fast.embedding_forward(source, params["E"])  # (n_e, m, T_x)
    caches = []
    for layer in range(count_layers(layers_of(params))):
        below, cache = sequence_forward(cell, below, part(params, f"{layer + 1}/"), mask=mask)
        caches.append(cache)
    a = [arrays[0][:, :, -1] for _, arrays in caches]
    c = [arrays[1][:, :, -1] for _, arrays in caches] if cell == "lstm" else None
    return (a, c), (np.asarray(source), caches, params)


def encoder_backward(da: list[Array], dc: list[Array] | None, caches: tuple[Any, ...]) -> dict[str, Array]:
    """Undo encoder_forward: da, dc are the gradients of the last states, one (n_a, m) for each layer."""
    source, layers, params = caches
    gradients: dict[str, Array] = {}
    from_above: Array | None = None
    for layer in reversed(range(len(layers))):
        da_layer = _at_the_end(da[layer], source) if from_above is None else from_above + _at_the_end(da[layer], source)
        dc_layer = None if dc is None else _at_the_end(dc[layer], source)
        one = sequence_backward(da_layer, layers[layer], dc=dc_layer)
        from_above = one["dx"]
        gradients |= {f"d{layer + 1}/{name[1:]}": one[name] for name in one if name not in ("dx", "da0", "dc0")}
    assert from_above is not None
    return gradients | {"dE": fast.embedding_backward(from_above, source, params["E"].shape[1])}


def translator_loss(
    params: Params,
    source: Any,
    targets: Any,
    source_mask: Array | None = None,
    target_mask: Array | None = None,
    *,
    cell: str = "lstm",
    reduction: str = "token",
) -> tuple[float, dict[str, Array]]:
    """-log P(y<1>, ..., y<T_y> | x), a conditional language model.

    source: (m, T_x), targets: (m, T_y), with their <EOS>; the masks alike
    Returns the loss and the gradient "d" + name of every parameter. Raises TypeError, ValueError (another m, shapes).
    """
    if np.shape(source)[:1] != np.shape(targets)[:1]:
        raise ValueError(f"source and targets must have one m, got shapes {np.shape(source)} and {np.shape(targets)}")
    (a, c), encoder_caches = encoder_forward(source, part(params, "encoder/"), cell, source_mask)
    logits, decoder_caches = decoder_forward(targets, part(params, "decoder/"), cell, a0=a, c0=c, mask=target_mask)
    loss, dlogits = fast.sequence_cross_entropy(logits, targets, target_mask, reduction=reduction)
    decoder = decoder_backward(dlogits, decoder_caches)
    encoder = encoder_backward(decoder.pop("da0"), decoder.pop("dc0", None), encoder_caches)
    gradients = {f"dencoder/{name[1:]}": value for name, value in encoder.items()}
    return loss, gradients | {f"ddecoder/{name[1:]}": value for name, value in decoder.items()}


def translate(
    params: Params, source: Any, end: int, *, cell: str = "lstm", max_length: int = 50, reject: tuple[int, ...] = ()
) -> list[int]:
    """Greedy translation of one sentence, a list of indices, without `end`. Raises TypeError, ValueError."""
    state, _ = encoder_forward(np.asarray(source)[None], part(params, "encoder/"), cell)
    step = next_word(part(params, "decoder/"), cell)
    return greedy_search(step, state, end, max_length=max_length, reject=reject)


def translate_beam(
    params: Params,
    source: Any,
    end: int,
    *,
    cell: str = "lstm",
    width: int = 4,
    max_length: int = 50,
    alpha: float = 0.7,
    reject: tuple[int, ...] = (),
) -> list[Hypothesis]:
    """The best translations of one sentence by beam search, best first. Raises TypeError, ValueError. Source: L15, item 15.2."""
    state, _ = encoder_forward(np.asarray(source)[None], part(params, "encoder/"), cell)
    step = next_word(part(params, "decoder/"), cell)
    return beam_search(step, state, end, width=width, max_length=max_length, alpha=alpha, reject=reject)


def _at_the_end(value: Array, source: Array) -> Array:
    """A gradient that arrives at the last step only: (n_a, m) to (n_a, m, T_x)."""
    whole = np.zeros((*value.shape, source.shape[1]), value.dtype)
    whole[:, :, -1] = value
    return whole
