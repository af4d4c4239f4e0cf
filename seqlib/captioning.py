"""Image captioning: the features of an image are the first state of a decoder, which writes the words.

Parameters are those of a language model, and Wi (n_a, n_f) and bi (n_a, 1), from the features to the first layer's state.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib import fast
from seqlib.beam import Hypothesis, beam_search
from seqlib.deep import count_layers
from seqlib.initialise import glorot
from seqlib.language_model import decoder_backward, decoder_forward, next_word
from seqlib.models import layers_of, network_parameters
from seqlib.support.swap import replaceable
from seqlib.support.types import Array, Generator, Params
from seqlib.support.validate import Sizes


def captioner_parameters(
    rng: Generator,
    *,
    n_f: int,
    n_words: int,
    n_e: int,
    n_a: int,
    cell: str = "lstm",
    layers: int = 1,
    dtype: Any = np.float64,
) -> Params:
    """First parameters. n_f: features of an image. Raises ValueError."""
    params = network_parameters(
        rng, n_x=n_e, n_a=n_a, n_y=n_words, n_words=n_words, cell=cell, layers=layers, dtype=dtype
    )
    return params | {"Wi": glorot(n_a, n_f, rng, dtype=dtype), "bi": np.zeros((n_a, 1), dtype)}


@replaceable
def first_states(features: Array, params: Params) -> list[Array]:
    """a<0> = tanh(W_i features + b_i) for the first layer, 0 for those above.

    features: (n_f, m), one column for each image
    params: Wi (n_a, n_f), bi (n_a, 1), and the decoder's, whose names "1/...", "2/..." say how many layers there are

    Returns a list with one array (n_a, m) for each layer, the first layer's first. Raises TypeError, ValueError on shapes.
    Source: L14, item 14.1.

    >>> params = {"Wi": np.array([[0.5, -1.0]]), "bi": np.array([[0.1]]), "1/ba": np.zeros((1, 1)), "2/ba": np.zeros((1, 1))}
    >>> first_states(np.array([[1.0], [0.2]]), params)
    [array([[0.37994896]]), array([[0.]])]
    """
    sizes = Sizes()
    sizes.floats("features", features, ("n_f", "m"))
    sizes.floats("params['Wi']", params["Wi"], ("n_a", "n_f"))
    sizes.floats("params['bi']", params["bi"], ("n_a", 1))
    a0 = np.tanh(params["Wi"] @ features + params["bi"])  # (n_a, m)
    return [a0] + [np.zeros_like(a0)] * (count_layers(layers_of(params)) - 1)


@replaceable
def caption_loss(
    params: Params,
    features: Array,
    targets: Any,
    mask: Array | None = None,
    *,
    cell: str = "lstm",
    reduction: str = "token",
) -> tuple[float, dict[str, Array]]:
    """-log P(words | image), the mean over all words unless `reduction` says otherwise, and the gradient "d" + name of every parameter.

    dfeatures (n_f, m) is for what made the features.

    params: of captioner_parameters
    features: (n_f, m)
    targets: (m, T_y), with their <EOS>
    mask: (m, T_y), 1 at words, 0 at padding; None: no padding
    cell, reduction: as for decoder_forward and sequence_cross_entropy

    Raises TypeError, ValueError. Source: L14, item 14.1; Vinyals et al. 2015.

    With an output layer of zeros all of the four words are equally probable, and nothing reaches the image:

    >>> params = captioner_parameters(np.random.default_rng(0), n_f=3, n_words=4, n_e=2, n_a=5, cell="gru")
    >>> params["Wy"] *= 0
    >>> loss, gradients = caption_loss(params, np.ones((3, 2)), np.array([[2, 1], [3, 1]]), cell="gru")
    >>> bool(np.isclose(loss, np.log(4))), gradients["dWi"].shape, bool(gradients["dfeatures"].any())
    (True, (5, 3), False)
    """
    states = first_states(features, params)
    logits, caches = decoder_forward(targets, params, cell, a0=states, mask=mask)
    loss, dlogits = fast.sequence_cross_entropy(logits, targets, mask, reduction=reduction)
    gradients = decoder_backward(dlogits, caches)
    gradients.pop("dc0", None)
    dz = (1 - states[0] ** 2) * gradients.pop("da0")[0]  # (n_a, m)
    return loss, gradients | {
        "dWi": dz @ features.T,
        "dbi": dz.sum(axis=1, keepdims=True),
        "dfeatures": params["Wi"].T @ dz,
    }


def caption(
    params: Params,
    features: Array,
    end: int,
    *,
    cell: str = "lstm",
    width: int = 4,
    max_length: int = 20,
    alpha: float = 0.7,
    reject: tuple[int, ...] = (),
) -> list[Hypothesis]:
    """Captions of one image by beam search, best first. features: (n_f,). Raises TypeError, ValueError."""
    states = first_states(np.asarray(features)[:, None], params)
    step = next_word(params, cell)
    return beam_search(step, (states, None), end, width=width, max_length=max_length, alpha=alpha, reject=reject)
