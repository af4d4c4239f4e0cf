"""The encoder and decoder of translation: the encoder's last states are the decoder's first.

Parameters are two networks' in one dict: "encoder/E", "encoder/1/Wf", ... and "decoder/E", "decoder/1/Wf", ..., "decoder/Wy",
"decoder/by"; both have as many layers and units.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib import fast
from seqlib.beam import Hypothesis, beam_search, greedy_search
from seqlib.cells import part
from seqlib.deep import deep_backward, deep_forward, last_states
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
    encoder = network_parameters(rng, n_words=n_source, n_y=None, **shared)
    decoder = network_parameters(rng, n_words=n_target, n_y=n_target, **shared)
    params = {f"encoder/{name}": value for name, value in encoder.items()}
    return params | {f"decoder/{name}": value for name, value in decoder.items()}


def encoder_forward(
    source: Any, params: Params, cell: str = "lstm", mask: Array | None = None
) -> tuple[Encoded, tuple[Any, ...]]:
    """Read a sentence.

    source: (m, T_x) indices
    params: the encoder's, E and layers
    mask: (m, T_x)

    Returns each layer's last state (n_a, m), those of the memory cells or None, and caches. Raises TypeError, ValueError.
    Source: L15, item 15.1; Cho et al. 2014; Sutskever et al. 2014.
    """
    x = fast.embedding_forward(source, params["E"])  # (n_e, m, T_x)
    _, _, layers = deep_forward(x, layers_of(params), cell, mask=mask)
    return last_states(layers), (np.asarray(source), layers, params)


def encoder_backward(da: list[Array], dc: list[Array] | None, caches: tuple[Any, ...]) -> dict[str, Array]:
    """Gradients of encoder_forward.

    da, dc: the gradients of the last states and memory cells, (n_a, m) for each layer; dc is None without an LSTM
    caches: those of encoder_forward

    Returns the gradient "d" + name of every parameter. Raises TypeError, ValueError on shapes.
    """
    source, layers, params = caches
    nothing = np.zeros((*da[-1].shape, source.shape[1]), da[-1].dtype)  # (n_a, m, T_x): the encoder has no output layer
    # the library's own inside `using`, too: a learner's has no `last`
    gradients = deep_backward.__wrapped__(nothing, layers, last=(da, dc))  # type: ignore[attr-defined]
    dE = fast.embedding_backward(gradients.pop("dx"), source, params["E"].shape[1])
    return {"dE": dE} | {name: value for name, value in gradients.items() if name not in ("da0", "dc0")}


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
    """-log P(y<1>, ..., y<T_y> | x), a conditional language model, averaged as `reduction` says.

    source: (m, T_x), targets: (m, T_y), with their <EOS>; the masks alike
    reduction: as in sequence_cross_entropy, the mean over all tokens of the targets unless said otherwise

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
